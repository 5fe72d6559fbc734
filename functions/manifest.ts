import { copyHandler } from './copyRecords.ts';

/**
 * The largest manifest, of 20,000 files, takes half of it. The function's own timeout is longer, so
 * that what did not end is reported.
 */
const RECORD_SECONDS = 300;

/** What AWS calls with one message of the manifest queue. */
export const handler = copyHandler({ queue: 'MANIFEST_QUEUE', recordSeconds: RECORD_SECONDS });

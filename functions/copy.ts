import { copyHandler } from './copyRecords.ts';

/** Of the function's 120 s: a file of 5 GB is copied in less, and a request that hangs ends after 60 s. */
const RECORD_SECONDS = 90;

/** What AWS calls with up to ten messages of the copy queue. */
export const handler = copyHandler({ queue: 'COPY_QUEUE', recordSeconds: RECORD_SECONDS });

import { copyHandler } from './copyRecords.ts';

/**
 * Of the function's 120 s. A request that hangs ends after 60 s (src/adapters/s3/client.ts), so
 * that it can be sent again once.
 */
const RECORD_SECONDS = 90;

/** What AWS calls with up to ten messages of the copy queue. */
export const handler = copyHandler({ queue: 'COPY_QUEUE', recordSeconds: RECORD_SECONDS });

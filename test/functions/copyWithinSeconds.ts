import { copyHandler } from '../../functions/copyRecords.ts';

/** The copy function, with a short time for each message. */
export const handler = copyHandler({ queue: 'COPY_QUEUE', recordSeconds: 3 });

import payers from 'payers:configuration';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { Rendezvous } from '../src/base/rendezvous.ts';
import { setSystemTimer } from '../src/base/timer.ts';
import { BucketOwners } from '../src/config/bucketOwners.ts';
import { copyVariables, parseEnvironment } from '../src/config/environment.ts';
import { PayersInUse } from '../src/config/payersInUse.ts';
import { handleCopyMessage } from '../src/copy/handleCopyMessage.ts';
import { HourlyLimits } from '../src/copy/hourlyLimits.ts';
import { type CopyServices, LONGEST_WAIT_MS } from '../src/copy/services.ts';
import { type CopyMessage, parseCopyMessage } from '../src/queue/copyMessage.ts';
import type { Report } from '../src/telemetry/events.ts';
import { type RecordContext, sqsHandler, startTelemetry } from './lambda.ts';
import {
  notifyThroughOutbox,
  openHourlyCounts,
  openLedger,
  openQueues,
  openRedelivery,
  openStore,
} from './services.ts';

/** What distinguishes the functions that work on copy messages. */
interface Receiving {
  readonly queue: 'COPY_QUEUE' | 'MANIFEST_QUEUE';
  /** How long one message may take: less than the function's timeout. */
  readonly recordSeconds: number;
}

/**
 * Makes, at cold start, what AWS calls with a batch of the copy or the manifest queue: S3's "Object
 * Created" events and the reactor's own requests as bodies.
 */
export function copyHandler({
  queue,
  recordSeconds,
}: Receiving): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const environment = parseEnvironment(copyVariables, process.env);
  const ledger = openLedger(environment);
  const owners = new BucketOwners(environment.STAGING_BUCKET);
  const ownerOf = (bucket: string) => owners.ownerOf(bucket);
  const store = openStore(ownerOf);
  const services: Omit<CopyServices, 'store' | 'place' | 'report'> = {
    ownerOf,
    ledger,
    ...openQueues(environment),
    stagingBucket: environment.STAGING_BUCKET,
    debounce: { quietSeconds: environment.QUIET_SECONDS, maxWaitSeconds: environment.MAX_WAIT_SECONDS },
    notify: notifyThroughOutbox(ledger, environment),
    stage: environment.STAGE,
    limits: new HourlyLimits(openHourlyCounts(environment), Date.now),
    now: Date.now,
  };
  const payersInUse = new PayersInUse({
    stored: () => ledger.configuration(),
    fallback: payers,
    now: Date.now,
    learn: (sources) => owners.learn(sources),
  });

  // Lambda gives a process one batch at a time.
  const batch = new Rendezvous(LONGEST_WAIT_MS, setSystemTimer);

  // Per record.
  function copyObject(message: CopyMessage, report: Report, about: RecordContext): Promise<void> {
    const { correlationId, account, signal } = about;
    owners.runsIn(account);
    return batch.expecting(async (meet) => {
      const { place, placement } = await payersInUse.placed(message, report);
      const ofRecord = { ...services, store: store.until(signal), place, report, correlationId, meet };
      await handleCopyMessage(ofRecord, message, placement);
    });
  }

  return sqsHandler(startTelemetry(environment), {
    parse: parseCopyMessage,
    work: copyObject,
    recordSeconds,
    redelivery: openRedelivery(environment[queue]),
  });
}

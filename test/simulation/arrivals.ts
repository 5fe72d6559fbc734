import { type Arrival, type PartitionPlan, reportsOf, sourceOf, straysOf } from './scenario.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedBuckets } from './simulatedStore.ts';

/** Where objects arrive, and what their arrival starts. */
interface Sources {
  readonly scheduler: Scheduler;
  readonly buckets: SimulatedBuckets;
  /** Sends an event to the copy queue. */
  readonly send: (body: object, delaySeconds: number) => void;
  readonly refreshByHand: () => void;
}

/**
 * Objects appear one after the other; each raises an event, which may be lost, and which takes its
 * time.
 */
export function scheduleArrivals(plans: readonly PartitionPlan[], sources: Sources): void {
  const { scheduler, refreshByHand } = sources;
  plans.forEach((plan, index) => {
    const { bucket } = sourceOf(index, plan);
    for (const { deliveries } of reportsOf(index, plan)) {
      let at = scheduler.now;
      for (const { arrivals, pauseSeconds } of deliveries) {
        at = scheduleEach(sources, bucket, arrivals, at) + pauseSeconds * 1000;
        scheduler.at(at, 'somebody refreshes the external table by hand', refreshByHand);
      }
    }
    scheduleEach(sources, bucket, straysOf(index, plan), scheduler.now);
  });
}

/** Answers when the last one appears. */
function scheduleEach(sources: Sources, bucket: string, arrivals: readonly Arrival[], from: number): number {
  const { scheduler, buckets } = sources;
  let at = from;
  for (const { afterSeconds, key, content } of arrivals) {
    at += afterSeconds * 1000;
    scheduler.at(at, `${bucket} gets ${key} (${content.etag})`, () => {
      scheduler.disturb();
      buckets.put({ bucket, key }, content, scheduler.now);
      announce(sources, bucket, key);
    });
  }
  return at;
}

function announce({ scheduler, buckets, send }: Sources, bucket: string, key: string): void {
  const { faults, trace, random } = scheduler;
  if (scheduler.chance(faults.lose)) {
    trace.push('  and its event is lost');
    return;
  }
  const { etag, sequencer } = buckets.get({ bucket, key }) ?? {};
  if (etag === undefined || sequencer === undefined) throw new Error(`${bucket}/${key} was not put`);
  const body = {
    'detail-type': 'Object Created',
    source: 'aws.s3',
    time: new Date(scheduler.now).toISOString(),
    detail: { bucket: { name: bucket }, object: { key, etag, sequencer }, reason: 'PutObject' },
  };
  send(body, random() < 0.2 ? random() * 100 : 0);
}

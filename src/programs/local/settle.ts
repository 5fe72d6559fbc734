import { setTimeout as wait } from 'node:timers/promises';
import type { Consumer } from '../../adapters/memory/consume.ts';
import type { MemoryQueue } from '../../adapters/memory/queue.ts';
import type { CopyServices } from '../../copy/services.ts';
import type { Debounce } from '../../ledger/decide.ts';
import {
  failedChecksOf,
  hasChanges,
  isDirty,
  type PartitionRecord,
  wantsAnalytics,
} from '../../ledger/partitionRecord.ts';
import { type FailedStep, problemOf } from '../../ledger/problems.ts';
import type { CopyRequest } from '../../queue/copyMessage.ts';
import type { Tick } from '../../queue/tick.ts';
import { sweep } from '../../sweep/sweep.ts';
import type { WarehouseBroken } from '../../warehouse/warehouse.ts';
import { MAX_RECEIVES } from './attempts.ts';

/** A failed partition is tried this often before the run ends without it. */
const MAX_ATTEMPTS = 3;
const LOOK_AGAIN_MS = 50;

/** What is waited for. */
interface Settling {
  readonly staging: CopyServices;
  readonly copyQueue: MemoryQueue<CopyRequest>;
  readonly finalizeQueue: MemoryQueue<Tick>;
  readonly consumers: readonly Consumer[];
  readonly whyBroken: () => WarehouseBroken | undefined;
  /** What of the debounce has changed by now. */
  readonly debounce: () => Partial<Debounce>;
  /** Whether a tick need not be waited for, once everything is copied. */
  readonly nothingElseComes: boolean;
}

/**
 * Waits until the queues are empty and no partition is dirty, but for those that have failed often
 * enough, and those of a period whose tick was given up meanwhile: its run fails every time, and
 * nobody says which partition's fault it is. A tick that got lost is no reason to wait forever: the
 * sweep sends it again.
 */
export async function settle(settling: Settling): Promise<void> {
  const { staging, copyQueue, finalizeQueue, consumers, whyBroken, debounce } = settling;
  const givenUpBefore = finalizeQueue.deadLetters().length;
  let wake = settling.nothingElseComes;
  for (;;) {
    for (const consumer of consumers) await consumer.idle();
    const broken = whyBroken();
    if (broken) throw broken;
    const [copies, ticks] = [copyQueue.pending(), finalizeQueue.pending()];
    if (copies.ready + copies.inFlight + ticks.ready + ticks.inFlight > 0) continue;
    const givenUp = finalizeQueue.deadLetters().slice(givenUpBefore);
    const hopeless = new Set(givenUp.flatMap(({ body }) => ('period' in body ? body.period : [])));
    const hopeful = (await unfinishedPartitions(staging)).filter(
      (record) => !hopeless.has(record.partition.period) && isHopeful(record),
    );
    // Whoever stays goes on trying these; nobody waits for them.
    const awaited = copies.delayed - copyQueue.delayedAfter(MAX_RECEIVES);
    if (awaited === 0 && hopeful.length === 0) return;
    if (awaited === 0 && (wake || ticks.delayed === 0)) {
      wake = false;
      await sweep({ ...staging, debounce: { ...staging.debounce, ...debounce() } });
    }
    await wait(LOOK_AGAIN_MS);
  }
}

/** Whether something is left to do that has not failed often enough. */
function isHopeful(record: PartitionRecord): boolean {
  const mayBeTried = (step: FailedStep) => (problemOf(record, step)?.attempts ?? 0) < MAX_ATTEMPTS;
  const failed = failedChecksOf(record);
  if (failed && failed.attempts < MAX_ATTEMPTS && mayBeTried('analyse')) return true;
  return (hasChanges(record) && mayBeTried('publish')) || (wantsAnalytics(record) && mayBeTried('analyse'));
}

/** Dirty, or to be analysed once more. */
function isUnfinished(record: PartitionRecord): boolean {
  return isDirty(record) || failedChecksOf(record) !== undefined;
}

async function unfinishedPartitions({ ledger }: CopyServices): Promise<PartitionRecord[]> {
  const records: PartitionRecord[] = [];
  for (const period of await ledger.periods()) records.push(...(await ledger.partitions(period)).filter(isUnfinished));
  return records;
}

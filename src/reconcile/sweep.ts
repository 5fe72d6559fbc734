import type { Debounce } from '../finalizing/decide.ts';
import { nextLookAt } from '../finalizing/decide.ts';
import { type Tick, tickAt } from '../finalizing/tick.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import type { Queue } from '../staging/queue.ts';

/** What the sweep works with. `now` answers milliseconds since 1970. */
export interface Sweeping {
  readonly ledger: Ledger;
  readonly finalizeQueue: Queue<Tick>;
  readonly debounce: Debounce;
  readonly now: () => number;
}

/**
 * Wakes every period that has a dirty partition: a tick that was lost is found here. Answers how many ticks were sent.
 * `seen` gets the records of each period as they are read, so that nobody has to read them again.
 */
export async function sweep(
  { ledger, finalizeQueue, debounce, now }: Sweeping,
  seen: (records: readonly PartitionRecord[]) => void = () => {},
): Promise<number> {
  let sent = 0;
  for (const period of await ledger.periods()) {
    const records = await ledger.partitions(period);
    const moments = records.flatMap((record) => nextLookAt(record, now(), debounce) ?? []);
    seen(records);
    if (moments.length === 0) continue;
    await finalizeQueue.send([tickAt(period, Math.min(...moments), now())]);
    sent += 1;
  }
  return sent;
}

import { type Debounce, decide } from '../ledger/decide.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import type { Queue } from '../queue/queue.ts';
import { type Tick, tickAt } from '../queue/tick.ts';

/** What the sweep works with. `now` answers milliseconds since 1970. */
export interface SweepServices {
  readonly ledger: Ledger;
  readonly finalizeQueue: Queue<Tick>;
  readonly debounce: Debounce;
  readonly now: () => number;
}

/**
 * Wakes every period that has a dirty partition: a tick that was lost is found here. Answers how
 * many ticks were sent. `seen` gets the records of each period as they are read, so that nobody has
 * to read them again.
 */
export async function sweep(
  { ledger, finalizeQueue, debounce, now }: SweepServices,
  seen: (records: readonly PartitionRecord[]) => void = () => {},
): Promise<number> {
  let sent = 0;
  for (const period of await ledger.periods()) {
    const records = await ledger.partitions(period);
    seen(records);
    const at = now();
    const decision = decide(records, at, debounce);
    if (decision.act === 'rest') continue;
    await finalizeQueue.send([tickAt(period, decision.act === 'run' ? at : decision.until, at)]);
    sent += 1;
  }
  return sent;
}

import type { Debounce } from '../finalizing/decide.ts';
import { dueAt } from '../finalizing/decide.ts';
import { type Tick, tickAt } from '../finalizing/tick.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Queue } from '../staging/queue.ts';

/** What the sweep works with. `now` answers milliseconds since 1970. */
export interface Sweeping {
  readonly ledger: Ledger;
  readonly finalizeQueue: Queue<Tick>;
  readonly debounce: Debounce;
  readonly now: () => number;
}

/** Wakes every period that has a dirty partition: a tick that was lost is found here. Answers how many ticks were sent. */
export async function sweep({ ledger, finalizeQueue, debounce, now }: Sweeping): Promise<number> {
  let sent = 0;
  for (const period of await ledger.periods()) {
    const moments = (await ledger.partitions(period)).flatMap((record) => dueAt(record, debounce) ?? []);
    if (moments.length === 0) continue;
    await finalizeQueue.send([tickAt(period, Math.min(...moments), now())]);
    sent += 1;
  }
  return sent;
}

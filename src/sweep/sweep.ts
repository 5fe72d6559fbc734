import { recentPeriods } from '../billing/period.ts';
import { type Debounce, decide } from '../ledger/decide.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import { IN_PLAY_MS } from '../ledger/periodInPlay.ts';
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
 * Wakes every period that has a dirty partition: a tick that was lost is found here. It looks at
 * the periods in play, and at those that freshness is about, not at every month that there ever
 * was; a period that has been clean for a while leaves the play. Answers how many ticks were sent.
 * `seen` gets the records of each period as they are read, so that nobody has to read them again.
 */
export async function sweep(
  { ledger, finalizeQueue, debounce, now }: SweepServices,
  seen: (records: readonly PartitionRecord[]) => void = () => {},
): Promise<number> {
  let sent = 0;
  const inPlay = new Map((await ledger.periodsInPlay()).map((one) => [one.period, one]));
  for (const period of [...new Set([...inPlay.keys(), ...recentPeriods(now())])].sort()) {
    const records = await ledger.partitions(period);
    seen(records);
    const at = now();
    const decision = decide(records, at, debounce);
    if (decision.act === 'rest') {
      const one = inPlay.get(period);
      if (one && one.touchedAt <= at - IN_PLAY_MS) await ledger.retirePeriod(one);
      continue;
    }
    await finalizeQueue.send([tickAt(period, decision.act === 'run' ? at : decision.until, at)]);
    sent += 1;
  }
  return sent;
}

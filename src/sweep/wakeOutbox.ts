import type { Ledger } from '../ledger/ledger.ts';
import { outboxDepth } from '../outbox/outboxDepth.ts';
import type { Queue } from '../queue/queue.ts';
import type { Tick } from '../queue/tick.ts';

/**
 * Sends a tick to whoever talks to the broker while messages lie in the outbox: those that came
 * without a run, and those that the broker did not take. Answers how many there are, as far as they
 * are counted (outboxDepth.ts).
 */
export async function wakeOutbox({
  ledger,
  finalizeQueue,
}: {
  readonly ledger: Pick<Ledger, 'outbox'>;
  readonly finalizeQueue: Queue<Tick>;
}): Promise<number> {
  const { messages } = await outboxDepth(ledger);
  if (messages > 0) await finalizeQueue.send([{ body: { outbox: true }, group: 'outbox' }]);
  return messages;
}

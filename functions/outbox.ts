import type { Ledger } from '../src/ledger/ledger.ts';
import type { Notify } from '../src/ledger/message.ts';

/** How the stage's functions tell other systems: through the ledger's outbox. Where there is no broker, nobody listens. */
export function notifyThroughOutbox(
  ledger: Pick<Ledger, 'putIntoOutbox'>,
  { RABBITMQ_SECRET }: { readonly RABBITMQ_SECRET: string },
): Notify {
  return RABBITMQ_SECRET === 'none' ? async () => {} : (messages) => ledger.putIntoOutbox(messages);
}

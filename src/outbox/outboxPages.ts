import type { OutboxOfLedger } from '../ledger/ledger.ts';
import type { Message } from '../ledger/message.ts';

export type OutboxReading = Pick<OutboxOfLedger, 'outbox'>;

/** So many messages are held at once, each below 100 KB (compose.ts). */
export const OUTBOX_PAGE = 100;

/** A place in the outbox: behind a message, or before the first. */
export interface OutboxPlace {
  readonly after?: string | undefined;
}

/**
 * The outbox page by page, from a place to the end. Pages follow the ids, which name what happened
 * and are in no order of time; in a page the oldest message comes first. What is taken out
 * meanwhile does not move the others.
 */
export async function* outboxPages(
  ledger: OutboxReading,
  { after }: OutboxPlace = {},
  limit: number = OUTBOX_PAGE,
): AsyncGenerator<readonly Message[]> {
  for (let place = after; ; ) {
    const page = await ledger.outbox({ limit, after: place });
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    place = lastId(page);
  }
}

/** The id behind which the page after this one begins; undefined for an empty one. */
export function lastId(page: readonly Message[]): string | undefined {
  return page.reduce<string | undefined>((last, { id }) => (last === undefined || id > last ? id : last), undefined);
}

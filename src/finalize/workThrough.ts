/** What follows from work on an item and holds up no other item. */
type FollowUp = () => Promise<void>;

interface Pace<Item> {
  /** So many items are worked on at the same time. */
  readonly atOnce: number;
  /** Whether there is time to begin this one, and with it whatever follows. */
  readonly mayBegin: (item: Item) => boolean;
}

/**
 * Works on items in their order, several at a time, as long as there is time. What work answers is
 * done beside the work on the next items. The first error ends it: nothing else is begun, the
 * signal is aborted, and once nothing is at work any more the error is thrown.
 */
export async function workThrough<Item>(
  items: readonly Item[],
  { atOnce, mayBegin }: Pace<Item>,
  work: (item: Item, signal: AbortSignal) => Promise<FollowUp | undefined>,
): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const end = (error: unknown) => stop.abort(error);
  const followUps: Promise<void>[] = [];
  const left = items.values();

  async function workOff(): Promise<void> {
    while (!signal.aborted) {
      const next = left.next();
      if (next.done || !mayBegin(next.value)) return;
      const followUp = await work(next.value, signal);
      if (followUp) followUps.push(followUp().catch(end));
    }
  }

  await Promise.all(Array.from({ length: atOnce }, () => workOff().catch(end)));
  await Promise.all(followUps);
  signal.throwIfAborted();
}

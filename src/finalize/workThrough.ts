/** What follows from work on an item and holds up no other item. */
type FollowUp = () => Promise<void>;

interface Pace {
  /** So many items are worked on at the same time. */
  readonly atOnce: number;
  /** Whether there is time to begin another one. */
  readonly mayBegin: () => boolean;
}

/**
 * Works on items in their order, several at a time, as long as there is time. What work answers is
 * done beside the work on the next items. The first error ends it: nothing else is begun, the
 * signal is aborted, and once nothing is at work any more the error is thrown.
 */
export async function workThrough<Item>(
  items: readonly Item[],
  { atOnce, mayBegin }: Pace,
  work: (item: Item, signal: AbortSignal) => Promise<FollowUp | undefined>,
): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const end = (error: unknown) => stop.abort(error);
  const followUps: Promise<void>[] = [];
  const left = items.values();

  async function workOff(): Promise<void> {
    while (!signal.aborted && mayBegin()) {
      const next = left.next();
      if (next.done) return;
      const followUp = await work(next.value, signal);
      if (followUp) followUps.push(followUp().catch(end));
    }
  }

  await Promise.all(Array.from({ length: atOnce }, () => workOff().catch(end)));
  await Promise.all(followUps);
  signal.throwIfAborted();
}

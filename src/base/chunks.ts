/** Takes an item, and answers what came of the chunk that it went into. */
type AddToChunk<Item, Result> = (item: Item) => Promise<Result>;

/**
 * Does work on items chunk by chunk, one chunk at a time: what comes while one is worked on goes
 * together into the next, `most` items at most (a group commit). Work that fails fails for its
 * chunk alone.
 */
export function createChunks<Item, Result>(
  most: number,
  work: (items: readonly Item[]) => Promise<Result>,
): AddToChunk<Item, Result> {
  let last: Promise<unknown> = Promise.resolve();
  let open: { readonly items: Item[]; readonly result: Promise<Result> } | undefined;

  function begin(): { readonly items: Item[]; readonly result: Promise<Result> } {
    const items: Item[] = [];
    const result = last.then(() => {
      if (open === chunk) open = undefined;
      return work(items);
    });
    last = result.catch(() => undefined);
    const chunk = { items, result };
    return chunk;
  }

  return (item) => {
    if (!open || open.items.length === most) open = begin();
    open.items.push(item);
    return open.result;
  };
}

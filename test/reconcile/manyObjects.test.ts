import { expect, it } from 'vitest';
import { measureListing } from '../bench/listing.ts';

const OBJECTS = 200_000;
/** Held, the messages about 200,000 objects would take many times as much. */
const MOST_MIB = 12;

it(`reconcile lists ${OBJECTS} objects through the real client, queues each, and holds none`, async () => {
  const { pages, queued, heapMiB } = await measureListing(OBJECTS);
  expect(queued).toBe(OBJECTS);
  // By a thousand; before that a look at what there is, past the data, and at the export's months;
  // and the staging bucket's own listing.
  expect(pages).toBe(OBJECTS / 1000 + 3 + 1);
  expect(heapMiB).toBeLessThan(MOST_MIB);
});

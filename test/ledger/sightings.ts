import * as fc from 'fast-check';
import type { VersionOutcome } from '../../src/ledger/versionRecord.ts';
import { START, type VersionSketch } from './records.ts';

/**
 * One write to a source object, and how it was seen: by its event, which carries S3's sequencer, or
 * in a listing, which does not.
 */
export interface Sighting extends VersionSketch {
  readonly key: string;
  readonly etag: string;
  readonly lastModified: number;
}

/** What becomes of a content is a property of the content. */
const OUTCOMES: Record<string, VersionOutcome> = {
  empty: { status: 'empty' },
  corrupt: { status: 'quarantined', reason: 'no Parquet file' },
};

const aWrite = fc.record({
  key: fc.constantFrom('a', 'b'),
  etag: fc.constantFrom('e1', 'e2', 'e3', 'empty', 'corrupt'),
  secondsLater: fc.integer({ min: 0, max: 2 }),
  seen: fc.constantFrom('by-event', 'in-listing', 'both'),
});

/**
 * Sightings of a history of writes, in the order of the writes. Sequencers grow with every write;
 * LastModified has S3's grain of a second, so writes of one second share it. Contents may come
 * back.
 */
export const aHistory: fc.Arbitrary<Sighting[]> = fc.array(aWrite, { minLength: 1, maxLength: 8 }).map((writes) => {
  let lastModified = START;
  return writes.flatMap(({ key, etag, secondsLater, seen }, index) => {
    lastModified += secondsLater * 1000;
    const outcome = OUTCOMES[etag];
    const listed: Sighting = { key, etag, lastModified, ...(outcome && { outcome }) };
    const announced: Sighting = { ...listed, sequencer: (0x1000 + index).toString(16) };
    return { 'by-event': [announced], 'in-listing': [listed], both: [announced, listed] }[seen];
  });
});

/** Sightings, and the same ones in another order, some of them twice. */
export const aReorderedHistory: fc.Arbitrary<{ readonly history: Sighting[]; readonly reordered: Sighting[] }> =
  aHistory.chain((history) =>
    fc
      .tuple(fc.shuffledSubarray(history, { minLength: history.length }), fc.subarray(history))
      .map(([reordered, again]) => ({ history, reordered: [...reordered, ...again] })),
  );

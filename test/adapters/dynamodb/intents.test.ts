import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeIntent,
  encodeIntent,
  type Intent,
  markOf,
  mayComplete,
  notAbandoned,
  workIn,
} from '../../../src/adapters/dynamodb/intents.ts';
import { applyDelivery, applySighting } from '../../../src/ledger/partitionChanges.ts';
import { newPartitionRecord } from '../../../src/ledger/partitionRecord.ts';
import { ALPHA, deliveryOf, progressOf, START, versionOf } from '../../ledger/records.ts';

const HOUR_MS = 3_600_000;
const NAMES = ['a', 'b', 'c', 'd'];
const versions = NAMES.map((key) => versionOf({ key }));
const sources = new Map(versions.map(({ id, source }) => [id, source]));

const anIntent: fc.Arbitrary<Intent> = fc.record({
  id: fc.constantFrom(...versions.map(({ id }) => id)),
  mark: fc.constantFrom('000001', 'abcdef'),
  isNew: fc.boolean(),
  awaitsManifest: fc.boolean(),
  isStaged: fc.boolean(),
  isUsable: fc.boolean(),
  at: fc.nat(1000).map((after) => START + after),
  lastModified: fc.nat(1000).map((after) => START + after),
});

const base = () => {
  const delivery = deliveryOf({ files: versions });
  const progress = progressOf(
    delivery,
    versions.map(({ id }) => id),
  );
  return applyDelivery(newPartitionRecord(ALPHA), progress, START)?.record ?? newPartitionRecord(ALPHA);
};
const intentOf = (index: number, sketch: Partial<Intent> = {}): Intent => ({
  id: versions[index]?.id ?? '',
  mark: '000001',
  isNew: true,
  awaitsManifest: false,
  isStaged: true,
  isUsable: true,
  at: START,
  lastModified: START,
  ...sketch,
});

describe('an intent', () => {
  it('comes back as it was stored, in less than 50 bytes', () => {
    fc.assert(
      fc.property(anIntent, (intent) => {
        expect(decodeIntent(encodeIntent(intent))).toEqual(intent);
        expect(encodeIntent(intent).length).toBeLessThan(50);
      }),
    );
  });

  it('that is damaged is refused', () => {
    expect(() => decodeIntent('0123456789abcdef 000001')).toThrow('an intent must have five parts');
  });

  it('has the mark of its write, another one for each write of the same content', () => {
    expect(markOf(0, 'body')).toBe(markOf(0, 'body'));
    expect(markOf(0, 'body')).not.toBe(markOf(1, 'body'));
    expect(markOf(0, 'body')).not.toBe(markOf(0, 'another'));
  });

  it('is abandoned after an hour', () => {
    const [old, young] = [intentOf(0), intentOf(1, { at: START + 1 })];
    expect(notAbandoned([old, young], START + HOUR_MS)).toEqual([young]);
  });
});

describe('intents worked in', () => {
  it('come to what the same sightings come to, in their order, and those that do not count stay', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anIntent, { selector: JSON.stringify }), fc.subarray(NAMES), (intents, counting) => {
        const counts = new Set(
          versions.filter((_, index) => counting.includes(NAMES[index] ?? '')).map(({ id }) => id),
        );
        const worked = workIn(base(), intents, ({ id }) => (counts.has(id) ? sources.get(id) : undefined));
        const seen = new Set<string>();
        let record = base();
        for (const intent of intents) {
          const name = `${intent.id} ${intent.mark} ${intent.isNew}`;
          const source = sources.get(intent.id);
          if (seen.has(name) || !source) continue;
          seen.add(name);
          if (!counts.has(intent.id)) continue;
          record = applySighting(record, { ...intent, source: { ...source, lastModified: intent.lastModified } });
        }
        expect(worked.record).toEqual(record);
        expect(worked.pending.every(({ id }) => !counts.has(id))).toBe(true);
        expect(worked.counted + worked.pending.length).toBe(seen.size);
      }),
    );
  });

  it('count once where they stand twice', () => {
    const { record } = workIn(base(), [intentOf(0), intentOf(1), intentOf(0)], ({ id }) => sources.get(id));
    expect(record.changes).toBe(2);
    expect(record.tickOwner).toBe(versions[0]?.id);
  });

  it('say which versions the delivery has waited for', () => {
    const { resolvers } = workIn(base(), [intentOf(0), intentOf(1, { isUsable: false })], ({ id }) => sources.get(id));
    expect(resolvers).toEqual(new Set([versions[0]?.id]));
  });

  it('leave the owner of the tick unsure where one that does not count yet stands before the first that does', () => {
    const [first, second] = [intentOf(0), intentOf(1)];
    const counting = (...which: Intent[]) => {
      const ids = new Set(which.map(({ id }) => id));
      return workIn(base(), [first, second], ({ id }) => (ids.has(id) ? sources.get(id) : undefined)).ownerIsUnsure;
    };
    expect([counting(second), counting(first), counting(first, second), counting()]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('can be all that a delivery waits for, or are too few', () => {
    expect(mayComplete(base(), [intentOf(0), intentOf(1)])).toBe(true);
    expect(mayComplete(base(), [intentOf(0)])).toBe(false);
    expect(mayComplete(newPartitionRecord(ALPHA), [intentOf(0)])).toBe(false);
  });
});

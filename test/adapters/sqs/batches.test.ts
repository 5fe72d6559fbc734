import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchesOf } from '../../../src/adapters/sqs/batches.ts';

/** Bodies of any size that makes a difference, from next to nothing to more than a batch holds. */
const bodies = fc.array(
  fc
    .oneof(fc.nat(100), fc.integer({ min: 20_000, max: 40_000 }), fc.integer({ min: 250_000, max: 1_000_000 }))
    .map((length) => 'é'.repeat(length / 2)),
  { maxLength: 40 },
);

describe('batchesOf', () => {
  it('keeps every message, in order, in batches that SQS takes', () => {
    fc.assert(
      fc.property(bodies, (texts) => {
        const batches = batchesOf(texts.map((body) => ({ body })));
        expect(batches.flat().map(({ MessageBody }) => JSON.parse(MessageBody ?? ''))).toEqual(texts);
        for (const batch of batches) {
          const sizeBytes = batch.reduce((sum, { MessageBody = '' }) => sum + Buffer.byteLength(MessageBody), 0);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(10);
          expect(batch.length === 1 || sizeBytes <= 256 * 1024).toBe(true);
          expect(new Set(batch.map(({ Id }) => Id)).size).toBe(batch.length);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('writes any text with only such characters as SQS takes, and gives it back', () => {
    const codePoint = fc.oneof(fc.constantFrom(0xfffe, 0xffff, 0xd800, 0, 0x22, 0x5c), fc.nat(0x10ffff));
    const text = fc.array(codePoint).map((codePoints) => String.fromCodePoint(...codePoints));
    fc.assert(
      fc.property(text, (key) => {
        const [[entry] = []] = batchesOf([{ body: { key, [key]: 1 } }]);
        // SQS API reference, SendMessageBatch.
        expect(entry?.MessageBody).toMatch(/^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u);
        expect(JSON.parse(entry?.MessageBody ?? '')).toEqual(JSON.parse(JSON.stringify({ key, [key]: 1 })));
      }),
    );
  });

  it.each([-1, 901, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a delay of %d seconds by its value',
    (delaySeconds) => {
      expect(() => batchesOf([{ body: 1, delaySeconds }])).toThrow(
        `delaySeconds must be a whole number from 0 to 900, got ${delaySeconds}`,
      );
    },
  );

  it.each([0, 900])('takes a delay of %d seconds', (delaySeconds) => {
    expect(batchesOf([{ body: 1, delaySeconds }])[0]?.[0]?.DelaySeconds).toBe(delaySeconds);
  });
});

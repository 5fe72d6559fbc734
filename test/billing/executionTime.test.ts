import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executionTime } from '../../src/billing/executionTime.ts';

const AT = Date.UTC(2026, 3, 16, 15, 24, 15, 653);
const inFolder = (name: string) => `cur/data/BILLING_PERIOD=2026-04/${name}/x-00001.snappy.parquet`;
/** What file systems and copy tools put in a colon's place. */
const COLONS = [':', '_', '-', '.', '\uA789', '\uF03A', '%3A', '%3a'];

describe('the time of an execution', () => {
  it.each(COLONS)('is read from its folder with %j in the place of colons', (colon) => {
    const folder = '2026-04-16T15:24:15.653Z-04e9e487-79a7-42b1'.replaceAll(':', () => colon);
    expect(executionTime(inFolder(folder))).toBe(AT);
    expect(executionTime(`${folder}/x-Manifest.json`)).toBe(AT);
  });

  it('orders executions by when they began, whatever was put in the place of their colons', () => {
    const aTime = fc.date({ min: new Date('2018-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(aTime, aTime, fc.constantFrom(...COLONS), fc.constantFrom(...COLONS), (a, b, one, other) => {
        const [first, second] = [executionOf(a, one), executionOf(b, other)];
        expect(Math.sign((first ?? 0) - (second ?? 0))).toBe(Math.sign(a.getTime() - b.getTime()));
      }),
    );
  });

  it('may have no fraction of a second', () => {
    expect(executionTime(inFolder('2026-04-16T15:24:15Z-e1'))).toBe(AT - 653);
  });

  it.each([
    inFolder('20260401-20260501'),
    inFolder('a2026-04-16T15:24:15.653Z-e1'),
    inFolder('2026-04-16T15:24:15.653Z'),
    inFolder('2026-04-16T15:24:15.653Z-'),
    inFolder('2026-04-16T152415.653Z-e1'),
    inFolder('2026-04-16T25:24:15.653Z-e1'),
    inFolder('2026-13-16T15:24:15.653Z-e1'),
    '2026-04-16T15:24:15.653Z-e1/folder/x.parquet',
    '2026-04-16T15:24:15.653Z-e1.parquet',
  ])('is unknown where the file’s own folder does not say one: %s', (key) => {
    expect(executionTime(key)).toBeUndefined();
  });
});

function executionOf(date: Date, colon: string): number | undefined {
  return executionTime(inFolder(`${date.toISOString().replaceAll(':', () => colon)}-e1`));
}

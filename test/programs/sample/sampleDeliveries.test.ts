import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { classifyKey } from '../../../src/billing/layout.ts';
import { parseManifest } from '../../../src/billing/manifest.ts';
import { findSource } from '../../../src/billing/source.ts';
import { type SampleStep, sampleDeliveries } from '../../../src/programs/sample/sampleDeliveries.ts';
import { sampleExpectation } from '../../../src/programs/sample/sampleExpectation.ts';
import { sampleSources } from '../../../src/programs/sample/sampleSources.ts';

type Put = SampleStep & { do: 'put' };

const steps = [...sampleDeliveries(1)];
const puts = steps.filter((step): step is Put => step.do === 'put');
const kindOf = ({ key }: Put) => classifyKey(key).kind;
const data = puts.filter((put) => kindOf(put) === 'data');
const manifests = puts.filter((put) => kindOf(put) === 'manifest');

const made = new Map<Put, Uint8Array>();

/** The bytes of a put, made once for all tests. */
function bytesOf(put: Put): Uint8Array {
  const bytes = made.get(put) ?? put.bytes();
  made.set(put, bytes);
  return bytes;
}

const read = (manifest: Put) => parseManifest(Buffer.from(bytesOf(manifest)).toString('utf8'), manifest);

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('the deliveries of the sample', () => {
  test('are the same for the same seed, byte by byte', () => {
    const again = [...sampleDeliveries(1)];
    expect(JSON.stringify(again)).toBe(JSON.stringify(steps));
    const putsAgain = again.filter((step): step is Put => step.do === 'put');
    expect(putsAgain.map((put) => sha256(put.bytes()))).toEqual(puts.map((put) => sha256(bytesOf(put))));
  });

  test('are others for another seed', () => {
    const isFirst = (step: SampleStep): step is Put => step.do === 'put' && step.key.endsWith('-00001.snappy.parquet');
    const [other, own] = [[...sampleDeliveries(2)].find(isFirst), steps.find(isFirst)];
    expect(own && other && sha256(other.bytes())).not.toBe(own && sha256(bytesOf(own)));
  });

  test('come from configured sources only', () => {
    for (const { bucket, key } of puts) expect(findSource(sampleSources, bucket, key)?.bucket, key).toBe(bucket);
  });

  test('restate the month: a refresh changes the file under the same key', () => {
    const september = data.filter(({ key }) => key.endsWith('month=9/daily-00001.snappy.parquet'));
    expect(new Set(september.map((put) => sha256(bytesOf(put)))).size).toBe(2);
  });

  test('show every layout, one for each source', () => {
    const layouts = sampleSources.map((source) => {
      const own = data.filter(({ bucket, key }) => findSource(sampleSources, bucket, key) === source);
      return [...new Set(own.map(({ key }) => Reflect.get(classifyKey(key), 'layout')))];
    });
    expect(layouts).toEqual([['legacy-overwrite'], ['legacy-create-new'], ['cur2-create-new'], ['cur2-overwrite']]);
  });

  test('end with a manifest that names files which were put', () => {
    for (const manifest of manifests) {
      const { keys } = read(manifest);
      const there = new Set(data.filter(({ bucket }) => bucket === manifest.bucket).map(({ key }) => key));
      expect(keys.filter((key) => !there.has(key))).toEqual([]);
    }
  });

  test('have two copies of each manifest in a legacy create-new report', () => {
    const byExecution = Map.groupBy(
      manifests.filter(({ bucket }) => bucket === 'sample-cur-222233334444'),
      (manifest) => read(manifest).executionId,
    );
    expect(byExecution.size).toBe(4);
    for (const copies of byExecution.values()) expect(new Set(copies.map(({ key }) => key)).size).toBe(2);
  });

  test('refresh two months twice at that payer, each time in a folder of its own', () => {
    const folders = data
      .filter(({ bucket }) => bucket === 'sample-cur-222233334444')
      .map(({ key }) => key.replace(/[^/]+$/, ''));
    expect(new Set(folders).size).toBe(4);
  });

  test('contain two pauses: after the first ones, and at the end', () => {
    const waits = steps.flatMap((step, index) => (step.do === 'wait-until-idle' ? [index] : []));
    expect(waits).toHaveLength(2);
    expect(waits[1]).toBe(steps.length - 1);
    const before = new Set(puts.filter((put) => steps.indexOf(put) < (waits[0] ?? 0)).map(({ key }) => key));
    expect(data.some((put) => steps.indexOf(put) > (waits[0] ?? 0) && before.has(put.key))).toBe(true);
  });
});

describe('the sample contains', () => {
  test('a part that a smaller delivery has emptied, and that its manifest no longer names', () => {
    const emptied = data.filter((put) => bytesOf(put).length === 0);
    expect(emptied.map(({ key }) => key)).toEqual(['reports/daily/daily/year=2026/month=9/daily-00003.snappy.parquet']);
    const last = manifests.findLast(({ key }) => key.includes('20260901-20261001/daily-'));
    expect(last && read(last).keys).toHaveLength(2);
  });

  test('an event that comes twice for a file that is there', () => {
    const repeated = steps.filter((step) => step.do === 'repeat-event');
    expect(repeated.length).toBeGreaterThan(0);
    for (const event of repeated) {
      const put = data.find(({ bucket, key }) => bucket === event.bucket && key === event.key);
      expect(put && steps.indexOf(put)).toBeLessThan(steps.indexOf(event));
    }
  });

  test('a file that comes after the manifest that names it', () => {
    const late = data.filter((file) =>
      manifests.some((manifest) => {
        const first = data.find(({ bucket, key }) => bucket === file.bucket && key === file.key);
        return (
          first === file && steps.indexOf(manifest) < steps.indexOf(file) && read(manifest).keys.includes(file.key)
        );
      }),
    );
    expect(late.map(({ key }) => key)).toEqual(['reports/daily/daily/year=2026/month=10/daily-00002.snappy.parquet']);
  });

  test('a corrupt file that the next delivery replaces, under the same key, by good Parquet', () => {
    const isParquet = (put: Put) => Buffer.from(bytesOf(put)).subarray(-4).toString() === 'PAR1';
    const corrupt = data.filter((put) => bytesOf(put).length > 0 && !isParquet(put));
    expect(corrupt).toHaveLength(1);
    const again = data.filter(({ bucket, key }) => bucket === corrupt[0]?.bucket && key === corrupt[0].key);
    expect(again.map(isParquet)).toEqual([false, true]);
  });

  test('objects that are ignored, each for another reason', () => {
    const reasons = puts
      .map(({ key }) => Reflect.get(classifyKey(key), 'reason'))
      .filter((reason) => reason !== undefined);
    expect(reasons).toEqual(['access test object', 'status table', 'sql or yml helper', 'csv export']);
  });
});

describe('what is to be expected in the end', () => {
  test('is seven partitions of 2,000 to 6,000 rows', () => {
    const expected = sampleExpectation(1);
    expect(expected.map(({ partition }) => `${partition.period}/${partition.payer}`)).toEqual([
      '2026-09/111122223333',
      '2026-10/111122223333',
      '2026-09/222233334444',
      '2026-10/222233334444',
      '2026-10/333344445555',
      '2026-09/444455556666',
      '2026-10/444455556666',
    ]);
    for (const { rows } of expected) {
      expect(rows).toBeGreaterThan(2000);
      expect(rows).toBeLessThan(6000);
    }
  });
});

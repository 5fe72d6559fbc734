import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { placeBySources } from '../../src/billing/placement.ts';
import type { Source } from '../../src/billing/source.ts';

const SOURCE: Source = { bucket: 'acme', prefix: 'exports', payer: parsePayer('111122223333'), manifests: true };
const KEY = 'exports/daily/data/BILLING_PERIOD=2026-10/2026-10-05T10:00:00.000Z-e1/daily-00001.snappy.parquet';
const HOURLY = KEY.replaceAll('daily', 'hourly');
const placed = (key: string, change: Partial<Source> = {}) => placeBySources([{ ...SOURCE, ...change }])('acme', key);

describe('an object of a payer’s source', () => {
  it('is placed by its key: partition, folder, report, and whether a manifest is awaited', () => {
    expect(placed(KEY)).toEqual({
      is: 'data',
      partition: { payer: '111122223333', period: '2026-10' },
      folder: KEY.slice(0, KEY.lastIndexOf('/') + 1),
      ownFolder: true,
      awaitsManifest: true,
      report: 'acme/exports/daily',
      isChosenReport: false,
    });
    expect(placed('exports/daily/metadata/BILLING_PERIOD=2026-10/daily-Manifest.json')).toMatchObject({
      is: 'manifest',
      ownFolder: false,
      report: 'acme/exports/daily',
    });
  });

  it('is of the chosen report when the configuration names it, by its whole name or the end of its path', () => {
    for (const report of ['daily', 'exports/daily', 'acme/exports/daily']) {
      expect(placed(KEY, { report })).toMatchObject({ is: 'data', isChosenReport: true });
    }
  });

  it('is ignored when the configuration names another report, and both are named', () => {
    expect(placed(HOURLY, { report: 'daily' })).toEqual({
      is: 'ignored',
      reason: "of the report acme/exports/hourly, and the payer's bill is daily",
    });
  });

  it('is ignored as what it is, whatever report is chosen, and unknown in a bucket of nobody', () => {
    expect(placed('exports/daily/x.sql', { report: 'hourly' })).toEqual({ is: 'ignored', reason: 'sql or yml helper' });
    expect(placed('elsewhere/x.parquet')).toEqual({ is: 'unknown-source' });
    expect(placeBySources([SOURCE])('other', KEY)).toEqual({ is: 'unknown-source' });
  });

  it('is never the shadow file that macOS leaves beside one', () => {
    expect(placed(KEY.replace('daily-00001', '._daily-00001'))).toEqual({ is: 'ignored', reason: 'macOS metadata' });
  });
});

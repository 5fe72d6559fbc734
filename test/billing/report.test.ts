import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportRoot, isReport, reportOf } from '../../src/billing/report.ts';

/** Where each layout puts data and manifest of a report, below its root. */
const LAYOUTS = [
  { name: 'legacy, overwrite', data: '20260401-20260501/', manifest: '20260401-20260501/' },
  { name: 'legacy, create-new', data: '20260401-20260501/a1/', manifest: '20260401-20260501/a1/' },
  { name: 'legacy, create-new, the month’s manifest', data: '20260401-20260501/a1/', manifest: '20260401-20260501/' },
  {
    name: 'Data Exports, overwrite',
    data: 'data/BILLING_PERIOD=2026-04/',
    manifest: 'metadata/BILLING_PERIOD=2026-04/',
  },
  {
    name: 'Data Exports, create-new',
    data: 'data/billing_period=2026-04/2026-04-16T15:24:15.653Z-e1/',
    manifest: 'metadata/billing_period=2026-04/2026-04-16T15:24:15.653Z-e1/',
  },
];
/**
 * A legacy report with Athena: its data lies in a folder of the report's name below the report's
 * own.
 */
const ATHENA = (report: string) => ({ data: `${report}/year=2026/month=4/`, manifest: '20260401-20260501/' });

const folder = fc.oneof(
  fc.constantFrom('data', 'metadata', '20250101-20250201', 'year=2018', 'month=1', 'a+b %2F', '費用'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((name) => !name.includes('/')),
);
const anyPath = fc.array(folder, { maxLength: 3 }).map((folders) => folders.map((name) => `${name}/`).join(''));
const anyLayout = fc.constantFrom(...LAYOUTS);
const reportName = folder.filter((name) => !/^(data|metadata)$/.test(name));

describe('the report of a key', () => {
  it('is the same for the data and the manifests of one export, in every layout, whatever lies above', () => {
    fc.assert(
      fc.property(anyPath, reportName, anyLayout, (above, name, { data, manifest }) => {
        const of = (key: string) => reportOf({ bucket: 'acme', key: `${above}${name}/${key}` });
        expect(of(`${data}${name}-00001.snappy.parquet`)).toBe(of(`${manifest}${name}-Manifest.json`));
        expect(of(`${data}${name}-00001.snappy.parquet`)).toBe(`acme/${above}${name}`);
      }),
    );
  });

  it('does not change from one layout to another: the months before and after a switch are of one report', () => {
    fc.assert(
      fc.property(anyPath, reportName, anyLayout, anyLayout, (above, name, before, after) => {
        const of = (key: string) => reportOf({ bucket: 'acme', key: `${above}${name}/${key}` });
        expect(of(`${before.data}x.parquet`)).toBe(of(`${after.data.replaceAll('2026-04', '2026-05')}x.parquet`));
      }),
    );
  });

  it('is not the folder of its name once more that Athena’s reports have, as two folders or one show', () => {
    fc.assert(
      fc.property(anyPath, reportName, (above, name) => {
        const { data, manifest } = ATHENA(name);
        const root = `${above}${name}/`;
        for (const file of [`${name}-00001.snappy.parquet`, 'part-0.parquet'])
          expect(exportRoot(`${root}${data}${file}`)).toBe(root);
        expect(exportRoot(`${root}${manifest}${name}-Manifest.json`)).toBe(root);
        // Only the report's own folder was copied: its files' names begin with it.
        expect(exportRoot(`${data}${name}-00001.snappy.parquet`)).toBe('');
      }),
    );
  });

  it('is another for each export of a bucket, and for each bucket', () => {
    fc.assert(
      fc.property(anyPath, anyLayout, anyLayout, (above, one, other) => {
        const key = `${above}one/${one.data}x.parquet`;
        expect(reportOf({ bucket: 'acme', key })).not.toBe(
          reportOf({ bucket: 'acme', key: `${above}other/${other.data}x.parquet` }),
        );
        expect(reportOf({ bucket: 'acme', key })).not.toBe(reportOf({ bucket: 'other', key }));
      }),
    );
  });

  it('is the bucket where the export lies at its top, and one for all files in none of the layouts', () => {
    expect(reportOf({ bucket: 'acme', key: 'data/BILLING_PERIOD=2026-04/x.parquet' })).toBe('acme');
    expect(exportRoot('20260401-20260501/x-Manifest.json')).toBe('');
    expect(exportRoot('year=2026/month=04/x-00001.snappy.parquet')).toBe('');
    const almost = [
      'year=2026/month=04/payer-1/x.parquet',
      'data/BILLING_PERIOD=2026-13/x.parquet',
      'metadata/BILLING_PERIOD=2026-04/x.parquet',
      '20260401-20260601/x.parquet',
    ];
    for (const key of ['x.parquet', 'a/b/x.parquet', 'cur/2026-04/x.parquet', ...almost]) {
      expect([key, reportOf({ bucket: 'acme', key })]).toEqual([key, 'acme/loose files']);
    }
  });
});

describe('a report is the chosen one', () => {
  it('when its whole name was said, or the end of its path, folder by folder', () => {
    const report = 'acme-billing/exports/prod/daily';
    for (const chosen of [report, 'exports/prod/daily', 'prod/daily', 'daily']) {
      expect(isReport(report, chosen)).toBe(true);
    }
    for (const chosen of ['ily', 'prod', 'exports/prod', 'x/daily', 'acme-billing', '']) {
      expect(isReport(report, chosen)).toBe(false);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyKey, monthRange } from '../../src/billing/layout.ts';
import { parsePeriod } from '../../src/billing/period.ts';

const execution = '2026-04-16T15:24:15.653Z-04e9e487-79a7-42b1-a680-1de7c660dc8f';
const assembly = '0a1b2c3d-1111-2222-3333-444455556666';

describe('a key of a report', () => {
  test.each([
    ['data', 'legacy-overwrite', '2018-10', 'cur/r/r/year=2018/month=10/', 'r-00001.snappy.parquet'],
    ['data', 'legacy-overwrite', '2018-01', 'cur/r/r/year=2018/month=1/', 'r-00001.snappy.parquet'],
    ['data', 'legacy-overwrite', '2018-01', 'year=2018/month=01/', 'r.parquet'],
    ['data', 'legacy-overwrite', '2022-04', 'cur/r/20220401-20220501/', 'r-00001.snappy.parquet'],
    ['data', 'legacy-create-new', '2022-04', `cur/r/20220401-20220501/${assembly}/`, 'r-00001.snappy.parquet'],
    ['data', 'legacy-create-new', '2022-12', `20221201-20230101/${assembly}/`, 'r-1.snappy.parquet'],
    ['data', 'cur2-overwrite', '2026-04', 'p/x/data/BILLING_PERIOD=2026-04/', 'x-00001.snappy.parquet'],
    ['data', 'cur2-overwrite', '2026-04', 'p/x/data/billing_period=2026-04/', 'x-00001.snappy.parquet'],
    ['data', 'cur2-create-new', '2026-04', `p/x/data/BILLING_PERIOD=2026-04/${execution}/`, 'x-00001.snappy.parquet'],
    ['data', 'cur2-create-new', '2026-04', `data/billing_period=2026-04/${execution}/`, 'x-00001.snappy.parquet'],
    ['manifest', 'legacy-overwrite', '2022-04', 'cur/r/20220401-20220501/', 'r-Manifest.json'],
    ['manifest', 'legacy-create-new', '2022-04', `cur/r/20220401-20220501/${assembly}/`, 'r-Manifest.json'],
    ['manifest', 'legacy-overwrite', '2018-12', 'cur/r/r/year=2018/month=12/', 'r-Manifest.json'],
    ['manifest', 'cur2-overwrite', '2026-04', 'p/x/metadata/BILLING_PERIOD=2026-04/', 'x-Manifest.json'],
    ['manifest', 'cur2-overwrite', '2026-04', 'p/x/metadata/billing_period=2026-04/', 'x-Manifest.json'],
    ['manifest', 'cur2-create-new', '2026-04', `x/metadata/BILLING_PERIOD=2026-04/${execution}/`, 'x-Manifest.json'],
  ] as const)('is %s, %s, of %s: %s%s', (kind, layout, period, folder, name) => {
    expect(classifyKey(folder + name)).toEqual({ kind, layout, period, folder });
  });

  test('is read from its end: a prefix of any depth, with any names, changes nothing but the folder', () => {
    const known = fc.constantFrom(
      'r/r/year=2018/month=10/r-00001.snappy.parquet',
      `r/20220401-20220501/${assembly}/r-Manifest.json`,
      'x/data/BILLING_PERIOD=2026-04/x-00001.snappy.parquet',
      `x/metadata/BILLING_PERIOD=2026-04/${execution}/x-Manifest.json`,
    );
    const segment = fc.oneof(
      fc.string({ unit: 'binary' }).filter((name) => !name.includes('/') && name !== 'cost_and_usage_data_status'),
      fc.constantFrom('..', '', 'year=2001', 'month=02', '20010101-20010201', 'BILLING_PERIOD=2001-01', 'data'),
    );
    fc.assert(
      fc.property(known, fc.array(segment, { maxLength: 8 }), (key, segments) => {
        const prefix = segments.map((name) => `${name}/`).join('');
        const bare = classifyKey(key);
        const { folder, ...rest } = bare.kind === 'ignored' ? { ...bare, folder: '' } : bare;
        expect(classifyKey(prefix + key)).toEqual({ ...rest, folder: prefix + folder });
      }),
    );
  });

  test('shares its folder with the files of its delivery and no others', () => {
    const folderOf = (key: string) => {
      const classified = classifyKey(key);
      return classified.kind === 'ignored' ? undefined : classified.folder;
    };
    const first = `p/x/data/BILLING_PERIOD=2026-04/${execution}/`;
    const second = 'p/x/data/BILLING_PERIOD=2026-04/2026-04-17T15:24:15.653Z-b/';
    expect(folderOf(`${first}x-00001.snappy.parquet`)).toBe(folderOf(`${first}x-00002.snappy.parquet`));
    expect(folderOf(`${first}x-00001.snappy.parquet`)).not.toBe(folderOf(`${second}x-00001.snappy.parquet`));
  });
});

describe('a key that is ignored', () => {
  test.each([
    ['folder marker', ''],
    ['folder marker', 'cur/r/'],
    ['folder marker', 'cur/r/r/year=2018/month=10_$folder$'],
    ['access test object', 'cur/aws-programmatic-access-test-object'],
    ['status table', 'cur/r/r/cost_and_usage_data_status/cost_and_usage_data_status.parquet'],
    ['status table', 'r/r/year=2018/month=12/cost_and_usage_data_status/x.parquet'],
    ['csv export', `cur/r/20220401-20220501/${assembly}/r-00001.csv.gz`],
    ['csv export', 'cur/r/20220401-20220501/r-00001.csv.zip'],
    ['csv export', 'p/x/data/BILLING_PERIOD=2026-04/x-00001.csv.gz'],
    ['sql or yml helper', 'cur/r/20220401-20220501/r-create-table.sql'],
    ['sql or yml helper', 'cur/r/20220401-20220501/crawler-cfn.yml'],
    ['not Parquet', `cur/r/20220401-20220501/${assembly}/r-RedshiftManifest.json`],
    ['not Parquet', 'p/x/metadata/BILLING_PERIOD=2026-04/x-Metadata.json'],
    ['not Parquet', 'cur/r/r/year=2018/month=10/-Manifest.json'],
    ['not Parquet', 'cur/r/r/year=2018/month=10/r-00001.snappy.parquet.tmp'],
    ['not Parquet', 'cur/r/r/year=2018/month=10/.parquet'],
    ['no billing period in the key', 'r-00001.snappy.parquet'],
    ['no billing period in the key', 'cur/r/r/year=2018/r-00001.snappy.parquet'],
    ['no billing period in the key', 'cur/r/r/month=10/year=2018/r-00001.snappy.parquet'],
    ['no billing period in the key', 'cur/r/r/year=2018/month=10/deeper/r-00001.snappy.parquet'],
    ['no billing period in the key', `p/x/data/BILLING_PERIOD=2026-04/${execution}/deeper/x.parquet`],
    ['no billing period in the key', 'p/x/data/BILLING_PERIOD=2026-04//x.parquet'],
    ['in the wrong folder of the export', 'p/x/data/BILLING_PERIOD=2026-04/x-Manifest.json'],
    ['in the wrong folder of the export', 'p/x/metadata/BILLING_PERIOD=2026-04/x-00001.snappy.parquet'],
    ['in the wrong folder of the export', 'BILLING_PERIOD=2026-04/x-00001.snappy.parquet'],
    ['invalid billing period', 'cur/r/r/year=2018/month=13/r.parquet'],
    ['invalid billing period', 'cur/r/r/year=2018/month=0/r.parquet'],
    ['invalid billing period', 'cur/r/r/year=2018/month=010/r.parquet'],
    ['invalid billing period', 'cur/r/r/year=1999/month=10/r.parquet'],
    ['invalid billing period', 'p/x/data/BILLING_PERIOD=2026-13/x.parquet'],
    ['invalid billing period', 'p/x/data/BILLING_PERIOD=2026-1/x.parquet'],
    ['invalid billing period', 'p/x/data/BILLING_PERIOD=/x.parquet'],
    ['invalid billing period', 'p/x/data/BILLING_PERIOD=2025=2026-04/x.parquet'],
    ['invalid billing period', 'p/x/data/BILLING_PERIOD=2026-04-01/x.parquet'],
    ['invalid billing period', `cur/r/20220401-20220601/${assembly}/r.parquet`],
    ['invalid billing period', `cur/r/20220401-20220430/${assembly}/r.parquet`],
    ['invalid billing period', `cur/r/20220402-20220502/${assembly}/r.parquet`],
    ['invalid billing period', `cur/r/20221201-20221301/${assembly}/r.parquet`],
    ['invalid billing period', `cur/r/20220501-20220401/${assembly}/r.parquet`],
  ])('is ignored, and says why: %s: %s', (reason, key) => {
    expect(classifyKey(key)).toEqual({ kind: 'ignored', reason });
  });

  test('has its suffix in another case than AWS writes it, because no event rule would send it', () => {
    expect(classifyKey('r/r/year=2018/month=10/r.PARQUET')).toEqual({ kind: 'ignored', reason: 'not Parquet' });
  });

  test('is a staged one: what the reactor writes is never taken for a report', () => {
    const staged = 'year=2026/month=10/payer-111122223333/x-00001.snappy-0123456789abcdef.parquet';
    expect(classifyKey(staged)).toEqual({ kind: 'ignored', reason: 'no billing period in the key' });
  });
});

test('no key makes it throw', () => {
  const segment = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('data', 'metadata', 'year=', 'year=9999', 'month=99', 'BILLING_PERIOD=', '99999999-00000000', '..'),
    fc.constantFrom('20991201-21000101', 'x.parquet', 'x-Manifest.json', '\0', '\n', 'year=2026', 'month=12'),
  );
  fc.assert(
    fc.property(fc.array(segment), (segments) => {
      expect(['data', 'manifest', 'ignored']).toContain(classifyKey(segments.join('/')).kind);
    }),
  );
});

test("a period's folder reaches from its first day to the next period's, also over the turn of the year", () => {
  expect(monthRange(parsePeriod('2026-09'))).toBe('20260901-20261001');
  expect(monthRange(parsePeriod('2026-12'))).toBe('20261201-20270101');
  expect(monthRange(parsePeriod('2099-12'))).toBe('20991201-21000101');
});

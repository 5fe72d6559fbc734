import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManifestInvalid, ManifestNotBill, parseManifest } from '../../src/billing/manifest.ts';

const folder = 'p/x/data/BILLING_PERIOD=2026-04/2026-04-16T15:24:15.653Z-e1/';
const exportAt = { bucket: 'payer-cur', key: 'p/x/metadata/BILLING_PERIOD=2026-04/x-Manifest.json' };
const exportFiles = [`${folder}x-00001.snappy.parquet`, `${folder}x-00002.snappy.parquet`];

const BILL_COLUMNS = [
  'bill_bill_type',
  'line_item_line_item_type',
  'line_item_usage_account_id',
  'line_item_usage_start_date',
  'line_item_unblended_cost',
];

function exportManifest(change: Record<string, unknown> = {}): string {
  return JSON.stringify({
    executionId: 'e1',
    exportArn: 'arn:aws:bcm-data-exports:us-east-1:111122223333:export/x-1',
    columns: BILL_COLUMNS.map((name) => ({ name, type: 'string' })),
    dataFiles: exportFiles.map((key) => `s3://payer-cur/${key}`),
    ...change,
  });
}

const legacyAt = { bucket: 'payer-cur', key: 'cur/r/20220401-20220501/r-Manifest.json' };
const legacyFiles = ['cur/r/20220401-20220501/a1/r-00001.snappy.parquet'];

function legacyManifest(change: Record<string, unknown> = {}): string {
  return JSON.stringify({
    assemblyId: 'a1',
    account: '111122223333',
    columns: [{ category: 'identity', name: 'line_item_id', type: 'OptionalString' }],
    charset: 'UTF-8',
    compression: 'Parquet',
    contentType: 'Parquet',
    reportId: 'abc',
    reportName: 'r',
    billingPeriod: { start: '20220401T000000.000Z', end: '20220501T000000.000Z' },
    bucket: 'payer-cur',
    reportKeys: legacyFiles,
    additionalArtifactKeys: [{ artifactType: 'AthenaCloudFormation', name: 'cur/r/20220401-20220501/crawler-cfn.yml' }],
    ...change,
  });
}

describe('a manifest of Data Exports', () => {
  test('names its files, and the period by its own key', () => {
    expect(parseManifest(exportManifest(), exportAt)).toEqual({
      executionId: 'e1',
      period: '2026-04',
      keys: exportFiles,
    });
  });

  test('names a file once even when it lists it twice', () => {
    const uri = `s3://payer-cur/${exportFiles[0]}`;
    expect(parseManifest(exportManifest({ dataFiles: [uri, uri] }), exportAt).keys).toEqual([exportFiles[0]]);
  });

  test('holds raw keys: nothing is decoded', () => {
    const key = 'p+q/a%2Fb/data/BILLING_PERIOD=2026-04/x y-00001.snappy.parquet';
    expect(parseManifest(exportManifest({ dataFiles: [`s3://payer-cur/${key}`] }), exportAt).keys).toEqual([key]);
  });

  test('is read as it was written, for any names of files', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('/'));
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1 }), fc.uuid(), (names, executionId) => {
        const keys = names.map((file) => `x/data/BILLING_PERIOD=2026-04/${file}.parquet`);
        const dataFiles = keys.map((key) => `s3://payer-cur/${key}`);
        const parsed = parseManifest(exportManifest({ executionId, dataFiles }), exportAt);
        expect(parsed).toEqual({ executionId, period: '2026-04', keys });
      }),
    );
  });
});

describe('a manifest of an export that is no part of a bill', () => {
  const columns = (...names: readonly string[]) => ({ columns: names.map((name) => ({ name, type: 'string' })) });

  test('is recognized by its columns: FOCUS by its name, others by what they lack', () => {
    const focus = exportManifest(columns('BilledCost', 'BillingPeriodStart', 'ChargeCategory'));
    expect(() => parseManifest(focus, exportAt)).toThrow(ManifestNotBill);
    expect(() => parseManifest(focus, exportAt)).toThrow(/^a FOCUS export/);
    const hub = exportManifest(columns('account_id', 'recommendation_id'));
    expect(() => parseManifest(hub, exportAt)).toThrow(ManifestNotBill);
    expect(() => parseManifest(hub, exportAt)).toThrow(/its columns are "account_id", "recommendation_id"$/);
  });

  test('may choose its columns, as long as they make a bill', () => {
    expect(parseManifest(exportManifest(columns(...BILL_COLUMNS.slice(1))), exportAt).keys).toEqual(exportFiles);
    const withoutCost = exportManifest(columns(...BILL_COLUMNS.slice(0, -1)));
    expect(() => parseManifest(withoutCost, exportAt)).toThrow(/^no bill without the column line_item_unblended_cost$/);
  });

  test('is not judged by columns that it does not name, nor before it is in order', () => {
    expect(parseManifest(exportManifest({ columns: undefined }), exportAt).keys).toEqual(exportFiles);
    expect(parseManifest(exportManifest({ columns: [] }), exportAt).keys).toEqual(exportFiles);
    const wrong = exportManifest({ ...columns('BilledCost'), dataFiles: [] });
    expect(() => parseManifest(wrong, exportAt)).toThrow(ManifestInvalid);
    expect(() => parseManifest(exportManifest({ columns: [{ title: 'x' }] }), exportAt)).toThrow(
      /columns\[0\]\.name is missing/,
    );
  });
});

describe('a manifest of a legacy report', () => {
  test('names its files, in both of its places', () => {
    const expected = { executionId: 'a1', period: '2022-04', keys: legacyFiles };
    expect(parseManifest(legacyManifest(), legacyAt)).toEqual(expected);
    const inAssembly = { ...legacyAt, key: 'cur/r/20220401-20220501/a1/r-Manifest.json' };
    expect(parseManifest(legacyManifest(), inAssembly)).toEqual(expected);
  });

  test('of an overwrite report names files in the folders of the month', () => {
    const reportKeys = ['cur/r/r/year=2022/month=4/r-00001.snappy.parquet'];
    expect(parseManifest(legacyManifest({ reportKeys }), legacyAt).keys).toEqual(reportKeys);
  });
});

describe('a manifest is invalid, and says which field and value,', () => {
  test.each([
    ['not JSON', '{"executionId":', /not JSON, got .*executionId/],
    ['empty', '', /not JSON/],
    ['a list', '[]', /not a JSON object/],
    ['neither kind', '{"files":[]}', /neither dataFiles nor reportKeys, got .*files/],
    ['without files', exportManifest({ dataFiles: [] }), /dataFiles must name a file, got \[\]/],
    ['files that are no list', exportManifest({ dataFiles: 'x' }), /dataFiles must be a list, got "x"/],
    ['a file that is no text', exportManifest({ dataFiles: [5] }), /dataFiles\[0\] must be a string, got 5/],
    ['without an execution', exportManifest({ executionId: '' }), /executionId must not be empty, got ""/],
    ['with execution null', exportManifest({ executionId: null }), /executionId must be a string, got null/],
    ['no URI', exportManifest({ dataFiles: [exportFiles[0]] }), /dataFiles\[0\] must be s3:\/\/bucket\/key, got "p\/x/],
    ['a URI without key', exportManifest({ dataFiles: ['s3://payer-cur/'] }), /dataFiles\[0\] .*got "s3:\/\/payer-cur/],
    ['https', exportManifest({ dataFiles: ['https://payer-cur/k'] }), /dataFiles\[0\] .*got "https/],
    [
      'other bucket',
      exportManifest({ dataFiles: [`s3://b/${exportFiles[0]}`] }),
      /dataFiles\[0\] .*own bucket "payer-cur"/,
    ],
    ['csv', exportManifest({ dataFiles: [`s3://payer-cur/${folder}x.csv.gz`] }), /dataFiles\[0\] .*csv export/],
    ['manifest', exportManifest({ dataFiles: [`s3://payer-cur/${exportAt.key}`] }), /dataFiles\[0\] .*a manifest/],
    [
      'a file of another period',
      exportManifest({ dataFiles: ['s3://payer-cur/x/data/BILLING_PERIOD=2026-05/x.parquet'] }),
      /dataFiles\[0\] must be of 2026-04, got .*2026-05/,
    ],
  ])('when it is: %s', (_what, json, message) => {
    expect(() => parseManifest(json, exportAt)).toThrow(ManifestInvalid);
    expect(() => parseManifest(json, exportAt)).toThrow(message);
  });

  test.each([
    ['another bucket', { bucket: 'b2-bucket' }, /bucket must be in .*"payer-cur", got "b2-bucket"/],
    ['no files', { reportKeys: [] }, /reportKeys must name a file/],
    ['no assembly', { assemblyId: undefined }, /assemblyId is missing/],
    ['no billing period', { billingPeriod: undefined }, /billingPeriod is missing/],
    [
      'another month',
      { billingPeriod: { start: '20220301T000000.000Z', end: '20220401T000000.000Z' } },
      /billingPeriod must be 2022-04, got .*20220301/,
    ],
    [
      'two months',
      { billingPeriod: { start: '20220401T000000.000Z', end: '20220601T000000.000Z' } },
      /billingPeriod must be 2022-04, got .*20220601/,
    ],
    [
      'the status table',
      { reportKeys: ['r/r/cost_and_usage_data_status/s.parquet'] },
      /reportKeys\[0\] .*status table/,
    ],
  ])('when a legacy one has: %s', (_what, change, message) => {
    expect(() => parseManifest(legacyManifest(change), legacyAt)).toThrow(message);
  });

  test('when its key is not that of a manifest', () => {
    expect(() => parseManifest(exportManifest(), { bucket: 'payer-cur', key: 'x/data.json' })).toThrow(
      /"x\/data.json"/,
    );
  });
});

const real = path.resolve(import.meta.dirname, '../../../shared/cur/cur2-2026-04/example-CUR-daily-1-Manifest.json');

describe.skipIf(!existsSync(real))('a real manifest (skipped when the folder ../shared/cur is not there)', () => {
  test('is read whole, with the colons and equals signs of its keys as they are', () => {
    const manifest = parseManifest(readFileSync(real, 'utf8'), {
      bucket: 'example-payer-444455556666-cur',
      key: 'CUR-daily-1.0/example-CUR-daily-1/metadata/BILLING_PERIOD=2026-04/example-CUR-daily-1-Manifest.json',
    });
    expect(manifest.executionId).toBe('04e9e487-79a7-42b1-a680-1de7c660dc8f');
    expect(manifest.period).toBe('2026-04');
    const stem =
      'CUR-daily-1.0/example-CUR-daily-1/data/BILLING_PERIOD=2026-04/2026-04-16T15:24:15.653Z-04e9e487-79a7-42b1-a680-1de7c660dc8f/example-CUR-daily-1-';
    expect(manifest.keys).toEqual([`${stem}00001.snappy.parquet`, `${stem}00002.snappy.parquet`]);
  });
});

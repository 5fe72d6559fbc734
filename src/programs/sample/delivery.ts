import { monthRange } from '../../billing/layout.ts';
import { monthOf, yearOf } from '../../billing/period.ts';
import { billOf, type Refresh } from './bill.ts';
import { monthInterval } from './lineItem.ts';
import { characters, seededRandom, uuid } from './random.ts';
import { cur2Columns, legacyColumns, sampleType } from './reportColumns.ts';
import { cur2File, legacyFile } from './reportFile.ts';

/** One refresh as AWS delivers it: so many data files, then the manifest. */
export interface SampleDelivery extends Refresh {
  readonly parts: number;
}

/** The key of part 1, 2, … of a delivery. In overwrite layouts it is the same in every refresh. */
export function dataKey(seed: number, delivery: SampleDelivery, part: number): string {
  const name = `${delivery.source.report}-${String(part).padStart(5, '0')}.snappy.parquet`;
  return `${dataFolder(seed, delivery)}${name}`;
}

/**
 * Where the delivery's manifest is put, in this order. Legacy create-new reports have two copies of
 * it.
 */
export function manifestKeys(seed: number, delivery: SampleDelivery): string[] {
  const { source, period } = delivery;
  const root = `${source.prefix}/${source.report}/`;
  const name = `${source.report}-Manifest.json`;
  switch (source.layout) {
    case 'legacy-overwrite':
      return [`${root}${monthRange(period)}/${name}`];
    case 'legacy-create-new':
      return [`${dataFolder(seed, delivery)}${name}`, `${root}${monthRange(period)}/${name}`];
    case 'cur2-overwrite':
      return [`${root}metadata/BILLING_PERIOD=${period}/${name}`];
    case 'cur2-create-new':
      return [`${root}metadata/BILLING_PERIOD=${period}/${executionFolder(seed, delivery)}/${name}`];
  }
}

/** The bytes of one data file: its share of the bill's rows. */
export function dataFile(seed: number, delivery: SampleDelivery, part: number): Uint8Array {
  const items = billOf(seed, delivery);
  const share = Math.ceil(items.length / delivery.parts);
  const own = items.slice((part - 1) * share, part * share);
  return isLegacy(delivery) ? legacyFile(own, columnsOf(delivery)) : cur2File(own);
}

/** The manifest's text, in the shape of its kind. It names every part. */
export function manifestFile(seed: number, delivery: SampleDelivery): Uint8Array {
  const keys = Array.from({ length: delivery.parts }, (_, index) => dataKey(seed, delivery, index + 1));
  const manifest = isLegacy(delivery) ? legacyManifest(seed, delivery, keys) : exportManifest(seed, delivery, keys);
  return Buffer.from(JSON.stringify(manifest, undefined, 2));
}

function isLegacy(delivery: SampleDelivery): boolean {
  return delivery.source.layout.startsWith('legacy');
}

function columnsOf({ source, period }: SampleDelivery): string[] {
  return legacyColumns(source.extraColumns(period));
}

function legacyManifest(seed: number, delivery: SampleDelivery, reportKeys: readonly string[]): object {
  const { source, period } = delivery;
  const { start, end } = monthInterval(period);
  return {
    assemblyId: executionId(seed, delivery),
    account: source.payer,
    columns: columnsOf(delivery).map((column) => ({ category: column.split('_')[0], name: column })),
    charset: 'UTF-8',
    compression: 'Parquet',
    contentType: 'Parquet',
    reportId: characters(seededRandom('report', source.payer), '0123456789abcdef', 64),
    reportName: source.report,
    billingPeriod: { start: compactTime(start), end: compactTime(end) },
    bucket: source.bucket,
    reportKeys,
    additionalArtifactKeys: [],
  };
}

function exportManifest(seed: number, delivery: SampleDelivery, keys: readonly string[]): object {
  const { source } = delivery;
  return {
    executionId: executionId(seed, delivery),
    exportArn: `arn:aws:bcm-data-exports:us-east-1:${source.payer}:export/${source.report}-${uuid(seededRandom('export', source.payer))}`,
    columns: cur2Columns().map((name) => ({ name, type: manifestType(name) })),
    dataFiles: keys.map((key) => `s3://${source.bucket}/${key}`),
  };
}

/** A real manifest calls a map's type `string` too. */
function manifestType(column: string): string {
  const type = sampleType(column);
  return type === 'double' || type === 'timestamp' ? type : 'string';
}

function dataFolder(seed: number, delivery: SampleDelivery): string {
  const { source, period } = delivery;
  const root = `${source.prefix}/${source.report}/`;
  switch (source.layout) {
    case 'legacy-overwrite': // months without a leading zero, as AWS writes them
      return `${root}${source.report}/year=${yearOf(period)}/month=${monthOf(period)}/`;
    case 'legacy-create-new':
      return `${root}${monthRange(period)}/${executionId(seed, delivery)}/`;
    case 'cur2-overwrite':
      return `${root}data/BILLING_PERIOD=${period}/`;
    case 'cur2-create-new':
      return `${root}data/BILLING_PERIOD=${period}/${executionFolder(seed, delivery)}/`;
  }
}

/**
 * When the refresh ran, shortly after the last day that it knows, and its id. The colons are AWS's
 * own.
 */
function executionFolder(seed: number, delivery: SampleDelivery): string {
  const ranAt =
    monthInterval(delivery.period).start + delivery.days * 24 * 60 * 60 * 1000 + (delivery.refresh + 5) * 3_601_234;
  return `${new Date(ranAt).toISOString()}-${executionId(seed, delivery)}`;
}

function executionId(seed: number, { source, period, refresh }: SampleDelivery): string {
  return uuid(seededRandom('execution', seed, source.payer, period, refresh));
}

/** `20260901T000000.000Z`, as legacy manifests write it. */
function compactTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replaceAll(/[-:]/g, '');
}

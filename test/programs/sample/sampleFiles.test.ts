import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type Json } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { classifyKey } from '../../../src/billing/layout.ts';
import { parseManifest } from '../../../src/billing/manifest.ts';
import { type Partition, partitionPrefix } from '../../../src/billing/partition.ts';
import { addMonths } from '../../../src/billing/period.ts';
import { findSource } from '../../../src/billing/source.ts';
import type { PlantedCheck } from '../../../src/programs/sample/resource.ts';
import { sampleDeliveries } from '../../../src/programs/sample/sampleDeliveries.ts';
import { sampleExpectation } from '../../../src/programs/sample/sampleExpectation.ts';
import { sampleSources } from '../../../src/programs/sample/sampleSources.ts';

const seed = 7;
const expectation = sampleExpectation(seed);
let folder: string;
let connection: DuckDBConnection;

const query = async (sql: string): Promise<Record<string, Json>[]> =>
  (await connection.runAndReadAll(sql)).getRowObjectsJson();

/** All files of a partition, or of all partitions of one kind, as a table. */
const files = (partition: Partition): string => `read_parquet('${folder}/${partitionPrefix(partition)}*.parquet')`;

/**
 * Plays the deliveries into a bucket in memory and writes what the newest manifests name, as the
 * reactor would.
 */
async function writeFinalFiles(): Promise<void> {
  const objects = new Map<string, () => Uint8Array>();
  const manifests = new Map<string, { bucket: string; key: string; partition: Partition }>();
  for (const step of sampleDeliveries(seed)) {
    if (step.do !== 'put') continue;
    objects.set(`${step.bucket}/${step.key}`, step.bytes);
    const classified = classifyKey(step.key);
    const source = findSource(sampleSources, step.bucket, step.key);
    if (classified.kind !== 'manifest' || !source) continue;
    const partition = { payer: source.payer, period: classified.period };
    manifests.set(partitionPrefix(partition), { bucket: step.bucket, key: step.key, partition });
  }
  for (const [prefix, at] of manifests) {
    await mkdir(path.join(folder, prefix), { recursive: true });
    const text = Buffer.from(objects.get(`${at.bucket}/${at.key}`)?.() ?? []).toString('utf8');
    for (const key of parseManifest(text, at).keys) {
      const bytes = objects.get(`${at.bucket}/${key}`)?.();
      if (!bytes) throw new Error(`the manifest names ${key}, which was never put`);
      await writeFile(path.join(folder, prefix, path.basename(key)), bytes);
    }
  }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cur-reactor-sample-'));
  await writeFinalFiles();
  connection = await (await DuckDBInstance.create()).connect();
});

afterAll(async () => {
  connection.closeSync();
  await rm(folder, { recursive: true });
});

describe.each(expectation.map((expected) => [partitionPrefix(expected.partition), expected] as const))(
  'the files of %s',
  (prefix, { partition, rows, files: fileCount, costUsd, planted }) => {
    test('hold the rows, files and cost that are to be expected', async () => {
      const [found] = await query(
        `select count(*)::int as row_count, sum(line_item_unblended_cost) as cost from ${files(partition)}`,
      );
      expect(found?.row_count).toBe(rows);
      expect(found?.cost).toBeCloseTo(costUsd, 6);
      expect(await query(`from glob('${folder}/${prefix}*.parquet')`)).toHaveLength(fileCount);
    });

    test('lie in their billing month with every row', async () => {
      const first = `timestamp '${partition.period}-01'`;
      const next = `timestamp '${addMonths(partition.period, 1)}-01'`;
      const [found] = await query(`select count(*)::int as outside from ${files(partition)}
        where bill_billing_period_start_date <> ${first} or bill_billing_period_end_date <> ${next}
          or line_item_usage_start_date < ${first} or line_item_usage_start_date >= ${next}
          or line_item_usage_end_date > ${next} or line_item_usage_end_date <= line_item_usage_start_date
          or bill_payer_account_id <> '${partition.payer}'`);
      expect(found?.outside).toBe(0);
    });

    test('name each row once', async () => {
      const [found] = await query(`select count(distinct identity_line_item_id || identity_time_interval)::int as names
        from ${files(partition)}`);
      expect(found?.names).toBe(rows);
    });

    test.each(planted)('show what was planted: $check', async ({ check, resourceIds }) => {
      const { having, where } = EVIDENCE[check];
      const found = await query(`select line_item_resource_id as id from ${files(partition)}
        where ${where} group by all having ${having ?? 'true'}`);
      expect(found.length).toBeGreaterThan(0);
      if (resourceIds.length > 0) expect(new Set(found.map(({ id }) => id))).toEqual(new Set(resourceIds));
    });
  },
);

const usage = `line_item_line_item_type = 'Usage'`;

/** How each planted resource shows in a report, and no healthy one does. */
const EVIDENCE: Record<PlantedCheck, { where: string; having?: string }> = {
  'idle load balancer': {
    where: `line_item_product_code = 'AWSELB' and ${usage}`,
    having: `count(distinct pricing_unit) = 1 and sum(line_item_usage_amount) filter (pricing_unit = 'Hrs') > 336`,
  },
  'idle NAT gateway': {
    where: `line_item_product_code = 'AmazonEC2' and line_item_usage_type like '%NatGateway-%'`,
    having: `sum(line_item_usage_amount) filter (line_item_usage_type like '%-Hours') > 336
      and coalesce(sum(line_item_usage_amount) filter (line_item_usage_type like '%-Bytes'), 0) < 1`,
  },
  'gp2 volume': { where: `line_item_usage_type like '%EBS:VolumeUsage.gp2' and line_item_unblended_cost > 0` },
  'RDS gp2 or io1 storage': {
    where: `line_item_product_code = 'AmazonRDS'
      and (line_item_usage_type like '%GP2-Storage' or line_item_usage_type like '%PIOPS%')`,
  },
  'OpenSearch gp2 storage': {
    where: `line_item_product_code = 'AmazonES' and line_item_usage_type like '%GP2-Storage'`,
  },
  'unused reservation': {
    where: `line_item_line_item_type = 'RIFee' and reservation_unused_quantity > 0
      and reservation_unused_recurring_fee > 0 and reservation_unused_amortized_upfront_fee_for_billing_period > 0`,
  },
  'unused savings plan': {
    where: `line_item_line_item_type = 'SavingsPlanRecurringFee'
      and savings_plan_total_commitment_to_date - savings_plan_used_commitment > 1`,
  },
  'idle public IPv4': {
    where: `line_item_usage_type like '%PublicIPv4:IdleAddress' or line_item_usage_type like '%ElasticIP:IdleAddress'`,
  },
  'previous-generation instance': {
    where: `regexp_matches(line_item_usage_type, 'BoxUsage:(m4|c4)\\.') and line_item_usage_amount > 0`,
  },
  'T-instance CPU credits': { where: `line_item_usage_type like '%CPUCredits:t%' and line_item_unblended_cost > 0` },
  'Glue development endpoint': { where: `line_item_usage_type like '%DEVED-DPU-Hour' and ${usage}` },
};

test('every check has something to find in some partition', () => {
  const planted = new Set(expectation.flatMap((expected) => expected.planted.map(({ check }) => check)));
  expect([...planted].sort()).toEqual(Object.keys(EVIDENCE).sort());
});

test('a volume names its type in the map of CUR 2.0, and in the column of a legacy report that has one', async () => {
  const gp2 = `where line_item_usage_type like '%VolumeUsage.gp2'`;
  const partitionOf = (payer: string, period: string) => {
    const found = expectation.find(({ partition }) => partition.payer === payer && partition.period === period);
    if (!found) throw new Error(`no partition ${period} of ${payer}`);
    return files(found.partition);
  };
  expect(
    await query(
      `select distinct product['volume_api_name'] as type from ${partitionOf('333344445555', '2026-10')} ${gp2}`,
    ),
  ).toEqual([{ type: 'gp2' }]);
  expect(
    await query(
      `select distinct product_volume_api_name as type from ${partitionOf('222233334444', '2026-09')} ${gp2}`,
    ),
  ).toEqual([{ type: 'gp2' }]);
});

test('a missing value is an empty text in a legacy report and NULL in CUR 2.0', async () => {
  const missing = async (payer: string) =>
    query(`select distinct line_item_availability_zone as zone from
      read_parquet('${folder}/year=2026/month=10/payer-${payer}/*.parquet') where line_item_line_item_type = 'Credit'`);
  expect(await missing('222233334444')).toEqual([{ zone: '' }]);
  expect(await missing('333344445555')).toEqual([{ zone: null }]);
});

const real = path.resolve(import.meta.dirname, '../../../../shared/cur');

describe.skipIf(!existsSync(real))('the schema, beside a real report (skipped when ../shared/cur is not there)', () => {
  const schemaOf = (file: string) =>
    query(`select name, type, converted_type, repetition_type, num_children, logical_type
      from parquet_schema('${file}') offset 1`);

  test.each([
    ['year=2026/month=09/payer-111122223333/daily', 'legacy-2018/WorkshopCUR-2018-10.snappy.parquet'],
    ['year=2026/month=10/payer-111122223333/daily', 'legacy-2018/WorkshopCUR-2018-11.snappy.parquet'],
    ['year=2026/month=10/payer-333344445555/cur2-daily', 'cur2-2026-04/example-CUR-daily-1-00001.snappy.parquet'],
  ])('of %s is that of %s, column by column', async (own, theirs) => {
    expect(await schemaOf(`${folder}/${own}-00001.snappy.parquet`)).toEqual(await schemaOf(path.join(real, theirs)));
  });
});

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { quoteIdentifier, quoteText } from '../../src/adapters/duckdb/quote.ts';
import type { Payer } from '../../src/billing/payer.ts';
import { legacyColumns, sampleType } from '../../src/programs/sample/reportColumns.ts';

/** A made-up month of one payer: a legacy report, as wide and as repetitive as a real one. */
export interface BigReport {
  readonly rows: number;
  readonly files: number;
  /** Tags of the payer's own, beside the columns of every such report; one in fifty has a value. */
  readonly tags: number;
}

/** How many kinds of usage are billed: of a kind, all product attributes are the same. */
const METERS = 200;
/** Usage that the checks know, among the made-up kinds. */
const USAGE_TYPES = ['EBS:VolumeUsage.gp2', 'BoxUsage:t2.micro', 'CPUCredits:t3', 'USW2-PublicIPv4:IdleAddress'];
const MONTH = '2026-10-01';
const HOURS = 744;

/** Columns that differ within a kind of usage; `i` is the number of the row. */
const OF_ROW: Readonly<Record<string, string>> = {
  identity_line_item_id: `(sha256(concat(i // 800, '-', i % 7)))[:52]`,
  identity_time_interval: `concat(strftime(start, '%xT%H:00:00Z'), '/', strftime(start + interval 1 hour, '%xT%H:00:00Z'))`,
  line_item_usage_start_date: 'start',
  line_item_usage_end_date: 'start + interval 1 hour',
  line_item_resource_id: `if(meter % 5 = 0, '', concat('arn:aws:service:us-east-1:resource/', hash(i // 200) % 600))`,
  line_item_usage_amount: '(hash(i) % 8000) / 1000',
  line_item_unblended_cost: '(hash(i) % 3800) / 10000',
  line_item_blended_cost: '(hash(i) % 3800) / 10000',
  pricing_public_on_demand_cost: '(hash(i) % 5000) / 10000',
  resource_tags_aws_created_by: `if(hash(i // 50) % 5 < 3, concat('IAMUser:AIDAEXAMPLE:user_', hash(i // 50) % 16), '')`,
  ...Object.fromEntries(
    ['cost_center', 'department', 'environment', 'workload'].map((tag) => [
      `resource_tags_user_${tag}`,
      `if(hash(i // 90) % 10 < 3, concat('${tag}-', hash(i // 90) % 6), '')`,
    ]),
  ),
};

/** Writes the report's files, the same in every run, and answers their folder. */
export async function writeBigReport(folder: string, payer: Payer, report: BigReport): Promise<string> {
  const parts = join(folder, 'cur/hourly/20261001-20261101');
  await mkdir(parts, { recursive: true });
  const tags = Array.from({ length: report.tags }, (_, n) => `resource_tags_user_made_up_${n}`);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const ofMeter = legacyColumns().filter((name) => OF_ROW[name] === undefined);
  const attributes = ofMeter.map((name) => `${meterValue(name, payer)} as ${quoteIdentifier(name)}`);
  await connection.run(`create table meters as select meter, ${attributes.join(', ')} from range(${METERS}) t(meter)`);
  const selected = [
    ...legacyColumns().map((name) => `${OF_ROW[name] ?? quoteIdentifier(name)} as ${quoteIdentifier(name)}`),
    ...tags.map((name, n) => `if((i + ${n}) % 50 = 0, concat('value ', i % 20), '') as ${quoteIdentifier(name)}`),
  ];
  for (let file = 0; file < report.files; file += 1) {
    const [from, to] = [file, file + 1].map((n) => Math.floor((report.rows * n) / report.files));
    const path = join(parts, `hourly-${String(file + 1).padStart(5, '0')}.snappy.parquet`);
    await connection.run(
      `copy (
         select ${selected.join(', ')}
         from (select i, timestamp '${MONTH}' + to_hours((i % ${HOURS})::INTEGER) as start, hash(i // 3) % ${METERS} as meter
               from range(${from}, ${to}) t(i))
         join meters using (meter)
       ) to ${quoteText(path)} (format parquet, compression snappy)`,
    );
  }
  connection.closeSync();
  instance.closeSync();
  return parts;
}

/** What all rows of a kind of usage have in a column; `meter` is its number. */
function meterValue(name: string, payer: Payer): string {
  const known: Readonly<Record<string, string>> = {
    bill_payer_account_id: quoteText(payer),
    bill_billing_entity: `'AWS'`,
    bill_bill_type: `'Anniversary'`,
    bill_billing_period_start_date: `timestamp '${MONTH}'`,
    bill_billing_period_end_date: `timestamp '${MONTH}' + interval 1 month`,
    line_item_usage_account_id: `(['111122223333', '444455556666'])[1 + meter % 2]`,
    line_item_line_item_type: `if(meter % 40 = 0, 'Tax', 'Usage')`,
    line_item_product_code: `concat('AmazonProduct', meter % 17)`,
    line_item_usage_type: `coalesce([${USAGE_TYPES.map(quoteText).join(', ')}][1 + meter], concat('USE1-Meter:', meter))`,
    line_item_currency_code: `'USD'`,
    product_region: `(['us-east-1', 'us-west-2', 'eu-west-1'])[1 + meter % 3]`,
  };
  if (known[name] !== undefined) return known[name];
  if (sampleType(name) === 'double') return `(meter % 3) / 4.0::DOUBLE`;
  // Two attributes of three say nothing of a kind of usage.
  return `if(hash(${quoteText(name)}, meter) % 3 = 0, concat(${quoteText(name.slice(-12))}, ' ', meter % 20), '')`;
}

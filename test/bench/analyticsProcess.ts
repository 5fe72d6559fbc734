import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { loadWastageScript } from '../../src/analytics/checks/readChecks.ts';
import { analyticsStatements } from '../../src/analytics/script.ts';
import { DEFAULT_TAG_KEYS } from '../../src/analytics/tagKeys.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';

/** What is measured, in seconds. */
export interface AnalyticsSeconds {
  /** One `group by account, service, usage type, day` over the same rows. */
  readonly reference: number;
  /** Each statement of the script: a check by its name, others by how they begin. */
  readonly statements: readonly { readonly name: string; readonly seconds: number }[];
  readonly findings: number;
}

const SQL = fileURLToPath(new URL('../../sql/', import.meta.url));
const REFERENCE = `select line_item_usage_account_id, line_item_product_code, line_item_usage_type,
    cast(line_item_usage_start_date as date), sum(line_item_unblended_cost)
  from cur_line_items group by all`;

/**
 * The wastage script over what a database holds, statement by statement, in one session: `node
 * analyticsProcess.ts DATABASE MEMORY PAYER PERIOD`. Prints AnalyticsSeconds.
 */
const [database = '', memory = '', payer = '', period = ''] = process.argv.slice(2);
const instance = await DuckDBInstance.create(database, { memory_limit: memory });
const connection = await instance.connect();
await connection.run(`set TimeZone = 'UTC'`);
// Twice, as the first reads the file from the disk.
await timed(REFERENCE);
const reference = await timed(REFERENCE);
const scope = { period: parsePeriod(period), payers: [parsePayer(payer)], tagKeys: DEFAULT_TAG_KEYS };
const statements = [];
for (const { sql, check } of analyticsStatements(await loadWastageScript(SQL), scope)) {
  statements.push({ name: check ?? sql.slice(0, 70).replace(/\s+/g, ' '), seconds: await timed(sql) });
}
const [count] = (
  await connection.runAndReadAll('select count(*)::integer as findings from cur_findings')
).getRowObjectsJS();
const measured: AnalyticsSeconds = { reference, statements, findings: Number(count?.findings) };
process.stdout.write(JSON.stringify(measured));

async function timed(sql: string): Promise<number> {
  const startedAt = performance.now();
  await connection.runAndReadAll(sql);
  return (performance.now() - startedAt) / 1000;
}

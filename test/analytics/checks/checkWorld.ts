import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { quoteIdentifier, quoteText } from '../../../src/adapters/duckdb/quote.ts';
import { openDuckdbWarehouse } from '../../../src/adapters/duckdb/warehouse.ts';
import { loadWastageScript } from '../../../src/analytics/checks/readChecks.ts';
import { partitionPrefix } from '../../../src/billing/partition.ts';
import { type Payer, parsePayer } from '../../../src/billing/payer.ts';
import { type Period, parsePeriod } from '../../../src/billing/period.ts';
import type { StagedFile, Warehouse } from '../../../src/warehouse/warehouse.ts';
import { runScript, sqlPath } from '../lineItems.ts';
import { type ReportKind, type ReportLine, reportFile } from './reportLines.ts';
import { MONTH, YEAR } from './usageLines.ts';

/** The payers in whose files the lines of all cases are, by the kind of report. */
const HOLDERS: Readonly<Record<ReportKind, Payer>> = {
  legacy: parsePayer('900000000001'),
  'CUR 2.0': parsePayer('900000000002'),
};
export const KINDS = Object.keys(HOLDERS) as readonly ReportKind[];
export const PERIOD = parsePeriod(`${YEAR}-${String(MONTH).padStart(2, '0')}`);

/** Lines of one payer, all in one kind of report. */
export interface PayerLines {
  readonly payer: Payer;
  readonly kind: ReportKind;
  readonly lines: readonly ReportLine[];
}

/**
 * A warehouse in which the wastage script has run over these payers' lines, month by month, as it
 * does in production: files of both kinds, the real contract view, the real script. The working
 * tables of {@link PERIOD} are still there.
 */
export interface CheckWorld {
  readonly connection: DuckDBConnection;
  readonly payers: readonly Payer[];
  rows(sql: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function openCheckWorld(payers: readonly PayerLines[]): Promise<CheckWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'checks-'));
  const path = join(folder, 'warehouse.duckdb');
  const stagingRoot = join(folder, 'staging');
  const warehouse = await openDuckdbWarehouse({ path, stagingRoot, analyticsStatements: () => [] });
  const instance = await DuckDBInstance.fromCache(path);
  const connection = await instance.connect();
  await connection.run(`set TimeZone = 'UTC'`);
  const byPeriod = Map.groupBy(linesOf(payers), ({ period }) => period);
  const periods = [...byPeriod.keys()].sort();
  for (const period of periods)
    await publishAll({ warehouse, connection, stagingRoot }, period, byPeriod.get(period) ?? []);
  // Each payer's rows are judged apart, although they share two files.
  await connection.run(
    'create temporary table cur_line_items as select * replace (bill_payer_account_id as payer) from warehouse.main.cur_line_items',
  );
  const script = await loadWastageScript(sqlPath(''));
  for (const period of periods) {
    const ofPeriod = new Set((byPeriod.get(period) ?? []).map(({ payer }) => payer));
    await runScript(connection, script, period, [...ofPeriod].sort());
  }
  return {
    connection,
    payers: payers.map(({ payer }) => payer),
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJS(),
    close: async () => {
      connection.closeSync();
      instance.closeSync();
      await warehouse.close();
      await rm(folder, { recursive: true });
    },
  };
}

interface PlacedLine {
  readonly period: Period;
  readonly payer: Payer;
  readonly kind: ReportKind;
  readonly line: ReportLine;
}

function linesOf(payers: readonly PayerLines[]): PlacedLine[] {
  return payers.flatMap(({ payer, kind, lines }) =>
    lines.map((line) => {
      const period = parsePeriod(String(line.columns?.bill_billing_period_start_date).slice(0, 7));
      const columns = { bill_payer_account_id: payer, ...line.columns };
      return { period, payer, kind, line: { ...line, columns } };
    }),
  );
}

interface Places {
  readonly warehouse: Warehouse;
  readonly connection: DuckDBConnection;
  readonly stagingRoot: string;
}

async function publishAll(places: Places, period: Period, placed: readonly PlacedLine[]): Promise<void> {
  await places.warehouse.raiseFence(period, 1);
  for (const kind of KINDS) {
    const lines = placed.filter((one) => one.kind === kind).map(({ line }) => line);
    if (lines.length === 0) continue;
    const partition = { payer: HOLDERS[kind], period };
    const file = await stage(places, `${partitionPrefix(partition)}report.parquet`, kind, lines);
    const [status] = await places.warehouse.register(partition, [file]);
    if (status?.status !== 'registered') throw new Error(`the report was not registered: ${JSON.stringify(status)}`);
    await places.warehouse.publish(period, 1, [{ partition, files: [file], asOf: Date.UTC(YEAR, MONTH, 2) }]);
  }
}

const SQL_TYPES: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  double: 'DOUBLE',
  timestamp_utc: 'TIMESTAMPTZ',
  'map<string,string>': 'MAP(VARCHAR, VARCHAR)',
};

async function stage(
  { connection, stagingRoot }: Places,
  stagedKey: string,
  kind: ReportKind,
  lines: readonly ReportLine[],
): Promise<StagedFile> {
  const { columns, rows } = reportFile(kind, lines);
  const path = join(stagingRoot, stagedKey);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.json`, JSON.stringify(rows));
  const types = columns.map(({ name, type }) => `${quoteIdentifier(name)}: ${quoteText(SQL_TYPES[type] ?? type)}`);
  await connection.run(
    `copy (select * from read_json(${quoteText(`${path}.json`)}, format = 'array', columns = {${types.join(', ')}}))
     to ${quoteText(path)} (format parquet)`,
  );
  await rm(`${path}.json`);
  return { stagedKey, rows: rows.length, sizeBytes: (await stat(path)).size, columns };
}

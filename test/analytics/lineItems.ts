import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { analyticsStatements, loadScript } from '../../src/analytics/script.ts';
import { statementsOf } from '../../src/analytics/statements.ts';
import { DEFAULT_TAG_KEYS } from '../../src/analytics/tagKeys.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';

const TEXT = `staged_key identity_line_item_id identity_time_interval bill_bill_type bill_billing_entity bill_invoice_id
  bill_payer_account_id line_item_usage_account_id line_item_line_item_type line_item_product_code line_item_usage_type
  line_item_operation line_item_availability_zone line_item_resource_id line_item_currency_code
  line_item_unblended_rate line_item_line_item_description line_item_tax_type line_item_legal_entity pricing_unit
  pricing_term pricing_purchase_option pricing_lease_contract_length pricing_offering_class
  pricing_public_on_demand_rate product_product_name product_product_family product_region product_servicecode
  product_instance_type product_instance_type_family product_instance_family product_operating_system
  product_physical_processor product_volume_api_name product_volume_type product_database_engine
  product_current_generation product_storage_class product_deployment_option product_group product_transfer_type
  product_tenancy product_sku reservation_reservation_a_r_n reservation_subscription_id
  reservation_number_of_reservations reservation_total_reserved_units reservation_units_per_reservation
  reservation_start_time reservation_end_time savings_plan_savings_plan_a_r_n savings_plan_offering_type`;
const TIMES = `bill_billing_period_start_date bill_billing_period_end_date line_item_usage_start_date
  line_item_usage_end_date`;
const NUMBERS = `line_item_usage_amount line_item_normalization_factor line_item_normalized_usage_amount
  line_item_unblended_cost line_item_blended_cost line_item_net_unblended_cost pricing_public_on_demand_cost
  reservation_effective_cost reservation_unused_quantity reservation_unused_recurring_fee
  reservation_unused_amortized_upfront_fee_for_billing_period reservation_amortized_upfront_fee_for_billing_period
  reservation_recurring_fee_for_usage savings_plan_savings_plan_effective_cost savings_plan_total_commitment_to_date
  savings_plan_used_commitment amortized_cost`;

/** The contract columns of `cur_line_items` with their types. */
export const CONTRACT_COLUMNS: ReadonlyMap<string, string> = new Map([
  ['year', 'INTEGER'],
  ['month', 'INTEGER'],
  ['payer', 'VARCHAR'],
  ...typed(TEXT, 'VARCHAR'),
  ...typed(TIMES, 'TIMESTAMP'),
  ...typed(NUMBERS, 'DOUBLE'),
  ...typed('resource_tags cost_category', 'MAP(VARCHAR, VARCHAR)'),
]);

function typed(names: string, type: string): [string, string][] {
  return names.split(/\s+/).map((name) => [name, type]);
}

/** One finding, without the time it was found at. */
export interface FindingRow {
  readonly payer: string;
  readonly year: number;
  readonly month: number;
  readonly check_name: string;
  readonly account: string;
  readonly region: string;
  readonly resource: string;
  readonly monthly_cost: number;
  readonly estimated_saving: number;
  readonly currency: string | null;
}

/** The columns that a test gives; all others are NULL. Times are ISO text. */
export type LineItem = Readonly<Record<string, string | number | null>>;

/**
 * An in-memory DuckDB with an empty `cur_line_items` of the contract columns and the real tables of
 * what is found.
 */
export async function openWarehouse(): Promise<DuckDBConnection> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const columns = [...CONTRACT_COLUMNS].map(([name, type]) => `${name} ${type}`);
  await connection.run(`create table cur_line_items (${columns.join(', ')})`);
  for (const statement of statementsOf(await loadScript(sqlPath('findings_tables.sql')))) {
    await connection.run(statement);
  }
  return connection;
}

/** Adds rows to `cur_line_items`. A column that is not in the contract is an error of DuckDB's. */
export async function plant(connection: DuckDBConnection, items: readonly LineItem[]): Promise<void> {
  const sameColumns = Map.groupBy(items, (item) => Object.keys(item).join(', '));
  for (const [columns, alike] of sameColumns) {
    const values = alike.flatMap((item) => Object.values(item));
    const width = values.length / alike.length;
    const rows = alike.map((_, row) => `(${Array.from({ length: width }, (__, at) => `$${row * width + at + 1}`)})`);
    await connection.run(`insert into cur_line_items (${columns}) values ${rows}`, values);
  }
}

/** Adds as many rows as there may be, by way of a JSON file at this path. */
export async function plantFile(connection: DuckDBConnection, path: string, items: readonly LineItem[]): Promise<void> {
  await writeFile(path, JSON.stringify(items));
  const names = [...new Set(items.flatMap((item) => Object.keys(item)))];
  const types = names.map((name) => `${name}: '${CONTRACT_COLUMNS.get(name)}'`);
  const source = `read_json('${path}', format = 'array', columns = {${types.join(', ')}})`;
  await connection.run(`insert into cur_line_items (${names.join(', ')}) select ${names.join(', ')} from ${source}`);
}

/** Runs the real wastage script, statement by statement. */
export async function analyse(connection: DuckDBConnection, period: string, payers: readonly string[]): Promise<void> {
  const script = await loadScript(sqlPath('analytics_wastage_queries.sql'));
  const scope = { period: parsePeriod(period), payers: payers.map(parsePayer), tagKeys: DEFAULT_TAG_KEYS };
  for (const { sql } of analyticsStatements(script, scope)) {
    await connection.run(sql);
  }
}

/** All findings, in a fixed order. */
export async function findingsIn(connection: DuckDBConnection): Promise<FindingRow[]> {
  const reader = await connection.runAndReadAll(
    `select payer, year, month, check_name, account, region, resource, monthly_cost, estimated_saving, currency
     from cur_findings order by payer, year, month, check_name, account, resource`,
  );
  return reader.getRowObjectsJS() as unknown as FindingRow[];
}

/** A file of the folder sql/. */
export function sqlPath(name: string): string {
  return fileURLToPath(new URL(`../../sql/${name}`, import.meta.url));
}

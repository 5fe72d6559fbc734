import { addColumnsSql, createExternalTableSql } from '../../adapters/snowflake/externalTable.ts';
import { addLoadedColumnsSql, createLoadedTableSql, fillSql } from '../../adapters/snowflake/loadedTable.ts';
import { type SnowflakeNames, snowflakeNames, type WarehouseTarget } from '../../adapters/snowflake/names.ts';
import { createViewSql, replaceLoadedViewSql } from '../../adapters/snowflake/view.ts';
import { quoteValue } from '../../base/printable.ts';
import type { PayersTable } from '../../config/payersTable.ts';
import { parseIdentifier } from '../../warehouse/identifier.ts';
import { partitionOf } from '../packaging/pseudoParameters.ts';
import { NO_EXTERNAL_ID } from '../packaging/stageClashes.ts';
import type { StageSettings } from '../packaging/stageSettings.ts';
import type { BucketAccess } from './bucketCheck.ts';
import { renderSetupScript } from './setupScript.ts';
import { keepingGrants, payersPolicySql, summaryGrantsSql } from './summarySteps.ts';

/**
 * Everything that an administrator runs once, and again after every change: each step can be
 * repeated, and nothing in it takes anything away. Roles and what they may do, the way to the
 * staging bucket, tables, views.
 */
export interface SetupStep {
  /** What it is called in messages: a script's file name, or what is generated. */
  readonly name: string;
  /** Statements, each ended by a semicolon, and comments. */
  readonly sql: string;
}

export interface SetupSettings extends Omit<StageSettings, 'payersTable'> {
  /**
   * The AWS account of the staging bucket and of the role that Snowflake takes on to read it: 12
   * digits.
   */
  readonly accountId: string;
  /** The table that payers are configured in; undefined when somebody else keeps it. */
  readonly payersTable: PayersTable | undefined;
  /** Whether functions sign in by their AWS roles, each as a user of its own. */
  readonly workloadIdentity?: boolean | undefined;
  /** Whether readers see the rows of those payers only that are allotted to their roles. */
  readonly payersPolicy?: boolean | undefined;
  /** Whether the native table is filled with what is published in the external one. */
  readonly fill: boolean;
}

/** A script of the folder sql/, or SQL that is generated from the contract. */
type SetupSource =
  | { readonly file: string; readonly changed?: (script: string) => string }
  | { readonly generated: string; readonly sql: (names: SnowflakeNames, role: string) => string };

/**
 * What differs by the target: the table of line items, the view over it, and who may change them.
 */
const TARGETS: Readonly<Record<WarehouseTarget, Readonly<Record<'table' | 'view' | 'grants', SetupSource[]>>>> = {
  external: {
    table: [
      { generated: 'external table', sql: (names) => asAdministrator(createExternalTableSql(names)) },
      { generated: 'columns of the external table', sql: (names) => asAdministrator(addColumnsSql(names).join(';\n')) },
    ],
    // The reactor itself replaces it when it has to be another one (columnsByValue.ts).
    view: [{ generated: 'contract view', sql: (names) => asAdministrator(createViewSql(names)) }],
    grants: [
      {
        generated: 'grants on the external table',
        sql: (names, role) => `use role securityadmin;

-- who registers files has to own it
grant ownership on external table ${names.externalTable}
    to role ${role} copy current grants;
`,
      },
    ],
  },
  table: {
    table: [
      { generated: 'native table', sql: (names) => asAdministrator(createLoadedTableSql(names)) },
      {
        generated: 'columns of the native table',
        sql: (names) => asAdministrator(addLoadedColumnsSql(names).join(';\n')),
      },
    ],
    view: [{ generated: 'contract view', sql: (names) => asAdministrator(replaceLoadedViewSql(names)) }],
    grants: [
      {
        generated: 'grants on the native table',
        sql: (names, role) =>
          `use role securityadmin;\n\ngrant select, insert, delete on table ${names.loadedTable} to role ${role};\n`,
      },
    ],
  },
};

/** Before readers see the table. */
const FILLING: SetupSource = { generated: 'published rows', sql: (names) => asAdministrator(fillSql(names)) };

/** In the order in which they are run. Tables come before the views over them, and grants last. */
const always = ({ target, fill }: SetupSettings): readonly SetupSource[] => [
  { file: '01_roles.sql' },
  { file: '02_database.sql' },
  { file: '03_storage_integration.sql' },
  { file: '04_stage.sql' },
  ...TARGETS[target].table,
  { file: '05_tables.sql' },
  { generated: 'schema of findings and summaries', sql: (names) => asAdministrator(`use schema ${names.schema}`) },
  // These name no schema: what is unqualified in them, inside views too, is in the schema above.
  { file: 'findings_tables.sql' },
  { file: 'summary_tables.sql' },
  { file: 'summary_views.sql', changed: keepingGrants },
  ...(fill ? [FILLING] : []),
  ...TARGETS[target].view,
  { file: '06_reading_views.sql' },
  { file: '07_grants.sql' },
  { generated: 'grants on the summaries', sql: (names, role) => summaryGrantsSql(names, role, readerRoleOf(role)) },
  ...TARGETS[target].grants,
];

/** With what the administrator has asked for. */
function sourcesOf(settings: SetupSettings): SetupSource[] {
  const { payersTable, workloadIdentity, analyticsWarehouse, monthlyCredits } = settings;
  const sources = [...always(settings)];
  if (payersTable) sources.push({ file: '08_payers_table.sql' });
  if (workloadIdentity) sources.push({ file: '09_workload_users.sql' });
  if (analyticsWarehouse !== 'none') sources.push({ file: '10_analytics_warehouse.sql' });
  if (monthlyCredits > 0) sources.push({ file: '11_resource_monitor.sql' });
  if (settings.payersPolicy) {
    sources.push({ file: '12_payers_policy.sql' }, { generated: 'policy on the tables', sql: payersPolicySql });
  }
  return sources;
}

/**
 * The steps for a stage, in order. `readScript` gives the text of a file in sql/. Throws a
 * RangeError that names the setting and its value, what rendering a script throws, and what
 * `readScript` throws.
 */
export async function setupSteps(
  settings: SetupSettings,
  readScript: (file: string) => Promise<string>,
): Promise<SetupStep[]> {
  const names = snowflakeNames(settings);
  const values = placeholderValues(settings, names);
  const role = parseIdentifier('role', settings.role);
  if (settings.fill && settings.target !== 'table') {
    throw new RangeError('--fill is for a stage whose warehouseTarget is table');
  }
  const fileSql = async ({ file, changed }: Extract<SetupSource, { file: string }>) => {
    const script = await readScript(file);
    return renderSetupScript(changed ? changed(script) : script, values);
  };
  return Promise.all(
    sourcesOf(settings).map(async (source) =>
      'file' in source
        ? { name: source.file, sql: await fileSql(source) }
        : { name: source.generated, sql: source.sql(names, role) },
    ),
  );
}

/** The role in AWS that Snowflake takes on to read the staging bucket. */
export function storageRoleArn(settings: SetupSettings): string {
  return roleArn(settings, 'snowflake');
}

/** With what Snowflake reads the staging bucket, once all steps are run. Throws a RangeError. */
export function bucketAccessOf(settings: SetupSettings): BucketAccess {
  const bucket = checked('stagingBucket', settings.stagingBucket, /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/);
  return {
    integration: parseIdentifier('integration', `${settings.role}_STAGING`),
    bucketUrl: `${providerOf(settings).toLowerCase()}://${bucket}/`,
    warehouse: parseIdentifier('warehouse', settings.warehouse),
    currentFiles: snowflakeNames(settings).currentFiles,
  };
}

/** SQL reference, "CREATE STORAGE INTEGRATION": URLs begin with the same in lower case. */
function providerOf({ region }: SetupSettings): 'S3' | 'S3CHINA' | 'S3GOV' {
  switch (partitionOf(region)) {
    case 'aws-cn':
      return 'S3CHINA';
    case 'aws-us-gov':
      return 'S3GOV';
    default:
      return 'S3';
  }
}

/** One of the roles in resources/access.yml. */
function roleArn({ service, stage, accountId, region, rolePath }: SetupSettings, name: string): string {
  const arn = `arn:${partitionOf(region)}:iam::${accountId}:role${rolePath}${service}-${stage}-${name}`;
  return checked('role ARN', arn, ROLE_ARN);
}

/** As the scripts do, so that each step can be run by itself. */
function asAdministrator(statements: string): string {
  return `use role sysadmin;\n\n${statements};\n`;
}

/** All steps as one script to read, or to run in a worksheet. */
export function printedSetup(steps: readonly SetupStep[]): string {
  return steps.map(({ name, sql }) => `-- ${name}\n\n${sql.trim()}\n`).join('\n\n');
}

/** Names of roles: IAM User Guide, "IAM and AWS STS quotas". */
const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/([A-Za-z0-9+=,.@_-]+\/)*[A-Za-z0-9+=,.@_-]{1,64}$/;

/**
 * Every placeholder of the scripts, with a value that has been validated: identifiers, a bucket,
 * ids.
 */
function placeholderValues(settings: SetupSettings, names: SnowflakeNames): ReadonlyMap<string, string> {
  const role = parseIdentifier('role', settings.role);
  const { integration, bucketUrl } = bucketAccessOf(settings);
  const values: [string, string][] = [
    ['database', names.database],
    ['schema', names.schema],
    ['scratch_schema', names.scratchSchema],
    ['warehouse', parseIdentifier('warehouse', settings.warehouse)],
    ...warehouseValues(settings),
    ['resource_monitor', parseIdentifier('resource monitor', `${role}_CREDITS`)],
    ['role', role],
    ['reader_role', readerRoleOf(role)],
    ['integration', integration],
    ['storage_provider', providerOf(settings)],
    ['chosen_external_id', chosenExternalId(settings)],
    ['stage', names.stage],
    ['rows_table', names.rowsTable],
    ['file_format', names.fileFormat],
    ['current_files', names.currentFiles],
    ['publications', names.publications],
    ['columns_by_value', names.columnsByValue],
    ['fence', names.fence],
    ['findings', names.findings],
    ['check_runs', names.checkRuns],
    ['line_items_view', names.lineItemsView],
    ['wastage_view', names.wastageView],
    ['checks_view', names.checksView],
    ['freshness_view', names.freshnessView],
    ['raw_view', names.rawView],
    ['reader_payers', names.readerPayers],
    ['payers_policy', names.payersPolicy],
    ['bucket_url', bucketUrl],
    ['aws_role_arn', storageRoleArn(settings)],
    ['finalize_role_arn', roleArn(settings, 'finalize')],
    ['reconcile_role_arn', roleArn(settings, 'reconcile')],
    // As serverless.yml gives them to the functions.
    ['finalize_user', parseIdentifier('user', `${role}_FINALIZE`)],
    ['reconcile_user', parseIdentifier('user', `${role}_RECONCILE`)],
  ];
  return new Map([...values, ...payersTableValues(settings.payersTable)]);
}

function readerRoleOf(role: string): string {
  return parseIdentifier('reader role', `${role}_READER`);
}

function warehouseValues(settings: SetupSettings): [string, string][] {
  const { warehouse, analyticsWarehouse, warehouseSize, analyticsWarehouseSize, monthlyCredits } = settings;
  const analytics = analyticsWarehouse === 'none' ? warehouse : analyticsWarehouse;
  return [
    ['warehouse_size', checked('snowflakeWarehouseSize', warehouseSize, WAREHOUSE_SIZE)],
    ['analytics_warehouse', parseIdentifier('analytics warehouse', analytics)],
    ['analytics_warehouse_size', checked('snowflakeAnalyticsWarehouseSize', analyticsWarehouseSize, WAREHOUSE_SIZE)],
    ['monthly_credits', String(monthlyCredits)],
  ];
}

const WAREHOUSE_SIZE = /^[a-z0-9]+$/;

/**
 * The clause that makes the integration's external id the one that serverless.yml says. Without it
 * Snowflake makes one up (SQL reference, "CREATE STORAGE INTEGRATION").
 */
function chosenExternalId({ externalId }: SetupSettings): string {
  if (externalId === NO_EXTERNAL_ID) return '';
  // AWS IAM User Guide, IAM and AWS STS quotas: an external id.
  return `storage_aws_external_id = '${checked('snowflakeExternalId', externalId, /^[\w+=,.@:/-]{2,1224}$/)}'`;
}

function payersTableValues(table: PayersTable | undefined): [string, string][] {
  if (!table) return [];
  const database = parseIdentifier('payers database', table.database);
  const schema = `${database}.${parseIdentifier('payers schema', table.schema)}`;
  return [
    ['payers_database', database],
    ['payers_schema', schema],
    ['payers_table', `${schema}.${parseIdentifier('payers table', table.table)}`],
  ];
}

function checked(field: string, text: string, pattern: RegExp): string {
  if (pattern.test(text)) return text;
  throw new RangeError(`${field} must match ${pattern}, got ${quoteValue(text)}`);
}

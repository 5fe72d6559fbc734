import { parseIdentifier } from '../../warehouse/identifier.ts';

/**
 * Where readers' line items are: in an external table over the staged files, or in a native table
 * that they are loaded into.
 */
export type WarehouseTarget = 'external' | 'table';

/**
 * Every object in Snowflake that the reactor names, fully qualified:
 * `CUR_REACTOR.CUR.CUR_EXTERNAL`.
 */
export interface SnowflakeNames {
  readonly database: string;
  /** Qualified by the database. */
  readonly schema: string;
  /** In which analytics scripts may create what they need. Qualified by the database. */
  readonly scratchSchema: string;
  readonly target: WarehouseTarget;
  /** The external table over the staging bucket; only the view reads it. */
  readonly externalTable: string;
  /** The native table with the line items of published files; only the view reads it. */
  readonly loadedTable: string;
  /** The one of these two that the target names. */
  readonly rowsTable: string;
  readonly stage: string;
  readonly fileFormat: string;
  /** One row per published file. */
  readonly currentFiles: string;
  /** One row per partition that was ever published. */
  readonly publications: string;
  /** One row per column that the contract view reads by value (readColumn.ts). */
  readonly columnsByValue: string;
  /** One row per period: the epoch of the newest run that was let in. */
  readonly fence: string;
  /** The contract view. */
  readonly lineItemsView: string;
  /** The same rows with every column of their files, in VALUE. */
  readonly rawView: string;
  readonly findings: string;
  /** One row per payer, period and check: how it went. */
  readonly checkRuns: string;
  /** The findings as readers see them. */
  readonly wastageView: string;
  /** How each check went, as readers see it. */
  readonly checksView: string;
  /** One row per published partition, for readers. */
  readonly freshnessView: string;
  /** Which role may read which payers, where a policy asks for it. */
  readonly readerPayers: string;
  readonly payersPolicy: string;
}

/** The names of one database and schema. Throws a RangeError that names the field and the value. */
export function snowflakeNames(config: {
  readonly database: string;
  readonly schema: string;
  readonly target: WarehouseTarget;
}): SnowflakeNames {
  const { target } = config;
  const database = parseIdentifier('database', config.database);
  const schema = `${database}.${parseIdentifier('schema', config.schema)}`;
  const [externalTable, loadedTable] = [`${schema}.CUR_EXTERNAL`, `${schema}.CUR_LOADED`];
  return {
    database,
    schema,
    scratchSchema: `${database}.${parseIdentifier('scratch schema', `${config.schema}_SCRATCH`)}`,
    target,
    externalTable,
    loadedTable,
    rowsTable: target === 'table' ? loadedTable : externalTable,
    stage: `${schema}.CUR_STAGE`,
    fileFormat: `${schema}.CUR_PARQUET`,
    currentFiles: `${schema}.CUR_CURRENT_FILES`,
    publications: `${schema}.CUR_PUBLICATIONS`,
    columnsByValue: `${schema}.CUR_COLUMNS_BY_VALUE`,
    fence: `${schema}.CUR_FENCE`,
    lineItemsView: `${schema}.CUR_LINE_ITEMS`,
    rawView: `${schema}.CUR_RAW`,
    findings: `${schema}.CUR_FINDINGS`,
    checkRuns: `${schema}.CUR_CHECK_RUNS`,
    wastageView: `${schema}.CUR_WASTAGE`,
    checksView: `${schema}.CUR_CHECKS`,
    freshnessView: `${schema}.CUR_FRESHNESS`,
    readerPayers: `${schema}.CUR_READER_PAYERS`,
    payersPolicy: `${schema}.CUR_PAYERS_POLICY`,
  };
}

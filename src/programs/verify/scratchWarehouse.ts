import { addFilesSql, createExternalTableSql } from '../../adapters/snowflake/externalTable.ts';
import { type SnowflakeNames, snowflakeNames } from '../../adapters/snowflake/names.ts';
import type { Statements } from '../../adapters/snowflake/statements.ts';
import { type Partition, partitionPrefix } from '../../billing/partition.ts';
import { parsePayer } from '../../billing/payer.ts';
import { monthOf, parsePeriod, yearOf } from '../../billing/period.ts';
import type { RunFiles } from './question.ts';
import { int96Sample, reportSample, timestampSample } from './sampleFiles.ts';

/** The month that every sample belongs to. */
export const SAMPLE_PERIOD = parsePeriod('2026-01');

/** Payers that nobody has: each sample and each question about files has one to itself. */
export function samplePartition(number: number): Partition {
  return { period: SAMPLE_PERIOD, payer: parsePayer(String(number).padStart(12, '0')) };
}

export const REPORT = samplePartition(1);
export const TIMESTAMPS = samplePartition(2);
export const INT96 = samplePartition(3);

const SAMPLES = [
  { partition: REPORT, bytes: reportSample },
  { partition: TIMESTAMPS, bytes: timestampSample },
  { partition: INT96, bytes: int96Sample },
];

export function stagedKeyOf(partition: Partition, name = 'sample'): string {
  return `${partitionPrefix(partition)}${name}.parquet`;
}

/** Schemas of runs begin with this; what follows is the run's name. */
export function scratchPrefix(schema: string): string {
  return `${schema}_VERIFY_`.toUpperCase();
}

/**
 * The names of a run's own warehouse. Its files are read through the stage's own stage and file
 * format, from the run's folder on: so a staged key is the same text as in production.
 */
export function scratchNames(stage: SnowflakeNames, schema: string, folder: string): SnowflakeNames {
  const names = snowflakeNames({ database: stage.database, schema, target: 'external' });
  return { ...names, stage: `${stage.stage}/${folder}`, fileFormat: stage.fileFormat };
}

/**
 * Makes the schema, and in it what `warehouse` makes (statements of setup for this schema), over
 * the stage and the file format of `names`. Throws SnowflakeFailure.
 */
export async function makeScratch(
  session: Statements,
  names: SnowflakeNames,
  warehouse: readonly string[],
): Promise<void> {
  await session.run(`create schema if not exists ${names.schema} comment = 'npm run snowflake:verify: may be dropped'`);
  const schema = names.schema.split('.')[1] ?? '';
  const made = snowflakeNames({ database: names.database, schema, target: names.target });
  for (const statement of warehouse) {
    await session.run(
      statement.replaceAll(`@${made.stage}`, `@${names.stage}`).replaceAll(made.fileFormat, names.fileFormat),
    );
  }
}

/** Puts the samples into the bucket, adds them to the external table, and publishes the report. */
export async function addSamples(session: Statements, names: SnowflakeNames, files: RunFiles): Promise<void> {
  await Promise.all(SAMPLES.map(({ partition, bytes }) => files.put(stagedKeyOf(partition), bytes())));
  const stagedKeys = SAMPLES.map(({ partition }) => stagedKeyOf(partition));
  await session.run(addFilesSql(names, stagedKeys));
  await session.run(
    `insert into ${names.currentFiles} (payer, year, month, staged_key, row_count, as_of, epoch, published_at)
     select ?, ?, ?, ?, 1, '2026-02-01'::timestamp_ntz, 1, '2026-02-01'::timestamp_ntz`,
    [REPORT.payer, yearOf(SAMPLE_PERIOD), monthOf(SAMPLE_PERIOD), stagedKeyOf(REPORT)],
  );
}

/**
 * Another external table of the run's warehouse, for one question: what it adds and removes
 * disturbs no other.
 */
export async function ownExternalTable(
  session: Statements,
  names: SnowflakeNames,
  suffix: string,
): Promise<SnowflakeNames> {
  const own = { ...names, externalTable: `${names.externalTable}_${suffix}` };
  await session.run(createExternalTableSql(own));
  return own;
}

/** The schemas that runs have left which ended before they could, a day ago and more. */
export async function leftSchemas(session: Statements, database: string, prefix: string): Promise<string[]> {
  const rows = await session.run(
    `select schema_name from ${database}.information_schema.schemata
     where startswith(schema_name, ?) and created < dateadd('day', -1, current_timestamp())`,
    [prefix],
  );
  return rows
    .map(({ SCHEMA_NAME }) => String(SCHEMA_NAME))
    .filter((name) => name.startsWith(prefix) && /^[0-9A-F]{16}$/.test(name.slice(prefix.length)))
    .map((name) => `${database}.${name}`);
}

import { parse } from 'yaml';
import * as z from 'zod/mini';
import { quoteValue } from '../../base/printable.ts';
import { wrongFields } from '../../base/wrongFields.ts';
import { givenParams } from './givenParams.ts';
import { stageNameProblems } from './stageNames.ts';

/**
 * What a stage decides, as serverless.yml says: as far as programs on a laptop need it. Nothing of
 * it is secret.
 */
export interface StageSettings {
  readonly stage: string;
  readonly service: string;
  readonly region: string;
  readonly stagingBucket: string;
  readonly database: string;
  readonly schema: string;
  readonly warehouse: string;
  readonly warehouseSize: string;
  /** What runs the analytics script, or `none` when the other one does. */
  readonly analyticsWarehouse: string;
  readonly analyticsWarehouseSize: string;
  /** What the warehouses may use in a month; 0 for no limit. */
  readonly monthlyCredits: number;
  readonly role: string;
  /** The external id by which Snowflake assumes its role, where it is chosen or known. */
  readonly externalId: string;
  readonly target: 'external' | 'table';
  /** As database.schema.table, or `none`. */
  readonly payersTable: string;
  /** From the project's folder. */
  readonly payersFile: string;
  /** The path of the stage's roles: `/` for none. */
  readonly rolePath: string;
}

/**
 * serverless.yml does not say what is needed. Consequence: nothing is run; somebody mends the file.
 */
export class SettingsInvalid extends Error {
  override readonly name = 'SettingsInvalid';
}

/** As the framework writes it; a template here would be none. */
const STAGE_VARIABLE = '$' + '{sls:stage}';

const stages = z.catchall(
  z.object({ default: z.record(z.string(), z.unknown()) }),
  z.nullable(z.record(z.string(), z.unknown())),
);
const document = z.object({ service: z.string(), params: stages });

/**
 * Reads a stage's settings out of serverless.yml: its own parameters over the default ones, as the
 * framework does. Of variables only `${sls:stage}` is known. Throws SettingsInvalid, which names
 * the parameter and its value.
 */
export function readStageSettings(yaml: string, stage: string): StageSettings {
  // CloudFormation's tags (!GetAtt) are none of its business.
  const given: unknown = parse(yaml, { logLevel: 'silent' });
  const parsed = document.safeParse(given);
  if (!parsed.success) {
    const wrong = wrongFields(parsed.error.issues, given, { whole: 'the document' });
    throw new SettingsInvalid(`serverless.yml is wrong: ${wrong.join('; ')}`);
  }
  const { service, params } = parsed.data;
  const [problem] = stageNameProblems(service, stage);
  if (problem) throw new SettingsInvalid(problem);
  const all = givenParams(params, stage, []);
  const text = (name: string): string => {
    const value = all[name];
    if (typeof value !== 'string') throw new SettingsInvalid(`${name} must be a string, got ${quoteValue(value)}`);
    const filled = value.replaceAll(STAGE_VARIABLE, stage);
    if (!/\$\{/.test(filled)) return filled;
    throw new SettingsInvalid(`${name} must hold no variable but ${STAGE_VARIABLE}, got ${quoteValue(value)}`);
  };
  const wholeNumber = (name: string): number => {
    const value = all[name];
    if (/^\d{1,9}$/.test(String(value))) return Number(value);
    throw new SettingsInvalid(`${name} must be a whole number, got ${quoteValue(value)}`);
  };
  return {
    stage,
    service,
    region: text('region'),
    stagingBucket: text('stagingBucket'),
    database: text('snowflakeDatabase'),
    schema: text('snowflakeSchema'),
    warehouse: text('snowflakeWarehouse'),
    warehouseSize: text('snowflakeWarehouseSize'),
    analyticsWarehouse: text('snowflakeAnalyticsWarehouse'),
    analyticsWarehouseSize: text('snowflakeAnalyticsWarehouseSize'),
    monthlyCredits: wholeNumber('snowflakeMonthlyCredits'),
    role: text('snowflakeRole'),
    externalId: text('snowflakeExternalId'),
    target: targetOf(text('warehouseTarget')),
    payersTable: text('payersTable'),
    payersFile: text('payersFile'),
    rolePath: text('rolePath'),
  };
}

function targetOf(text: string): StageSettings['target'] {
  if (text === 'external' || text === 'table') return text;
  throw new SettingsInvalid(`warehouseTarget must be external or table, got ${quoteValue(text)}`);
}

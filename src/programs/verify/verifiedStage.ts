import { snowflakeNames } from '../../adapters/snowflake/names.ts';
import { statementsOf } from '../../analytics/statements.ts';
import { parseIdentifier } from '../../warehouse/identifier.ts';
import type { StageSettings } from '../packaging/stageSettings.ts';
import { parsePayersTable } from '../setup/setupOptions.ts';
import { type SetupStep, setupSteps } from '../setup/snowflakeSetup.ts';
import { grantsOf } from './grants.ts';
import type { VerifiedStage } from './question.ts';

/** No statement that is looked at here has the bucket's AWS account in it. */
const NO_ACCOUNT = '000000000000';

type ReadScript = (file: string) => Promise<string>;

/**
 * What setup makes for a stage, read from its own steps: so what it grants is asked for as it
 * stands there. Throws what {@link setupSteps} throws.
 */
export async function verifiedStage(settings: StageSettings, readScript: ReadScript): Promise<VerifiedStage> {
  const steps = await stepsFor(settings, readScript);
  const role = parseIdentifier('role', settings.role);
  return {
    names: snowflakeNames(settings),
    bucket: settings.stagingBucket,
    integration: `${role}_STAGING`,
    role,
    readerRole: `${role}_READER`,
    grants: grantsOf(steps.flatMap(({ sql }) => statementsOf(sql))),
  };
}

/** The stage and its file format come before these, roles and what they may do behind them. */
const FIRST_AFTER = '04_stage.sql';
const FIRST_NOT = '07_grants.sql';

/**
 * The statements by which setup makes a warehouse in a schema, from the external table to the
 * views; also for a stage with a native table, which is filled by way of the same files. Throws
 * what {@link setupSteps} throws, and an Error when it has other steps than it had.
 */
export async function warehouseStatements(settings: StageSettings, readScript: ReadScript): Promise<string[]> {
  const steps = await stepsFor({ ...settings, payersTable: 'none', target: 'external' }, readScript);
  const at = (name: string) => {
    const index = steps.findIndex((step) => step.name === name);
    if (index < 0) throw new Error(`setup has no step ${name}`);
    return index;
  };
  return steps.slice(at(FIRST_AFTER) + 1, at(FIRST_NOT)).flatMap(({ sql }) => statementsOf(sql));
}

function stepsFor(settings: StageSettings, readScript: ReadScript): Promise<SetupStep[]> {
  const payersTable = parsePayersTable(settings.payersTable);
  return setupSteps({ ...settings, accountId: NO_ACCOUNT, payersTable, fill: false }, readScript);
}

import { statementsOf } from '../../analytics/statements.ts';
import { counted } from '../../base/counted.ts';
import { failingAs, type RunStatement } from './runStatement.ts';
import type { SetupStep } from './snowflakeSetup.ts';

/**
 * Runs the steps statement by statement, all in one session: `use role` counts for what comes after
 * it. `report` is given each step and the rows of `desc integration`, which say whom AWS has to
 * trust. Throws SetupFailed, which names the step and the statement.
 */
export async function applySetup(
  steps: readonly SetupStep[],
  run: RunStatement,
  report: (line: string) => void,
): Promise<void> {
  for (const { name, sql } of steps) {
    const statements = statementsOf(sql);
    for (const [index, statement] of statements.entries()) {
      const rows = await failingAs(`${name}, statement ${index + 1}`, run)(statement);
      if (statement.startsWith('desc integration')) for (const line of trustLines(rows)) report(line);
    }
    report(`${name}: ${counted(statements.length, 'statement')}`);
  }
}

const TRUST_PROPERTIES = new Set(['STORAGE_AWS_ROLE_ARN', 'STORAGE_AWS_IAM_USER_ARN', 'STORAGE_AWS_EXTERNAL_ID']);

function trustLines(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  return rows
    .filter(({ PROPERTY }) => typeof PROPERTY === 'string' && TRUST_PROPERTIES.has(PROPERTY))
    .map(({ PROPERTY, PROPERTY_VALUE }) => `  ${PROPERTY} = ${PROPERTY_VALUE}`);
}

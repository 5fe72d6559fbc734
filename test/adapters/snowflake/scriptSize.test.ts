import { expect, it } from 'vitest';
import { snowflakeNames } from '../../../src/adapters/snowflake/names.ts';
import { scriptBlock } from '../../../src/adapters/snowflake/scriptBlock.ts';
import { compactScript } from '../../../src/analytics/checks/compact.ts';
import { loadWastageScript } from '../../../src/analytics/checks/readChecks.ts';
import { analyticsStatements } from '../../../src/analytics/script.ts';
import { stepsOf } from '../../../src/analytics/steps.ts';
import { DEFAULT_TAG_KEYS } from '../../../src/analytics/tagKeys.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { sqlPath } from '../../analytics/lineItems.ts';

/** "Query size limits" (Snowflake's documentation): of the text of one statement. */
const MAX_STATEMENT_BYTES = 1024 * 1024;
/** As many as a run of the script is over: src/finalize/analysePublished.ts. */
const PAYERS = 500;

it('the whole wastage script over as many payers as a run has is one step, and one statement that Snowflake takes', async () => {
  const payers = Array.from({ length: PAYERS }, (_, index) => parsePayer(String(100_000_000_000 + index)));
  const scope = { period: parsePeriod('2026-10'), payers, tagKeys: DEFAULT_TAG_KEYS };
  const steps = stepsOf(analyticsStatements(compactScript(await loadWastageScript(sqlPath(''))), scope));
  expect(steps).toHaveLength(1);
  const names = snowflakeNames({ database: 'CUR_REACTOR', schema: 'CUR', target: 'external' });
  const run = { period: scope.period, payers, number: 7, epoch: 7 };
  const texts = steps.map((step) => Buffer.byteLength(scriptBlock(names, run, step)));
  expect(Math.max(...texts)).toBeLessThan(MAX_STATEMENT_BYTES);
});

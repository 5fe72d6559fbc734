import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadWastageScript, readChecks } from '../../../src/analytics/checks/readChecks.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { compute, openWarehouse, plantFile, runScript, sqlPath } from '../lineItems.ts';
import { anyBill, PAYERS } from './generatedBill.ts';

const RUNS = 6;
/** Sums of doubles depend on the order of their rows. */
const NOISE = 1e-6;

/** Some resources are not for production. */
const TAGS = `update cur_line_items set resource_tags_json = '{"user_environment":"dev","user_owner":"anna"}'
  where line_item_resource_id in ('arn:a', 'arn:b')`;

/** What must never be found in whatever bill; each answers the rows that break it. */
const BROKEN: Readonly<Record<string, string>> = {
  'a finding is one row per payer, check, account, resource and currency, without a resource by region and service': `
    select payer, check_name, account, resource, currency, if(resource = '', region || service, '') as place
    from cur_findings group by all having count(*) > 1`,
  'a saving lies between nothing and the finding’s cost': `
    from cur_findings where not (coalesce(estimated_saving, 0) between 0 and monthly_cost + ${NOISE})`,
  'savings of a resource are at most its cost': `
    from (select payer, account, resource, currency, sum(estimated_saving) as saving from cur_findings
          where resource <> '' group by all) as found
    where saving > ${NOISE} + coalesce((
      select sum(costs.cost) from cur_resource_costs as costs
      where costs.payer = found.payer and costs.account = found.account and costs.resource = found.resource
        and costs.currency = coalesce(found.currency, '')), 0)`,
  'savings of a payer are at most what its usage and its unused commitments cost': `
    from (select payer, currency, sum(estimated_saving) as saving from cur_findings group by all) as found
    where saving > ${NOISE} + coalesce((
      select sum(line.amortized_cost) from cur_line_items as line
      where line.payer = found.payer and line.line_item_currency_code is not distinct from found.currency
        and line.line_item_line_item_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'RIFee',
          'SavingsPlanRecurringFee')), 0)`,
  'an alternative names the check that counts instead': `
    from cur_findings where alternative_saving is not null and coalesce(alternative_to, '') in ('', check_name)`,
  'a check has gone one way for each payer': `
    select payer, check_name from cur_check_runs group by all having count(*) > 1`,
  'what was found is as many rows as the check says': `
    from cur_check_runs as run where findings <> (
      select count(*) from cur_findings as found where found.payer = run.payer and found.check_name = run.check_name)`,
  'a finding has its evidence and how sure it is': `
    from cur_findings where coalesce(evidence, '') = '' or confidence not in ('high', 'medium', 'low')`,
};

describe('whatever a bill holds', () => {
  let warehouse: DuckDBConnection;
  let file: string;
  beforeAll(async () => {
    warehouse = await openWarehouse();
    file = join(await mkdtemp(join(tmpdir(), 'any-bill-')), 'lines.json');
  });
  afterAll(() => rm(dirname(file), { recursive: true }));

  it('no check fails, and no saving is more than what it is saved on', async () => {
    const [checks, script] = await Promise.all([readChecks(sqlPath('checks')), loadWastageScript(sqlPath(''))]);
    const found = new Set<string>();
    await fc.assert(
      fc.asyncProperty(anyBill(checks, { minLength: 120, maxLength: 220 }), async (lines) => {
        await warehouse.run('delete from cur_line_items');
        await plantFile(warehouse, file, lines);
        await compute(warehouse);
        await warehouse.run(TAGS);
        await runScript(warehouse, script, parsePeriod('2026-09'), PAYERS.map(parsePayer));
        for (const [rule, sql] of Object.entries(BROKEN)) {
          expect((await warehouse.runAndReadAll(sql)).getRowObjectsJson(), rule).toEqual([]);
        }
        const names = await warehouse.runAndReadAll('select distinct check_name from cur_findings');
        for (const [name] of names.getRowsJS()) found.add(String(name));
      }),
      { numRuns: RUNS, seed: 15, endOnFailure: true },
    );
    // Bills in which nothing is found would prove nothing.
    expect(found.size).toBeGreaterThan(checks.length / 2);
  });
});

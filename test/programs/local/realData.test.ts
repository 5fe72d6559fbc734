import { existsSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { PROJECT, runForOutcome } from './reactor.ts';

const REAL_DATA = path.resolve(PROJECT, '../shared/cur');
const isThere = existsSync(REAL_DATA);
const title = (what: string) => (isThere ? what : `${what} (skipped: the folder ../shared/cur is not there)`);

/**
 * A check's rule again, over columns of the raw report: which lines are meant, what each costs,
 * whose one finding is.
 */
interface Rule {
  readonly check: string;
  readonly lines: string;
  readonly cost: string;
  readonly resource: string;
}

const ON_DEMAND = { cost: 'line_item_unblended_cost', resource: 'line_item_resource_id' };
const RULES: readonly Rule[] = [
  { check: 'idle-glue-dev-endpoint', lines: `line_item_operation = 'StartDevEndpoint'`, ...ON_DEMAND },
  { check: 'ebs-gp2-to-gp3', lines: `ends_with(line_item_usage_type, 'VolumeUsage.gp2')`, ...ON_DEMAND },
  {
    // What was not used is a part of the recurring fee, and of what was paid in advance.
    check: 'unused-reservation',
    lines: `line_item_line_item_type = 'RIFee'`,
    cost: `reservation_unused_quantity / line_item_usage_amount
      * (line_item_unblended_cost + reservation_amortized_upfront_fee_for_billing_period)`,
    resource: 'reservation_reservation_a_r_n',
  },
];

describe.skipIf(!isThere)(title('npm start on the raw reports of 2018'), { concurrent: true }, () => {
  let firstRun: ReturnType<typeof runOn> | undefined;
  const run = () => (firstRun ??= runOn('legacy-2018'));

  it('finds payer and months in the rows, and every row and dollar of them', async ({ expect }) => {
    const { status, outcome } = await run();
    const partition = { payer: '836060457634', files: 1, state: 'published' };
    expect(outcome.partitions).toMatchObject([
      { ...partition, period: '2018-10', rows: 119_307, costs: dollars(4064.4831) },
      { ...partition, period: '2018-11', rows: 124_340, costs: dollars(3505.327) },
    ]);
    expect(status).toBe(0);
  });

  it.for(RULES)(
    '$check: as many findings, and as much money, as counted over the raw files',
    async (rule, { expect }) => {
      const { outcome } = await run();
      const counted = await countRaw(rule);
      expect(counted.map(({ findings }) => findings > 0)).toEqual([true, true]);
      const found = ['2018-10', '2018-11'].map((period) => {
        const those = outcome.findings
          .filter((each) => each.check === rule.check)
          .flatMap(({ months }) => months.filter((month) => month.period === period));
        return { findings: those.length, cost: those.reduce((sum, { monthlyCost }) => sum + (monthlyCost ?? 0), 0) };
      });
      expect(found).toEqual(counted.map(({ findings, cost }) => ({ findings, cost: expect.closeTo(cost, 6) })));
    },
  );
});

describe.skipIf(!isThere)(
  title('npm start on a report of 2022 whose rows name a scrubbed payer'),
  { concurrent: true },
  () => {
    it('publishes nothing and asks whose it is', async ({ expect }) => {
      const { status, outcome, stderr } = await runOn('legacy-2022-10');
      expect([status, outcome.partitions]).toEqual([3, []]);
      expect(stderr).toMatch(
        /^SampleCUR-.*\.parquet: bill_payer_account_id: .*; name the payer with --payer ID \(and 29 more\)$/m,
      );
    });

    it('publishes its thirty files under the payer that the person names', async ({ expect }) => {
      const { status, outcome } = await runOn('legacy-2022-10', '--payer', '111122223333');
      expect(outcome.partitions).toMatchObject([
        { payer: '111122223333', period: '2022-10', files: 30, rows: 14_218, costs: dollars(1.9539) },
      ]);
      expect([status, outcome.findings]).toEqual([0, []]);
    });
  },
);

describe.skipIf(!isThere)(title('npm start on a CUR 2.0 export'), { concurrent: true }, () => {
  it('publishes both parts as one month', async ({ expect }) => {
    const { status, outcome } = await runOn('cur2-2026-04');
    expect(status).toBe(0);
    expect(outcome.partitions).toMatchObject([{ period: '2026-04', files: 2, rows: 1882, state: 'published' }]);
  });
});

async function runOn(name: string, ...options: readonly string[]) {
  await using keep = await mkdtempDisposable(path.join(tmpdir(), 'real-'));
  return await runForOutcome(
    '--from',
    path.join(REAL_DATA, name),
    '--keep',
    keep.path,
    '--min-saving',
    '0',
    ...options,
  );
}

/** A bill in one currency, of about this amount. */
function dollars(cost: number) {
  return [{ currency: 'USD', cost: expect.closeTo(cost, 4) }];
}

/** Number of findings and their cost by month, straight from the raw Parquet. */
async function countRaw({ lines, cost, resource }: Rule): Promise<{ findings: number; cost: number }[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const reader = await connection.runAndReadAll(
    `with found as (
       select bill_billing_period_start_date as month, line_item_usage_account_id, ${resource}, sum(${cost}) as cost
       from read_parquet($files, union_by_name = true)
       where ${lines}
       group by all
       having sum(${cost}) > 0
     )
     select count(*)::integer as findings, sum(cost) as cost from found group by month order by month`,
    { files: path.join(REAL_DATA, 'legacy-2018/*.parquet') },
  );
  return reader.getRowObjectsJS().map((row) => ({ findings: Number(row.findings), cost: Number(row.cost) }));
}

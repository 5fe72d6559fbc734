import type { DuckDBConnection } from '@duckdb/node-api';
import { beforeAll, describe, expect, it } from 'vitest';
import { analyse, type FindingRow, findingsIn, openWarehouse } from './lineItems.ts';
import { FOLDER, isThere, load, PAYER, title } from './realReports.ts';

/** What a check has said, whether or not it is what counts of its resource. */
function savingOf({ estimated_saving, alternative_saving }: FindingRow): number {
  return (estimated_saving ?? 0) + (alternative_saving ?? 0);
}

/** What a test expects of one resource, summed over its lines. */
interface Sum {
  cost: number;
  saving: number;
}

type RawLine = Readonly<Record<string, string | number>>;

const line = {
  type: (raw: RawLine) => String(raw.line_item_line_item_type),
  usage: (raw: RawLine) => String(raw.line_item_usage_type),
  cost: (raw: RawLine) => Number(raw.line_item_unblended_cost),
};

/**
 * The rules of each check again, line by line over the raw report: cost and saving of a line, or
 * nothing.
 */
const RULES: Record<string, (raw: RawLine) => Sum | undefined> = {
  'ebs-gp2-to-gp3': (raw) =>
    /VolumeUsage\.gp2$/.test(line.usage(raw)) ? { cost: line.cost(raw), saving: line.cost(raw) / 5 } : undefined,
  'rds-opensearch-gp2-io1': (raw) => {
    const [, storage] = /^RDS:Multi-AZ-PIOPS(-Storage)?$/.exec(line.usage(raw)) ?? [undefined, 'none'];
    if (storage === 'none') return undefined;
    return { cost: line.cost(raw), saving: line.cost(raw) * (storage ? 0.08 : 0.8) };
  },
  'idle-public-ipv4': (raw) =>
    line.usage(raw).includes('IdleAddress') ? { cost: line.cost(raw), saving: line.cost(raw) } : undefined,
  'idle-glue-dev-endpoint': (raw) =>
    raw.line_item_operation === 'StartDevEndpoint' ? { cost: line.cost(raw), saving: line.cost(raw) } : undefined,
  'previous-generation-instance': (raw) => {
    const family = /(?<!Spot)BoxUsage:([a-z]\d)\./.exec(line.usage(raw))?.[1];
    const drop = { t2: 0.1, m4: 0.04, c4: 0.15 }[family ?? ''];
    if (drop === undefined) return undefined;
    const isCovered = line.type(raw) === 'DiscountedUsage';
    const isLinux = raw.line_item_operation === 'RunInstances';
    return {
      cost: isCovered ? Number(raw.reservation_effective_cost) : line.cost(raw),
      saving: isLinux && !isCovered ? line.cost(raw) * drop : 0,
    };
  },
  'unused-reservation': (raw) => {
    if (line.type(raw) !== 'RIFee') return undefined;
    const part = Number(raw.reservation_unused_quantity) / Number(raw.line_item_usage_amount);
    const upfront = Number(raw.reservation_amortized_upfront_fee_for_billing_period);
    const cost = part * (line.cost(raw) + upfront);
    return { cost, saving: cost };
  },
};

async function rawLines(warehouse: DuckDBConnection, month: number): Promise<RawLine[]> {
  const reader = await warehouse.runAndReadAll(`
    select line_item_line_item_type, line_item_usage_type, line_item_operation, line_item_usage_account_id,
      line_item_resource_id, line_item_unblended_cost, line_item_usage_amount, reservation_effective_cost,
      reservation_reservation_a_r_n, reservation_unused_quantity, reservation_amortized_upfront_fee_for_billing_period
    from '${FOLDER}/legacy-2018/WorkshopCUR-2018-${month}.snappy.parquet'
    where line_item_unblended_cost <> 0 or reservation_effective_cost <> 0 or reservation_unused_quantity <> 0`);
  return reader.getRowObjectsJS() as RawLine[];
}

function expected(raws: readonly RawLine[]): Map<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const raw of raws) {
    for (const [check, rule] of Object.entries(RULES)) {
      const found = rule(raw);
      if (found === undefined || found.cost === 0) continue;
      const resource = check === 'unused-reservation' ? raw.reservation_reservation_a_r_n : raw.line_item_resource_id;
      const key = `${check} ${raw.line_item_usage_account_id} ${resource}`;
      const sum = sums.get(key) ?? { cost: 0, saving: 0 };
      sums.set(key, { cost: sum.cost + found.cost, saving: sum.saving + found.saving });
    }
  }
  return sums;
}

function total(found: readonly FindingRow[], month: number, check: string): [number, string, string] {
  const those = found.filter((finding) => finding.month === month && finding.check_name === check);
  const cost = those.reduce((sum, { monthly_cost }) => sum + monthly_cost, 0);
  const saving = those.reduce((sum, finding) => sum + savingOf(finding), 0);
  return [those.length, cost.toFixed(2), saving.toFixed(2)];
}

describe.skipIf(!isThere)(title('the raw reports of 2018'), () => {
  let warehouse: DuckDBConnection;
  let found: FindingRow[];
  beforeAll(async () => {
    warehouse = await openWarehouse();
    for (const month of ['10', '11']) {
      const file = `legacy-2018/WorkshopCUR-2018-${month}.snappy.parquet`;
      await load(warehouse, file, { year: '2018', month, payer: `'${PAYER}'` });
      await analyse(warehouse, `2018-${month}`, [PAYER]);
    }
    found = await findingsIn(warehouse);
  });

  it.each([10, 11])('give in month %d, resource by resource, what a count over the raw lines gives', async (month) => {
    const sums = expected(await rawLines(warehouse, month));
    const those = found.filter((finding) => finding.month === month && finding.check_name in RULES);
    const keys = those.map(({ check_name, account, resource }) => `${check_name} ${account} ${resource}`);
    expect(keys.toSorted()).toEqual([...sums.keys()].toSorted());
    those.forEach((finding, index) => {
      expect(finding.monthly_cost).toBeCloseTo(sums.get(keys[index] ?? '')?.cost ?? Number.NaN, 6);
      expect(savingOf(finding)).toBeCloseTo(sums.get(keys[index] ?? '')?.saving ?? Number.NaN, 6);
    });
  });

  it('have an unused c4.large reservation: 744 and 720 hours, 43.92 USD recurring and 43.95 USD upfront', () => {
    const unused = found.filter(({ resource }) => resource.endsWith('3a2944f2-fbdc-4f9a-86f7-4b83dc6e058a'));
    expect(unused.map(({ month }) => month)).toEqual([10, 11]);
    expect(unused[0]?.monthly_cost).toBeCloseTo(22.32 + 22.3369863, 8);
    expect(unused[1]?.monthly_cost).toBeCloseTo(21.6 + 21.61643836, 8);
  });

  it('have these findings, cost and saving', () => {
    const checks = [...new Set(found.map(({ check_name }) => check_name))].toSorted().filter((check) => check in RULES);
    const table = checks.map((check) => [check, total(found, 10, check), total(found, 11, check)]);
    expect(table).toEqual([
      ['ebs-gp2-to-gp3', [295, '42.68', '8.54'], [237, '44.55', '8.91']],
      ['idle-glue-dev-endpoint', [3, '2388.92', '2388.92'], [2, '2005.21', '2005.21']],
      ['idle-public-ipv4', [0, '0.00', '0.00'], [1, '2.81', '2.81']],
      ['previous-generation-instance', [146, '262.51', '12.93'], [123, '345.52', '23.91']],
      ['rds-opensearch-gp2-io1', [1, '225.00', '162.00'], [1, '179.06', '128.93']],
      ['unused-reservation', [3, '49.00', '49.00'], [1, '43.22', '43.22']],
    ]);
  });
});

describe.skipIf(!isThere)(title('a CUR 2.0 report of half a month'), () => {
  it('has an idle NAT gateway, a load balancer with scanners’ traffic, a gp2 database and four addresses, at costs before credits', async () => {
    const warehouse = await openWarehouse();
    await load(warehouse, 'cur2-2026-04/*.parquet', { year: '2026', month: '4', payer: `'${PAYER}'` });
    await analyse(warehouse, '2026-04', [PAYER]);
    const found = await findingsIn(warehouse);
    expect(found.map(({ check_name, monthly_cost, estimated_saving }) => [check_name, monthly_cost, estimated_saving]))
      // 367 hours at 0.045 USD, and 0.25 GB; addresses of about a minute; 10.17 GB-months at 0.115
      // USD
      .toEqual([
        ['graviton-database', expect.closeTo(6.205, 9), expect.closeTo(0.6205, 9)],
        ['idle-nat-gateway', expect.closeTo(16.515 + 0.0114390917, 9), expect.closeTo(16.5264390917, 9)],
        ['idle-public-ipv4', 0.000083335, 0.000083335],
        ['idle-public-ipv4', 0.00010139, 0.00010139],
        ['idle-public-ipv4', 0.000083335, 0.000083335],
        ['idle-public-ipv4', 0.000083335, 0.000083335],
        ['nearly-idle-load-balancer', expect.closeTo(8.2390779565, 9), expect.closeTo(8.2390779565, 9)],
        ['rds-opensearch-gp2-io1', expect.closeTo(1.1691666504, 9), 0],
        ['uncommitted-compute', expect.closeTo(3.78781, 9), expect.closeTo(0.757562, 9)],
        ['uncommitted-compute', expect.closeTo(3.7822084456, 9), expect.closeTo(0.75644168912, 9)],
      ]);
  });
});

describe.skipIf(!isThere)(title('a report of 2022 with serverless services only'), () => {
  it('has no findings', async () => {
    const warehouse = await openWarehouse();
    await load(warehouse, 'legacy-2022-10/*.parquet', { year: '2022', month: '10', payer: `'${PAYER}'` });
    await analyse(warehouse, '2022-10', [PAYER]);
    expect(await findingsIn(warehouse)).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readChecks } from '../../../src/analytics/checks/readChecks.ts';
import { type Payer, parsePayer } from '../../../src/billing/payer.ts';
import { sqlPath } from '../lineItems.ts';
import { type CheckWorld, KINDS, openCheckWorld } from './checkWorld.ts';
import { survivingMutants } from './mutants.ts';
import type { ReportKind, ReportLine } from './reportLines.ts';

/** What a hit has to say of a finding; amounts to nine digits. */
export interface ExpectedFinding {
  readonly resource?: string;
  readonly account?: string;
  readonly region?: string;
  readonly cost?: number;
  /**
   * What the check itself says, before findings of one resource are weighed; null where it says
   * none.
   */
  readonly saving?: number | null;
  readonly evidence?: string;
}

/**
 * Lines of one payer, and what the check finds in them: a hit finds something, a near miss nothing.
 */
export interface CheckCase {
  readonly lines: readonly ReportLine[];
  readonly finds?: readonly ExpectedFinding[];
  /** The status of a near miss, `nothing-found` where it is not said. */
  readonly status?: string;
}

/** Cases by what they are: "336 hours, and not one more". */
export type CheckCases = Readonly<Record<string, CheckCase>>;

const LEAST_CASES = 3;

interface Planted {
  readonly check: string;
  readonly name: string;
  readonly kind: ReportKind;
  readonly payer: Payer;
  readonly example: CheckCase;
}

/**
 * Tests of some checks: each case in a legacy report and in one of CUR 2.0, through the real view
 * and the whole script; then that no threshold can be moved by a fifth, and no pattern changed,
 * without a case that notices.
 */
export function describeChecks(cases: Readonly<Record<string, CheckCases>>): void {
  const planted = plant(cases);
  let world: CheckWorld;
  beforeAll(async () => {
    world = await openCheckWorld(planted.map(({ payer, kind, example }) => ({ payer, kind, lines: example.lines })));
  }, 120_000);
  afterAll(() => world.close());

  for (const [check, examples] of Object.entries(cases)) {
    describe(check, () => {
      it.each(planted.filter((one) => one.check === check))('$name ($kind)', async ({ payer, example }) => {
        expect(await foundBy(world, check, payer)).toEqual((example.finds ?? []).map(asRow));
        const [run] = await world.rows(
          `select status, reason from cur_new_check_runs where payer = '${payer}' and check_name = '${check}'`,
        );
        const expected = example.finds ? 'found' : (example.status ?? 'nothing-found');
        expect(run, JSON.stringify(run)).toMatchObject({ status: expected });
      });

      it(`has ${LEAST_CASES} hits and ${LEAST_CASES} near misses`, () => {
        const [hits, misses] = [true, false].map((isHit) =>
          Object.values(examples).filter(({ finds }) => (finds !== undefined) === isHit),
        );
        expect(hits?.length).toBeGreaterThanOrEqual(LEAST_CASES);
        expect(misses?.length).toBeGreaterThanOrEqual(LEAST_CASES);
      });

      it('depends on each of its thresholds and patterns', async () => {
        const known = (await readChecks(sqlPath('checks'))).find(({ id }) => id === check);
        if (!known) throw new Error(`there is no sql/checks/${check}.sql`);
        expect(await survivingMutants(world, known)).toEqual([]);
      });
    });
  }
}

function plant(cases: Readonly<Record<string, CheckCases>>): Planted[] {
  const each = Object.entries(cases).flatMap(([check, examples]) =>
    Object.entries(examples).flatMap(([name, example]) => KINDS.map((kind) => ({ check, name, kind, example }))),
  );
  return each.map((one, index) => ({ ...one, payer: parsePayer(String(100_000_000_000 + index)) }));
}

const Found = z.array(
  z.object({
    resource: z.string(),
    account: z.string(),
    region: z.string(),
    cost: z.number(),
    saving: z.number().nullable(),
    evidence: z.string(),
  }),
);

async function foundBy(world: CheckWorld, check: string, payer: Payer) {
  return Found.parse(
    await world.rows(
      `select resource, account, region, cost, saving, evidence from cur_new_findings
       where check_name = '${check}' and payer = '${payer}' order by resource, account, region`,
    ),
  );
}

function asRow({ cost, saving, ...texts }: ExpectedFinding): unknown {
  return expect.objectContaining({
    ...texts,
    ...(cost === undefined ? {} : { cost: expect.closeTo(cost, 9) }),
    ...(saving === undefined ? {} : { saving: saving === null ? null : expect.closeTo(saving, 9) }),
  });
}

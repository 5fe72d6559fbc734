import { execFile } from 'node:child_process';
import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import * as z from 'zod';
import { SAMPLE_SEED } from '../../../src/programs/local/deliverSample.ts';
import type { Outcome } from '../../../src/programs/local/outcome.ts';
import type { PlantedCheck } from '../../../src/programs/sample/resource.ts';
import { sampleExpectation } from '../../../src/programs/sample/sampleExpectation.ts';
import { type Ended, PROJECT, runForOutcome, runReactor, startReactor, tableOf } from './reactor.ts';

/**
 * When a process is killed: as soon as it has said the nth line that fits. Each list is one state's
 * life; every process of it delivers the sample from the start.
 */
const LIVES: readonly { readonly killedAt: string; readonly moments: readonly [what: RegExp, nth: number][] }[] = [
  {
    killedAt: 'before any delivery is whole, then between a publish and its analytics',
    moments: [
      [/ staged /, 2],
      [/ published /, 1],
    ],
  },
  { killedAt: 'while second deliveries replace first ones', moments: [[/ published /, 8]] },
];

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeAll(async () => {
  folder = await mkdtempDisposable(path.join(tmpdir(), 'start-'));
  await mkdir(below('empty'));
});
afterAll(() => folder.remove());

const below = (name: string) => path.join(folder.path, name);

type Run = Ended & { readonly outcome: Outcome };
let firstRun: Promise<Run> | undefined;
/** The sample's first run, made once for all tests. */
const sample = () => (firstRun ??= runForOutcome('--min-saving', '0', '--keep', below('sample')));

describe('npm start, killed and started again', { concurrent: true }, () => {
  it.for(LIVES)('ends in the same tables: killed $killedAt', async ({ killedAt, moments }, { expect }) => {
    const keep = below(`killed ${killedAt}`);
    for (const [what, nth] of moments) {
      await using reactor = startReactor('--json', '--keep', keep);
      await reactor.line(what, nth);
      reactor.signal('SIGKILL');
      const { status, stdout } = await reactor.ended;
      expect([status, stdout]).toEqual([null, '']);
    }
    const { status, outcome } = await runForOutcome('--min-saving', '0', '--keep', keep);
    expect(status).toBe(0);
    expect(seen(outcome)).toEqual(seen((await sample()).outcome));
  });
});

describe('npm start, without options', { concurrent: true }, () => {
  it('ends with status 0 and nothing to complain about', async ({ expect }) => {
    const { status, stderr } = await sample();
    expect(status).toBe(0);
    expect(stderr).toMatch(/the second deliveries are in\n$/);
  });

  it('says one JSON document on stdout and nothing else, and its progress on stderr', async ({ expect }) => {
    const { stdout, stderr, outcome } = await sample();
    expect(stdout).toBe(`${JSON.stringify(outcome)}\n`);
    const progress = stderr.trimEnd().split('\n');
    expect(progress.filter((line) => !/^ *\d+\.\ds {2}\S|^ *\d+\.\ds {14}the /.test(line))).toEqual([]);
    expect(progress[0]).toMatch(/reading the generated sample, state in /);
    for (const what of ['ignored', 'staged', 'delivery', 'published', 'analysed', 'quarantined', 'held', 'empty']) {
      expect(
        progress.some((line) => line.includes(`s  ${what} `)),
        what,
      ).toBe(true);
    }
  });

  it('has exactly the documented keys, each of its type', async ({ expect }) => {
    const { outcome } = await sample();
    expect(() => OUTCOME.parse(outcome)).not.toThrow();
  });

  it('shows every partition with the rows, files and cost of its last delivery', async ({ expect }) => {
    const expected = sampleExpectation(SAMPLE_SEED).map(({ partition, rows, files, costUsd }) => ({
      ...partition,
      rows,
      files,
      costs: [{ currency: 'USD', cost: expect.closeTo(costUsd, 6) }],
      watermark: expect.any(String),
      state: 'published',
    }));
    const order = ({ payer, period }: { payer: string; period: string }) => `${payer} ${period}`;
    const { outcome } = await sample();
    expect(outcome.partitions).toEqual(expected.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)));
  });

  it('finds what was planted, by check and resource, and nothing else by these checks', async ({ expect }) => {
    await sample();
    const planted = plantedFindings();
    const checks = [...new Set(planted.map((name) => name.split(' ')[1]))].map((check) => `'${check}'`);
    const sql = `select payer, year || '-' || lpad(month::varchar, 2, '0') as period, check_name as "check", resource
      from cur_findings where check_name in (${checks.join(', ')})`;
    const { stdout } = await runReactor('--sql', sql, '--json', '--keep', below('sample'));
    const found: Parameters<typeof nameOfFinding>[0][] = JSON.parse(stdout);
    expect(found.map(nameOfFinding).toSorted()).toEqual(planted.toSorted());
  });

  it('changes and stages nothing when it runs again, and shows the same in tables without --json', async ({
    expect,
  }) => {
    const { outcome } = await sample();
    const again = await runForOutcome('--min-saving', '0', '--keep', below('sample'));
    expect([again.status, again.outcome.events]).toEqual([0, {}]);
    expect(again.outcome.partitions).toEqual(outcome.partitions);
    expect(again.outcome.findings).toEqual(outcome.findings);

    const { status, stdout, stderr } = await runReactor('--min-saving', '0', '--keep', below('sample'));
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^ *\d+\.\ds {2}reading the generated sample, .*\n *\d+\.\ds {2}the sample was delivered before\n\nPartitions\n/,
    );
    expect(stdout).toMatch(/^111122223333 {2}2026-09 +2 {2}3,992 {2}3,973\.48 {2}USD {2}20\d\d-.*Z {2}published$/m);
    expect(stdout).toContain(`Wastage found: ${outcome.findings.length}, largest saving first`);
    const [largest] = outcome.findings;
    expect(stdout).toMatch(
      new RegExp(`^${largest?.check} +${largest?.firstPeriod}.* {2}USD\\n {4}cost .* payer ${largest?.payer}`, 'm'),
    );
    expect(stdout).toContain(
      `\nDatabase\n  ${below('sample')}/warehouse.duckdb\nNext\n  npm start -- --status --keep ${below('sample')}\n`,
    );
    expect(stdout).toContain(`… and ${outcome.findings.length - 25} more: --json and --csv FILE have all of them\n`);
  });
});

describe('npm start', { concurrent: true }, () => {
  it('lists its options with --help, and does nothing', async ({ expect }) => {
    const { status, stdout, stderr } = await runReactor('--help', '--from', below('nowhere'));
    expect([status, stderr]).toEqual([0, '']);
    for (const option of ['--from', '--payer', '--period', '--keep', '--watch', '--json', '--help']) {
      expect(stdout).toContain(`  ${option} `);
    }
  });

  it.for<[string[], RegExp]>([
    [['--payer', '1111-2222', '--from', 'anywhere'], /^--payer: .*12-digit.*"1111-2222"\n/],
    [['--form', 'misspelt'], /--form/],
    [['--from', '/is/nowhere'], /^--from must be a folder, got "\/is\/nowhere"\n/],
  ])('refuses a wrong option with status 2, and names it and its value: %j', async ([args, message], { expect }) => {
    const { status, stdout, stderr } = await runReactor(...args, '--keep', below('unused'));
    expect([status, stdout.replace(/^ *\d+\.\ds {2}reading \/is\/nowhere, .*\n/, '')]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/npm start -- --help lists the options\n$/);
  });

  it('leaves a state alone that another process works on, and says so', async ({ expect }) => {
    await using other = startReactor('--watch', '--from', below('empty'), '--keep', below('shared'));
    await other.line(/watching for new files/);
    const { status, stdout, stderr } = await runReactor('--from', below('empty'), '--keep', below('shared'));
    expect([status, stdout]).toEqual([1, expect.stringMatching(/^ *\d+\.\ds {2}reading .*\n$/)]);
    expect(stderr).toMatch(
      /shared is in use by process \d+ since 20.*Z: wait for it, stop it, or choose another folder with --keep\n$/,
    );
  });

  it('ends with status 3 when the folder holds no report, and says so; stdout is the JSON alone, through npm too', async ({
    expect,
  }) => {
    const options = ['--json', '--from', below('empty'), '--keep', below('nothing')];
    const { status, stdout, stderr } = await npmStart(...options);
    expect(status).toBe(3);
    const said = stderr.split('\n').map((line) => line.replace(/^ *\d+\.\ds {2}/, ''));
    expect(said).toEqual([
      `reading ${below('empty')}, state in ${below('nothing')}`,
      'nothing new: 0 objects listed',
      `no cost-and-usage file was found in ${below('empty')}`,
      '',
    ]);
    const nothing = {
      partitions: [],
      minSaving: 1,
      findings: [],
      belowMinSaving: 0,
      groupedBy: 'check',
      groups: [],
      totals: { months: [], checks: [] },
      checks: { ran: 0, found: 0, withoutUsage: 0, troubles: [] },
      database: `${below('nothing')}/warehouse.duckdb`,
      events: {},
      elapsedSeconds: expect.any(Number),
    };
    expect(JSON.parse(stdout)).toEqual(nothing);
  });
});

/** As a person starts it. */
function npmStart(...options: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile('npm', ['start', '--', ...options], { cwd: PROJECT }, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}

/**
 * What readers see: every partition and every finding, amounts up to rounding in the order of
 * addition.
 */
function seen(outcome: Outcome): string[] {
  const findings = outcome.findings.flatMap((finding) =>
    finding.months.map(({ period, monthlyCost, estimatedSaving, evidence }) => {
      const { check, payer, account, resource } = finding;
      const amounts = [monthlyCost?.toFixed(6), estimatedSaving?.toFixed(6)];
      return JSON.stringify([period, check, payer, account, resource, evidence, ...amounts]);
    }),
  );
  return [...tableOf(outcome), ...findings.toSorted()];
}

const CHECKS: Record<PlantedCheck, string | undefined> = {
  'idle load balancer': 'idle-load-balancer',
  'idle NAT gateway': 'idle-nat-gateway',
  'gp2 volume': 'ebs-gp2-to-gp3',
  'RDS gp2 or io1 storage': 'rds-opensearch-gp2-io1',
  'OpenSearch gp2 storage': 'rds-opensearch-gp2-io1',
  'unused reservation': 'unused-reservation',
  'unused savings plan': undefined, // a check that the script does not have
  'idle public IPv4': 'idle-public-ipv4',
  'previous-generation instance': 'previous-generation-instance',
  'T-instance CPU credits': 'cpu-credits',
  'Glue development endpoint': 'idle-glue-dev-endpoint',
};

/** `2026-09/111122223333 check resource`, of commitments without the resource. */
function plantedFindings(): string[] {
  return sampleExpectation(SAMPLE_SEED).flatMap(({ partition: { period, payer }, planted }) =>
    planted.flatMap(({ check, resourceIds }) => {
      if (CHECKS[check] === undefined) return [];
      // The script waits for a reservation's whole month, and October is not over.
      if (check === 'unused reservation') return period === '2026-09' ? [`${period}/${payer} unused-reservation`] : [];
      return resourceIds.map((id) => `${period}/${payer} ${CHECKS[check]} ${id}`);
    }),
  );
}

function nameOfFinding(finding: { period: string; payer: string; check: string; resource: string }): string {
  const { period, payer, check, resource } = finding;
  return `${period}/${payer} ${check}${check === 'unused-reservation' ? '' : ` ${resource}`}`;
}

const AMOUNT = z.number().nullable();
const TEXT = z.string().nullable();
const PERIOD = z.string().regex(/^20\d\d-\d\d$/);
const OUTCOME: z.ZodType<unknown> = z.strictObject({
  partitions: z.array(
    z.strictObject({
      payer: z.string().regex(/^\d{12}$/),
      period: z.string().regex(/^20\d\d-\d\d$/),
      files: z.int(),
      rows: z.int(),
      costs: z.array(z.strictObject({ currency: z.string().nullable(), cost: z.number() })),
      watermark: z.iso.datetime({ precision: 3 }).nullable(),
      state: z.enum(['published', 'pending', 'waiting', 'held', 'failed']),
    }),
  ),
  minSaving: z.number(),
  findings: z.array(
    z.strictObject({
      check: z.string(),
      title: TEXT,
      payer: z.string().regex(/^\d{12}$/),
      payerName: TEXT,
      account: z.string(),
      accountName: TEXT,
      region: TEXT,
      service: TEXT,
      resource: z.string(),
      currency: TEXT,
      owner: z.string(),
      tags: TEXT,
      confidence: z.enum(['high', 'medium', 'low']),
      evidence: z.string(),
      firstPeriod: PERIOD,
      lastPeriod: PERIOD,
      firstDay: z.nullable(z.iso.date()),
      lastDay: z.nullable(z.iso.date()),
      cost: AMOUNT,
      estimatedSaving: AMOUNT,
      wholeMonthSaving: AMOUNT,
      alternativeSaving: AMOUNT,
      alternativeTo: TEXT,
      foundAt: z.iso.datetime({ precision: 3 }),
      months: z.array(
        z.strictObject({
          period: PERIOD,
          monthlyCost: AMOUNT,
          estimatedSaving: AMOUNT,
          wholeMonthSaving: AMOUNT,
          evidence: z.string(),
        }),
      ),
      alternatives: z.array(
        z.strictObject({ check: z.string(), title: TEXT, saving: AMOUNT, months: z.int().positive() }),
      ),
    }),
  ),
  belowMinSaving: z.int(),
  groupedBy: z.enum(['check', 'account', 'service', 'owner']),
  groups: z.array(
    z.strictObject({
      name: z.string(),
      title: TEXT,
      currency: TEXT,
      findings: z.int().positive(),
      estimatedSaving: z.number(),
    }),
  ),
  checks: z.strictObject({
    ran: z.int(),
    found: z.int(),
    withoutUsage: z.int(),
    troubles: z.array(
      z.strictObject({
        status: z.enum(['failed', 'cannot-be-told']),
        reason: z.string(),
        checks: z.array(z.string()),
        months: z.int().positive(),
      }),
    ),
  }),
  totals: z.strictObject({
    months: z.array(
      z.strictObject({
        period: z.string(),
        currency: z.string().nullable(),
        payers: z.int(),
        cost: z.number(),
        findings: z.int(),
        estimatedSaving: z.number(),
      }),
    ),
    checks: z.array(
      z.strictObject({
        check: z.string(),
        period: z.string(),
        currency: z.string().nullable(),
        findings: z.int().positive(),
        estimatedSaving: z.number(),
      }),
    ),
  }),
  database: z.string(),
  events: z.record(z.string(), z.int().positive()),
  elapsedSeconds: z.number().positive(),
});

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScript } from '../../src/analytics/script.ts';
import { statementsOf } from '../../src/analytics/statements.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { FINDINGS_EACH, OWNERS_EACH, ownerDigestsSql, parseOwnerDigests } from '../../src/warehouse/ownerDigest.ts';
import { runOnFakesnow } from '../analytics/fakesnow.ts';
import { sqlPath } from '../analytics/lineItems.ts';

const ALPHA = parsePayer('111111111111');
const BETA = parsePayer('222222222222');
const SQL = ownerDigestsSql('cur_findings', `year = 2026 and month = 10 and payer in ('${ALPHA}', '${BETA}')`);

interface Sketch {
  readonly payer?: string;
  readonly month?: number;
  readonly account?: string;
  readonly owner?: string | null;
  readonly resource?: string;
  readonly currency?: string | null;
  readonly saving?: number | string | null;
  readonly whole?: number | string | null;
  readonly alternativeTo?: string | null;
}

let tables: readonly string[];
let connection: DuckDBConnection;
beforeAll(async () => {
  tables = statementsOf(await loadScript(sqlPath('findings_tables.sql')));
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const statement of tables) await connection.run(statement);
});
afterAll(() => connection.closeSync());

const literal = (value: string | number | null) => (typeof value === 'string' ? `'${value}'` : String(value));

function insertion(findings: readonly Sketch[]): string {
  const rows = findings.map((finding) => {
    const { payer = ALPHA, month = 10, account = 'acc', owner = 'team', resource = 'r', currency = 'USD' } = finding;
    const { saving = 5, whole = saving, alternativeTo = null } = finding;
    const cells = [
      payer,
      2026,
      month,
      'check',
      account,
      null,
      resource,
      9,
      saving,
      currency,
      owner,
      whole,
      alternativeTo,
    ];
    return `(${cells.map(literal).join(', ')})`;
  });
  return `insert into cur_findings (payer, year, month, check_name, account, region, resource, monthly_cost,
    estimated_saving, currency, owner, whole_month_saving, alternative_to) values ${rows.join(', ')}`;
}

async function digestsOf(findings: readonly Sketch[]) {
  await connection.run('delete from cur_findings');
  await connection.run(insertion(findings));
  return parseOwnerDigests([ALPHA, BETA], (await connection.runAndReadAll(SQL)).getRowObjectsJS());
}

const ofAlpha = async (findings: readonly Sketch[]) => {
  const digests = await digestsOf(findings);
  return digests.get(ALPHA)?.owners ?? [];
};

describe("an owner's digest", () => {
  it('is of one payer’s month, and of the account where nobody is named', async () => {
    const digests = await digestsOf([
      { owner: 'team' },
      { owner: null, saving: 3 },
      { payer: BETA, owner: 'team', saving: 2 },
      { month: 9, owner: 'past' },
    ]);
    const owners = (payer: typeof ALPHA) => digests.get(payer)?.owners.map(({ owner }) => owner);
    expect([owners(ALPHA), owners(BETA)]).toEqual([['team', 'acc'], ['team']]);
  });

  it('adds up each currency apart, and every currency is in it', async () => {
    const many = Array.from({ length: FINDINGS_EACH + 5 }, (_, index) => ({ resource: `r${index}`, saving: 0.1 + 2 }));
    const [digest] = await ofAlpha([
      ...many,
      { currency: 'CNY', saving: 1.5, whole: 4 },
      { currency: null, saving: 2 },
    ]);
    expect(digest?.savings).toHaveLength(3);
    expect(digest?.savings).toEqual(
      expect.arrayContaining([
        { currency: 'USD', estimatedSaving: 52.5, wholeMonthSaving: 52.5 },
        { currency: 'CNY', estimatedSaving: 1.5, wholeMonthSaving: 4 },
        { currency: null, estimatedSaving: 2, wholeMonthSaving: 2 },
      ]),
    );
    expect([digest?.findings, digest?.largest.length]).toEqual([FINDINGS_EACH + 7, FINDINGS_EACH]);
  });

  it('lists the largest savings of a whole month first, those without one last, and counts what is below 1.00', async () => {
    const [digest] = await ofAlpha([
      { resource: 'none', saving: null },
      { resource: 'small', saving: 5, whole: 0.99 },
      { resource: 'one', saving: 0.2, whole: 1 },
      { resource: 'large', saving: 3, whole: 9 },
      { resource: 'as seen', saving: 4, whole: null },
    ]);
    expect(digest?.largest.map(({ resource }) => resource)).toEqual(['large', 'as seen', 'one', 'none']);
    expect(digest).toMatchObject({ findings: 5, belowThreshold: 1 });
    expect(digest?.savings).toEqual([{ currency: 'USD', estimatedSaving: 12.2, wholeMonthSaving: 14.99 }]);
  });

  it('has nothing of findings that another one on their resource outdoes, and all of what cannot be said', async () => {
    const [digest] = await ofAlpha([
      { saving: 0, alternativeTo: 'other' },
      { resource: 'a', saving: 2, alternativeTo: 'findings on single resources' },
      { resource: 'b', saving: null, alternativeTo: null },
      { resource: 'c', saving: 0 },
    ]);
    expect(digest?.findings).toBe(3);
    expect(digest?.largest.map(({ resource }) => resource)).toEqual(['a', 'b']);
  });

  it('is not spoilt by an amount that is no number', async () => {
    const [digest] = await ofAlpha([{ saving: 'nan' }, { resource: 'b', saving: 'inf' }, { resource: 'c', saving: 2 }]);
    expect(digest?.savings).toEqual([{ currency: 'USD', estimatedSaving: 2, wholeMonthSaving: 2 }]);
  });
});

it(`at most ${OWNERS_EACH} owners of a payer’s month have one, those with the largest savings, and the others are counted`, async () => {
  const findings = Array.from({ length: OWNERS_EACH + 3 }, (_, index) => ({
    owner: `team-${index}`,
    saving: index + 1,
  }));
  const digests = await digestsOf(findings);
  const { owners = [], leftOut } = digests.get(ALPHA) ?? {};
  expect([owners.length, leftOut]).toEqual([OWNERS_EACH, 3]);
  expect([owners[0]?.owner, owners.at(-1)?.owner]).toEqual([`team-${OWNERS_EACH + 2}`, 'team-3']);
});

it('an engine of Snowflake’s SQL reads the same', async () => {
  const findings: readonly Sketch[] = [
    { owner: null, saving: null },
    { owner: 'a', saving: 2.5, whole: 4 },
    { owner: 'a', resource: 'r2', saving: 0.5 },
    { owner: 'a', resource: 'r3', currency: 'CNY', saving: 7 },
    { owner: 'b', resource: 'r4', currency: null, saving: 1 },
    { owner: 'b', resource: 'r5', saving: 0, alternativeTo: 'other' },
    { payer: BETA, owner: 'c', saving: 3, whole: null },
  ];
  const expected = await digestsOf(findings);
  const found = await runOnFakesnow([...tables, insertion(findings)], new Map([['digests', SQL]]));
  expect(parseOwnerDigests([ALPHA, BETA], found.get('digests') ?? [])).toEqual(expected);
  expect([...expected.values()].map(({ owners }) => owners.length)).toEqual([3, 1]);
}, 120_000);

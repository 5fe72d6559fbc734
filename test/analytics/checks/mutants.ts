import { readFile } from 'node:fs/promises';
import type { Check } from '../../../src/analytics/checks/check.ts';
import { parseCheck } from '../../../src/analytics/checks/check.ts';
import { renderScript } from '../../../src/analytics/placeholders.ts';
import { segmentsOf } from '../../../src/analytics/segments.ts';
import { DEFAULT_TAG_KEYS } from '../../../src/analytics/tagKeys.ts';
import { sqlPath } from '../lineItems.ts';
import { type CheckWorld, PERIOD } from './checkWorld.ts';

/** By so much a threshold is moved, up and down. */
const FACTORS = [1.2, 0.8];

/** A check with one thing changed. */
interface Mutant {
  readonly what: string;
  readonly select: string;
}

/**
 * The changes of a check that no case notices: each threshold a fifth up and a fifth down, each
 * text in its SQL another one.
 */
export async function survivingMutants(world: CheckWorld, check: Check): Promise<string[]> {
  const text = await readFile(sqlPath(`checks/${check.id}.sql`), 'utf8');
  const original = await answer(world, check.select);
  const survivors: string[] = [];
  for (const { what, select } of [...movedThresholds(check, text), ...changedTexts(check)]) {
    if ((await answer(world, select)) === original) survivors.push(what);
  }
  return survivors;
}

function movedThresholds({ id, header }: Check, text: string): Mutant[] {
  return header.thresholds.flatMap(({ name, value }) =>
    FACTORS.map((factor) => {
      const moved = String(Number((Number(value) * factor).toPrecision(12)));
      const mutated = text.replace(`--   ${name} = ${value}:`, `--   ${name} = ${moved}:`);
      return { what: `${name} = ${moved}`, select: parseCheck({ name: `${id}.sql`, text: mutated }).select };
    }),
  );
}

function changedTexts({ select }: Check): Mutant[] {
  const segments = segmentsOf(select);
  return segments.flatMap(({ kind, text, line }, at) => {
    if (kind !== 'string' || text === "''") return [];
    const mutated = segments.map((segment, index) => (index === at ? "'mutated'" : segment.text)).join('');
    return [{ what: `${text} in line ${line}`, select: mutated }];
  });
}

/** What a check's SELECT answers over the rows of all payers, as text; or why it cannot be run. */
async function answer(world: CheckWorld, select: string): Promise<string> {
  const sql = renderScript(`select * from (${select}) as found where cost > 0 order by all`, {
    period: PERIOD,
    payers: world.payers,
    tagKeys: DEFAULT_TAG_KEYS,
  });
  try {
    return JSON.stringify(await world.rows(sql), (_, value) => (typeof value === 'bigint' ? String(value) : value));
  } catch (error) {
    return String(error);
  }
}

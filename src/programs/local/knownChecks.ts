import { fileURLToPath } from 'node:url';
import type { Check } from '../../analytics/checks/check.ts';
import { readChecks } from '../../analytics/checks/readChecks.ts';
import { UsageError } from '../../base/commandLine.ts';
import type { Titles } from './resourceFindings.ts';

const FOLDER = fileURLToPath(new URL('../../../sql/checks/', import.meta.url));
/** So many names are proposed in place of one that is unknown. */
const PROPOSED = 5;

/** The checks of the folder sql/checks, by name. Throws what readChecks throws. */
export function loadChecks(): Promise<Check[]> {
  return readChecks(FOLDER);
}

export function titlesOf(checks: readonly Check[]): Titles {
  return new Map(checks.map(({ id, header }) => [id, header.title]));
}

/**
 * The check of this name. Throws UsageError, with the names that are like it, where there is none.
 */
export function checkNamed(name: string, checks: readonly Check[], option: string): Check {
  const check = checks.find(({ id }) => id === name);
  if (check) return check;
  const near = namesLike(
    name,
    checks.map(({ id }) => id),
  );
  const proposal = near.length === 0 ? '' : `; there are ${near.join(', ')}`;
  throw new UsageError(
    `${option}: there is no check ${JSON.stringify(name)}${proposal}; npm start -- --explain lists all of them`,
  );
}

/**
 * The names that are most like one that is not among them: those that hold it first, then those
 * that share the most of its letters in their order.
 */
export function namesLike(name: string, names: readonly string[]): string[] {
  const asked = name.toLowerCase();
  return names
    .map((known) => ({ known, holds: asked !== '' && known.includes(asked), distance: distanceOf(asked, known) }))
    .filter(({ known, holds, distance }) => holds || distance <= Math.max(asked.length, known.length) / 2)
    .sort((a, b) => Number(b.holds) - Number(a.holds) || a.distance - b.distance)
    .slice(0, PROPOSED)
    .map(({ known }) => known);
}

/**
 * How many characters have to be put in, taken out or changed to get from one text to the other.
 */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, character] of [...from].entries()) {
    const next = [index + 1];
    for (const [at, other] of [...to].entries()) {
      const changed = (row[at] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(changed, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

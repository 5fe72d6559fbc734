import { type Payer, parsePayer } from '../billing/payer.ts';
import { monthOf, type Period, parsePeriod, yearOf } from '../billing/period.ts';
import { ScriptError } from './scriptError.ts';
import { type Segment, segmentsOf } from './segments.ts';

/** What an analytics script is run for: one period of some payers. */
interface ScriptScope {
  readonly period: Period;
  /** At least one. */
  readonly payers: readonly Payer[];
}

const PAYERS = 'payers_ids';
/**
 * `( #payers_ids )` with its parentheses; a number, also as a part of a name (`cur_#startyear_x`);
 * else `#` and what belongs to it: a name, or what stands up to a blank.
 */
const PLACEHOLDER = /\(\s*#payers_ids\s*\)|#(?:startyear|startmonth)(?![A-Za-z0-9])|#(?:[A-Za-z_]\w*|[^\s;,()'"]*)/g;
/** A character of a string that is written by a backslash before it. */
const ESCAPED = /\\([\s\S])/g;

/**
 * Fills a script's placeholders: `#startyear` and `#startmonth` become plain numbers (2026 and 9),
 * `(#payers_ids)` a list (`('111122223333','444455556666')`). Where a `#` stands decides how it is
 * read:
 *
 *   in code                  it must be a placeholder; anything else is an error
 *   in '…', "…" and $$…$$    `#startyear` and `#startmonth` are filled, as scripts of the Python batch before this
 *                            reactor quote them ('#startyear'); other text with a `#` ('C#') stays
 *   in a comment             everything stays: no engine reads it
 *
 * A quote that is written `\'` becomes `''`, which every engine reads the same.
 *
 * The list of payers holds quotes, so inside '…' or "…" it is an error; so is `#payers_ids` without
 * its parentheses, wherever it is read. This is the last step before SQL, so the values are
 * validated here once more. Throws a RangeError for a period or payer that is not one and for no
 * payer at all, a ScriptError that names the placeholder and its line, and what {@link segmentsOf}
 * throws.
 */
export function renderScript(script: string, scope: ScriptScope): string {
  const period = parsePeriod(scope.period);
  if (scope.payers.length === 0) throw new RangeError('a script needs at least one payer');
  const values = new Map([
    ['#startyear', String(yearOf(period))],
    ['#startmonth', String(monthOf(period))],
  ]);
  const payerList = `(${scope.payers.map((payer) => `'${parsePayer(payer)}'`).join(',')})`;
  return segmentsOf(script)
    .map((segment) => (segment.kind === 'comment' ? segment.text : renderSegment(segment, values, payerList)))
    .join('');
}

function renderSegment(segment: Segment, values: ReadonlyMap<string, string>, payerList: string): string {
  const text =
    segment.kind === 'string'
      ? segment.text.replace(ESCAPED, (whole: string, escaped: string) => (escaped === "'" ? "''" : whole))
      : segment.text;
  return text.replace(PLACEHOLDER, (found: string, offset: number) => {
    const fail = (why: string): never => {
      throw new ScriptError(why, segment.line + text.slice(0, offset).split('\n').length - 1);
    };
    if (found.startsWith('(')) {
      if (segment.kind === 'code' || segment.kind === 'dollar') return payerList;
      return fail(`(#${PAYERS}) inside quotes: its own quotes would end them`);
    }
    if (found === `#${PAYERS}`) return fail(`#${PAYERS} needs its own parentheses: (#${PAYERS})`);
    const value = values.get(found);
    if (value !== undefined) return value;
    return segment.kind === 'code' ? fail(`unknown placeholder ${found}`) : found;
  });
}

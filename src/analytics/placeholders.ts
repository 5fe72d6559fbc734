import { type Payer, parsePayer } from '../billing/payer.ts';
import { monthOf, type Period, parsePeriod, yearOf } from '../billing/period.ts';
import { ScriptError } from './scriptError.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { checkRequiredTags, parseTagKey, type TagKeys } from './tagKeys.ts';

/** What an analytics script is run for: one period of some payers, who tag by these keys. */
export interface ScriptScope {
  readonly period: Period;
  /** At least one. */
  readonly payers: readonly Payer[];
  readonly tagKeys: TagKeys;
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
 * Fills a script's placeholders:
 *
 *   #startyear, #startmonth         plain numbers: 2026 and 9
 *   (#payers_ids)                   a list: ('111122223333','444455556666')
 *   #owner_key, #environment_key    a string: 'user_owner'
 *   (values #required_tags)         rows of one string each: (values ('user_owner'), ('user_team'))
 *
 * Where a `#` stands decides how it is read:
 *
 *   in code                  it must be a placeholder; anything else is an error
 *   in '…', "…" and $$…$$    `#startyear` and `#startmonth` are filled, as scripts of the Python batch before this
 *                            reactor quote them ('#startyear'); other text with a `#` ('C#') stays
 *   in a comment             everything stays: no engine reads it
 *
 * A quote that is written `\'` becomes `''`, which every engine reads the same.
 *
 * What holds quotes is an error inside '…' or "…"; so is `#payers_ids` without its parentheses,
 * wherever it is read. This is the last step before SQL, so the values are validated here once
 * more. Throws a RangeError for a period, payer or key that is not one and for no payer at all, a
 * ScriptError that names the placeholder and its line, and what {@link segmentsOf} throws.
 */
export function renderScript(script: string, scope: ScriptScope): string {
  const values = valuesOf(scope);
  return segmentsOf(script)
    .map((segment) => (segment.kind === 'comment' ? segment.text : renderSegment(segment, values)))
    .join('');
}

interface Values {
  readonly numbers: ReadonlyMap<string, string>;
  /** What holds quotes, by placeholder. */
  readonly quoted: ReadonlyMap<string, string>;
  readonly payerList: string;
}

function valuesOf({ period: text, payers, tagKeys }: ScriptScope): Values {
  const period = parsePeriod(text);
  if (payers.length === 0) throw new RangeError('a script needs at least one payer');
  const { ownerKey, environmentKey, requiredTags } = tagKeys;
  return {
    numbers: new Map([
      ['#startyear', String(yearOf(period))],
      ['#startmonth', String(monthOf(period))],
    ]),
    quoted: new Map([
      ['#owner_key', quoteKey(ownerKey)],
      ['#environment_key', quoteKey(environmentKey)],
      [
        '#required_tags',
        checkRequiredTags(requiredTags)
          .map((key) => `(${quoteKey(key)})`)
          .join(', '),
      ],
    ]),
    payerList: `(${payers.map((payer) => `'${parsePayer(payer)}'`).join(',')})`,
  };
}

/** Without a backslash, every engine reads it the same. */
function quoteKey(key: string): string {
  return `'${parseTagKey(key).replaceAll("'", "''")}'`;
}

function renderSegment(segment: Segment, { numbers, quoted, payerList }: Values): string {
  const text =
    segment.kind === 'string'
      ? segment.text.replace(ESCAPED, (whole: string, escaped: string) => (escaped === "'" ? "''" : whole))
      : segment.text;
  const takesQuotes = segment.kind === 'code' || segment.kind === 'dollar';
  return text.replace(PLACEHOLDER, (found: string, offset: number) => {
    const fail = (why: string): never => {
      throw new ScriptError(why, segment.line + text.slice(0, offset).split('\n').length - 1);
    };
    if (found === `#${PAYERS}`) return fail(`#${PAYERS} needs its own parentheses: (#${PAYERS})`);
    const withQuotes = found.startsWith('(') ? payerList : quoted.get(found);
    if (withQuotes !== undefined) {
      const name = found.startsWith('(') ? `(#${PAYERS})` : found;
      return takesQuotes ? withQuotes : fail(`${name} inside quotes: its own quotes would end them`);
    }
    const number = numbers.get(found);
    if (number !== undefined) return number;
    return segment.kind === 'code' ? fail(`unknown placeholder ${found}`) : found;
  });
}

import * as z from 'zod/mini';
import { wrongFields } from '../base/wrongFields.ts';
import { type Payer, parsePayer } from '../billing/payer.ts';
import { type Period, parsePeriod } from '../billing/period.ts';
import type { PartitionState } from '../ledger/partitionState.ts';

/** A partition's state in the ledger; `unknown` where nothing of it has ever arrived. */
export type StatusState = PartitionState | 'unknown';

/** What to report on. A limit that is absent does not limit. */
export interface StatusRequest {
  readonly payers?: readonly Payer[] | undefined;
  /**
   * `all`: every one that the ledger knows, and the current and the previous month. Absent: these
   * two alone.
   */
  readonly periods?: readonly Period[] | 'all' | undefined;
  readonly states?: readonly StatusState[] | undefined;
  /** Leave out what is complete. */
  readonly problemsOnly: boolean;
  readonly format: 'table' | 'json' | 'both';
}

/**
 * The caller asked for something that does not exist. Consequence: nothing is read, and the message
 * names all that is wrong.
 */
export class StatusInputInvalid extends Error {
  override readonly name = 'StatusInputInvalid';
}

const STATES = ['published', 'pending', 'waiting', 'held', 'failed', 'unknown'] as const;
const FORMATS = ['table', 'json', 'both'] as const;
const ALL = 'all';

const payer = z
  .string('must be a string of 12 digits')
  .check(z.refine((text) => isTaken(parsePayer, text), 'must be an AWS account id of 12 digits'));
const period = z
  .string('must be a string')
  .check(
    z.refine(
      (text) => text === ALL || isTaken(parsePeriod, text),
      'must be a month as YYYY-MM, with a year from 2000 to 2099, or all',
    ),
  );
const state = z.enum(STATES, `must be one of ${STATES.join(', ')}`);

const inputSchema = z.strictObject(
  {
    payers: z.optional(
      z.array(payer, 'must be a list of payers').check(z.minLength(1, 'must name at least one payer')),
    ),
    periods: z.optional(
      z.array(period, 'must be a list of periods, or all').check(z.minLength(1, 'must name at least one period')),
    ),
    states: z.optional(
      z.array(state, 'must be a list of states').check(z.minLength(1, 'must name at least one state')),
    ),
    problemsOnly: z.optional(z.boolean('must be true or false')),
    format: z.optional(z.enum(FORMATS, `must be one of ${FORMATS.join(', ')}`)),
  },
  'must be an object',
);

/**
 * Reads what a caller asks for: `{"payers": ["111122223333"], "periods": ["2026-10"], "states":
 * ["waiting"], "problemsOnly": true, "format": "table"}`, each field optional, `"periods": "all"`
 * too. Without a format it is both. Nothing at all (undefined, null, '') asks for every configured
 * payer, this month and the one before.
 *
 * Throws StatusInputInvalid, whose message names every wrong or unknown field and its value.
 */
export function parseStatusInput(input: unknown): StatusRequest {
  const given = input === '' ? {} : (input ?? {});
  const asked = withListedAll(given);
  const parsed = inputSchema.safeParse(asked);
  if (!parsed.success) {
    const unknown = `is an unknown field (the fields are ${Object.keys(inputSchema.shape).join(', ')})`;
    const wrong = wrongFields(parsed.error.issues, asked, { whole: 'input', unknown });
    throw new StatusInputInvalid(`cannot report the status: ${wrong.join('; ')}`);
  }
  const { payers, periods, states, problemsOnly = false, format = 'both' } = parsed.data;
  return {
    payers: payers && [...new Set(payers)].sort().map(parsePayer),
    periods: periods && parsePeriods(periods),
    states,
    problemsOnly,
    format,
  };
}

function parsePeriods(periods: readonly string[]): readonly Period[] | typeof ALL {
  return periods.includes(ALL) ? ALL : [...new Set(periods)].sort().map(parsePeriod);
}

function withListedAll(given: unknown): unknown {
  const isAll = typeof given === 'object' && given !== null && 'periods' in given && given.periods === ALL;
  return isAll ? { ...given, periods: [ALL] } : given;
}

/** Whether a parser takes a string as it is. */
function isTaken(parse: (text: string) => string, text: string): boolean {
  try {
    return parse(text) === text;
  } catch {
    return false;
  }
}

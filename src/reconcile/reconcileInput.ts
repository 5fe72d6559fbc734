import * as z from 'zod/mini';
import { wrongFields } from '../base/wrongFields.ts';
import { type Payer, parsePayer } from '../billing/payer.ts';
import { type Period, parsePeriod, recentPeriods } from '../billing/period.ts';

/** What to reconcile. */
export interface ReconcileRequest {
  readonly payers: readonly Payer[];
  /** Oldest first. */
  readonly periods: readonly Period[];
  /** Say what would be done, and do none of it. */
  readonly dryRun: boolean;
  /** Look at the files of old deliveries, too. */
  readonly full: boolean;
}

/**
 * The caller asked for something that does not exist. Consequence: nothing is done, and the message
 * names all that is wrong.
 */
export class ReconcileInputInvalid extends Error {
  override readonly name = 'ReconcileInputInvalid';
}

const inputSchema = (configured: ReadonlySet<string>) =>
  z.strictObject(
    {
      payers: z.optional(
        z
          .array(
            z
              .string('must be a string of 12 digits')
              .check(
                z.refine(
                  (payer) => configured.has(payer),
                  `must be a configured payer (${[...configured].sort().join(', ') || 'there is none'})`,
                ),
              ),
            'must be a list of payers',
          )
          .check(z.minLength(1, 'must name at least one payer')),
      ),
      periods: z.optional(
        z
          .array(
            z
              .string('must be a string')
              .check(z.refine(isPeriod, 'must be a month as YYYY-MM, with a year from 2000 to 2099')),
            'must be a list of periods',
          )
          .check(z.minLength(1, 'must name at least one period')),
      ),
      dryRun: z.optional(z.boolean('must be true or false')),
      full: z.optional(z.boolean('must be true or false')),
    },
    'must be an object',
  );

/**
 * Reads what a caller asks for: `{"payers": ["111122223333"], "periods": ["2026-09"], "dryRun":
 * true}`, each field optional. Without payers it is all that are configured, without periods the
 * month of `now` (milliseconds since 1970, UTC) and the one before. Nothing at all (undefined,
 * null, '') asks for everything.
 *
 * Throws ReconcileInputInvalid, whose message names every wrong or unknown field and its value.
 */
export function parseReconcileInput(input: unknown, configured: Iterable<Payer>, now: number): ReconcileRequest {
  const known = new Set(configured);
  const asked = input === '' ? {} : (input ?? {});
  const parsed = inputSchema(known).safeParse(asked);
  if (!parsed.success) {
    const unknown = 'is an unknown field (the fields are payers, periods, dryRun, full; or run alone)';
    const wrong = wrongFields(parsed.error.issues, asked, { whole: 'input', unknown });
    throw new ReconcileInputInvalid(`cannot reconcile: ${wrong.join('; ')}`);
  }
  const { payers = [...known], periods, dryRun = false, full = false } = parsed.data;
  return {
    payers: [...new Set(payers)].sort().map(parsePayer),
    periods: periods ? [...new Set(periods)].sort().map(parsePeriod) : recentPeriods(now),
    dryRun,
    full,
  };
}

const runSchema = z.strictObject({
  run: z.string('must be a string').check(z.regex(/^[\w-]{1,64}$/, 'must be the id of a run')),
});

/**
 * The id of an earlier run, where the input asks for one: `{"run": "…"}`, alone. Throws as
 * parseReconcileInput does.
 */
export function parseRunInput(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null || !('run' in input)) return undefined;
  const parsed = runSchema.safeParse(input);
  if (parsed.success) return parsed.data.run;
  const unknown = 'must not stand beside run';
  const wrong = wrongFields(parsed.error.issues, input, { whole: 'input', unknown });
  throw new ReconcileInputInvalid(`cannot reconcile: ${wrong.join('; ')}`);
}

function isPeriod(text: string): boolean {
  try {
    return parsePeriod(text) === text;
  } catch {
    return false;
  }
}

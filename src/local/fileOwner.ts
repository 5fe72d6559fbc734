import type { Partition } from '../billing/partition.ts';
import { type Payer, parsePayer } from '../billing/payer.ts';
import { type Period, parsePeriod } from '../billing/period.ts';
import type { RowFacts } from './rowFacts.ts';

/** What the person said about a folder; where they said nothing, the files' rows decide. */
export interface Told {
  readonly payer?: Payer;
  readonly period?: Period;
}

/** What was looked for, or why it cannot be told. */
export type Found<Value> = { readonly found: Value } | { readonly reason: string };

/** Whose a file is: what the person said, else the one 12-digit payer in its rows. */
export function payerOf(told: Told, facts: RowFacts | string): Found<Payer> {
  if (told.payer) return { found: told.payer };
  return onlyOne(facts, ({ payers }) => payers, 'bill_payer_account_id', parsePayer, '--payer ID');
}

/** Which month a file is of: what the person said, else the one billing period in its rows. */
export function periodOfFile(told: Told, facts: RowFacts | string): Found<Period> {
  if (told.period) return { found: told.period };
  const column = 'bill_billing_period_start_date';
  return onlyOne(facts, ({ periods }) => periods, column, parsePeriod, '--period YYYY-MM');
}

/** The partition of a loose file. */
export function partitionOfFile(told: Told, facts: RowFacts | string): Found<Partition> {
  const payer = payerOf(told, facts);
  if ('reason' in payer) return payer;
  const period = periodOfFile(told, facts);
  return 'reason' in period ? period : { found: { payer: payer.found, period: period.found } };
}

function onlyOne<Value>(
  facts: RowFacts | string,
  valuesOf: (facts: RowFacts) => readonly string[],
  column: string,
  parse: (text: string) => Value,
  option: string,
): Found<Value> {
  if (typeof facts === 'string') return { reason: `its rows cannot be read (${facts}); say it with ${option}` };
  const values = valuesOf(facts);
  const [value, second] = values;
  if (value === undefined) return { reason: `its rows have no ${column}; say it with ${option}` };
  if (second !== undefined)
    return { reason: `its rows have several ${column}: ${values.join(', ')}; say it with ${option}` };
  try {
    return { found: parse(value) };
  } catch (error) {
    return { reason: `${column}: ${error instanceof Error ? error.message : String(error)}; say it with ${option}` };
  }
}

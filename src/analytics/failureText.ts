import type { StepFailure } from '../ledger/analyticsRecord.ts';

/**
 * A step's failure, for people: which statement, the engine's code and its message, each said once.
 */
export function failureText({ statement, code, message }: StepFailure): string {
  const coded = message.includes(code) ? message : `${code}: ${message}`;
  const name = `statement ${statement}`;
  return statement === undefined || coded.includes(name) ? coded : `${name}: ${coded}`;
}

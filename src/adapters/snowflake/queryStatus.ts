/**
 * What has become of a submitted query. `running` also means unknown: it is asked again, never
 * repeated.
 */
export type QueryStatus =
  | { readonly is: 'running' }
  | { readonly is: 'done' }
  | { readonly is: 'failed'; readonly code: string; readonly message: string };

/**
 * Snowflake's names for the states of a query (as its connectors have them; `REPARING` is how the
 * server spells it). The driver's own table takes BLOCKED, which waits for a lock, for an error,
 * and knows RESTARTED as neither.
 */
const PHASES = new Map<string, QueryStatus['is']>([
  ['QUEUED', 'running'],
  ['QUEUED_REPARING_WAREHOUSE', 'running'],
  ['QUEUED_REPAIRING_WAREHOUSE', 'running'],
  ['RESUMING_WAREHOUSE', 'running'],
  ['RUNNING', 'running'],
  ['BLOCKED', 'running'],
  ['RESTARTED', 'running'],
  ['NO_DATA', 'running'],
  ['NO_QUERY_DATA', 'running'],
  ['SUCCESS', 'done'],
  ['ABORTING', 'failed'],
  ['ABORTED', 'failed'],
  ['DISCONNECTED', 'failed'],
  ['FAILED_WITH_ERROR', 'failed'],
  ['FAILED_WITH_INCIDENT', 'failed'],
]);

/** The phase that a status word stands for; `running` for a word that is not known. */
export function phaseOf(word: string): QueryStatus['is'] {
  return PHASES.get(word) ?? 'running';
}

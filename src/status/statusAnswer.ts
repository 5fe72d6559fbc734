import { type StatusReading, status } from './status.ts';
import type { StatusReport } from './statusReport.ts';
import { jsonPlain } from './statusTable.ts';

/**
 * What a caller of the status function gets: the report, or where it asked for the table alone, its
 * lines and below them the summary's. `sls invoke` prints a list one line each, and a text as one
 * line with `\n` in it.
 *
 * Throws what `status` throws.
 */
export async function statusAnswer(reading: StatusReading, input: unknown): Promise<StatusReport | readonly string[]> {
  const report = await status(reading, input);
  const { partitions, table = [], summary } = report;
  return partitions ? report : [...table, '', ...summary.map(jsonPlain)];
}

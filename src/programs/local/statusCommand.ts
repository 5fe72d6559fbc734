import { printable, quoteValue } from '../../base/printable.ts';
import { settingsFor } from './debounce.ts';
import { EXIT_INCOMPLETE } from './failure.ts';
import type { Options } from './options.ts';
import { type Retried, readRetrying } from './retrying.ts';
import { isStateHeld } from './stateLock.ts';
import { embeddedStatus } from './status.ts';
import { statusText } from './statusText.ts';
import { terminalWidth } from './terminalWidth.ts';

/** `--status`: how the state stands. Answers the exit status; throws NoState. */
export async function showStatus(options: Options): Promise<number> {
  const { keep, payer, period, json } = options;
  const request = { payers: payer && [payer], periods: period && [period] };
  const read = await embeddedStatus(keep, request, settingsFor(options), Date.now);
  const retried = isStateHeld(keep) ? await readRetrying(keep) : [];
  const report = { ...read, summary: [...read.summary, ...retried.map(retriedSentence)] };
  const width = terminalWidth(process.stdout.columns, process.env);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : statusText(report, width));
  return report.verdict === 'complete' && retried.length === 0 ? 0 : EXIT_INCOMPLETE;
}

function retriedSentence({ key, reason, attempts, since }: Retried): string {
  return `${quoteValue(key)} cannot be taken in since ${since}: ${printable(reason)} (${attempts} attempts, and going on)`;
}

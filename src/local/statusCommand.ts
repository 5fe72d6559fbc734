import { settingsFor } from './debounce.ts';
import { EXIT_INCOMPLETE } from './failure.ts';
import type { Options } from './options.ts';
import { embeddedStatus } from './status.ts';
import { statusText } from './statusText.ts';
import { terminalWidth } from './terminalWidth.ts';

/** `--status`: how the state stands. Answers the exit status; throws NoState. */
export async function showStatus(options: Options): Promise<number> {
  const { keep, payer, period, json } = options;
  const request = { ...(payer ? { payers: [payer] } : {}), ...(period ? { periods: [period] } : {}) };
  const report = await embeddedStatus(keep, request, settingsFor(options), Date.now);
  const width = terminalWidth(process.stdout.columns, process.env);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : statusText(report, width));
  return report.verdict === 'complete' ? 0 : EXIT_INCOMPLETE;
}

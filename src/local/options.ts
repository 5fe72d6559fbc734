import { createHash } from 'node:crypto';
import { basename, relative, resolve } from 'node:path';
import { type Payer, parsePayer } from '../billing/payer.ts';
import { type Period, parsePeriod } from '../billing/period.ts';
import { readOptions, UsageError } from '../config/commandLine.ts';

/** What the person asked for. */
export interface Options {
  /** The folder with the person's own files; absent for the generated sample. */
  readonly from?: string;
  readonly payer?: Payer;
  readonly period?: Period;
  /** Which report is the bill, where a month has several: the end of its path. */
  readonly report?: string;
  /** Where the embedded state lives. */
  readonly keep: string;
  readonly watch: boolean;
  /** Tell how the state stands, and do nothing. */
  readonly status?: true;
  readonly json: boolean;
  /** The debounce; without it the composition root's own. */
  readonly quietSeconds?: number;
  readonly maxWaitSeconds?: number;
}

export const HELP = `Brings cost-and-usage reports into one warehouse and finds the wastage in them, all on this machine.

  npm start                             a generated sample: four payers, two months, every kind of report
  npm start -- --from DIR [options]     your own Parquet files: a folder in one of AWS's layouts, or loose files
  npm start -- --status [--from DIR]    what became of them: every payer's month, whether it is complete, and if not, why

Options
  --from DIR         the folder to read; nothing in it is changed
  --payer ID         whose files they are: a 12-digit account id (default: what the files' rows say)
  --period YYYY-MM   which month they are; in a folder with AWS's layout, only this month (default: what keys or rows say)
  --report NAME      which report is the bill where a month has several: the path of its folder, or the end of it
  --keep DIR         where the state lives: ledger, staged files, warehouse (default: a folder in .local/ for each input)
  --quiet SECONDS    a partition without a manifest is finalized when it was quiet for so long (default 1, with --watch 3)
  --max-wait SECONDS … and at the latest so long after its first change (default 10, with --watch 60)
  --watch            stay, and take in every file that appears; ends with Ctrl-C
  --status           look at the state and change nothing, also while another process works on it;
                     --payer and --period: of this payer, of this month alone
  --json             one JSON document on stdout; progress goes to stderr
  --help             this text

A second run on the same state finds nothing to do. Delete the state's folder to begin anew.

Exit status: 0 every partition is published (with --status: complete); 1 trouble; 2 a wrong option;
3 done, but something is not complete: a partition waits for a file, is held or has
failed, a month has several reports, or nobody can tell whose a file is.
`;

const OPTIONS = {
  from: { type: 'string' },
  payer: { type: 'string' },
  period: { type: 'string' },
  report: { type: 'string' },
  keep: { type: 'string' },
  quiet: { type: 'string' },
  'max-wait': { type: 'string' },
  watch: { type: 'boolean' },
  status: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the command line; 'help' when it asks for help. Throws UsageError, which names the option and its value. */
export function parseOptions(args: readonly string[], workingFolder: string): Options | 'help' {
  const values = readOptions(args, OPTIONS);
  if (values.help) return 'help';
  const from = values.from === undefined ? undefined : resolve(workingFolder, values.from);
  if (values.status && values.watch) throw new UsageError('--status looks once and ends: it does not go with --watch');
  if (from === undefined && !values.status) {
    const needsFrom = (['payer', 'period', 'report'] as const).find((name) => values[name] !== undefined);
    if (needsFrom) throw new UsageError(`--${needsFrom} goes with --from DIR: the sample has its own`);
  }
  const keepFolder = values.keep ?? `.local/${from === undefined ? 'sample' : stateName(from)}`;
  const keep = resolve(workingFolder, keepFolder);
  if (from !== undefined && !/^\.\.(\/|$)/.test(relative(from, keep))) {
    throw new UsageError(`--keep must not lie in the folder of --from, got ${JSON.stringify(keep)}`);
  }
  return {
    keep,
    watch: values.watch ?? false,
    json: values.json ?? false,
    ...(values.status ? { status: true } : {}),
    ...(from === undefined ? {} : { from }),
    ...(values.quiet === undefined ? {} : { quietSeconds: checked('--quiet', values.quiet, parseSeconds) }),
    ...(values['max-wait'] === undefined
      ? {}
      : { maxWaitSeconds: checked('--max-wait', values['max-wait'], parseSeconds) }),
    ...aboutFiles(values),
  };
}

/** What the person says about the files. */
function aboutFiles(values: { payer?: string; period?: string; report?: string }) {
  const { payer, period, report } = values;
  return {
    ...(payer === undefined ? {} : { payer: checked('--payer', payer, parsePayer) }),
    ...(period === undefined ? {} : { period: checked('--period', period, parsePeriod) }),
    ...(report === undefined ? {} : { report: checked('--report', report, parseReport) }),
  };
}

function checked<Value>(option: string, text: string, parse: (text: string) => Value): Value {
  try {
    return parse(text);
  } catch (error) {
    throw new UsageError(`${option}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseReport(text: string): string {
  const report = text.replace(/^\/+|\/+$/g, '');
  if (report === '') throw new RangeError(`must be the name or path of a report, got ${JSON.stringify(text)}`);
  return report;
}

/** A whole number of seconds, up to a day. */
function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds > 86_400) {
    throw new RangeError(`must be a whole number of seconds from 0 to 86400, got ${JSON.stringify(text)}`);
  }
  return seconds;
}

/** A name for the state of one folder: its own name, and a hash that keeps folders of one name apart. */
export function stateName(folder: string): string {
  const name =
    basename(folder)
      .replace(/[^A-Za-z0-9._-]+/g, '_')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 100) || 'folder';
  return `${name}-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`;
}

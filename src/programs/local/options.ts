import { basename, resolve } from 'node:path';
import {
  checkRequiredTags,
  DEFAULT_TAG_KEYS,
  parseTagKey,
  splitTagKeys,
  type TagKeys,
} from '../../analytics/tagKeys.ts';
import { readOptions, UsageError } from '../../base/commandLine.ts';
import { shortHash } from '../../base/shortHash.ts';
import { type Payer, parsePayer } from '../../billing/payer.ts';
import { type Period, parsePeriod } from '../../billing/period.ts';
import { MIN_MEMORY_LIMIT_BYTES } from '../../warehouse/memoryLimit.ts';
import {
  checkCsv,
  type Grouping,
  isBelow,
  parseCsvFile,
  parseGrouping,
  parseMinSaving,
  withNameToExplain,
} from './findingsOptions.ts';
import { parseSummary, type Summary, withSummary } from './summaryOptions.ts';

/**
 * What the person asked for. At most one of `status`, `findings`, `explain`, `summary`, `sql`,
 * `forget`, `reset` and `watch` is there.
 */
export interface Options {
  /** The folder with the person's own files; absent for the generated sample. */
  readonly from?: string | undefined;
  readonly payer?: Payer | undefined;
  readonly period?: Period | undefined;
  /** Which report is the bill, where a month has several: the end of its path. */
  readonly report?: string | undefined;
  /** Where the embedded state lives. */
  readonly keep: string;
  readonly watch: boolean;
  /** Say how the state stands, and do nothing. */
  readonly status?: boolean | undefined;
  /** Show what was found, and do nothing. */
  readonly findings?: boolean | undefined;
  /** The check to explain; ALL_CHECKS lists them. */
  readonly explain?: string | undefined;
  /** Only findings of this check are shown. */
  readonly check?: string | undefined;
  /** What a finding has to save in a whole month to be listed. */
  readonly minSaving?: number | undefined;
  readonly groupBy?: Grouping | undefined;
  /** The file for what is shown, or CSV_ON_STDOUT. */
  readonly csv?: string | undefined;
  /** Show what was spent, and do nothing. */
  readonly summary?: Summary | undefined;
  /** A statement for the warehouse. */
  readonly sql?: string | undefined;
  /** What to take out of the state: a payer, or one month of it. */
  readonly forget?: Forgotten | undefined;
  /** Empty the state. */
  readonly reset?: boolean | undefined;
  readonly json: boolean;
  /** The debounce; without it the composition root's own. */
  readonly quietSeconds?: number | undefined;
  readonly maxWaitSeconds?: number | undefined;
  /** How much memory the warehouse may take for its data; without it half of the machine's. */
  readonly memoryLimitBytes?: number | undefined;
  /** By which the script finds owners, environments and what is not tagged. */
  readonly tagKeys: TagKeys;
}

export interface Forgotten {
  readonly payer: Payer;
  /** Absent: every month of the payer. */
  readonly period?: Period | undefined;
}

const OPTIONS = {
  from: { type: 'string' },
  payer: { type: 'string' },
  period: { type: 'string' },
  report: { type: 'string' },
  keep: { type: 'string' },
  quiet: { type: 'string' },
  'max-wait': { type: 'string' },
  memory: { type: 'string' },
  'owner-key': { type: 'string' },
  'environment-key': { type: 'string' },
  'required-tags': { type: 'string' },
  watch: { type: 'boolean' },
  status: { type: 'boolean' },
  findings: { type: 'boolean' },
  explain: { type: 'string' },
  summary: { type: 'string' },
  check: { type: 'string' },
  'min-saving': { type: 'string' },
  'group-by': { type: 'string' },
  csv: { type: 'string' },
  sql: { type: 'string' },
  forget: { type: 'string' },
  reset: { type: 'boolean' },
  json: { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const optionNames: readonly string[] = Object.keys(OPTIONS);

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>;

/** Each is a command of its own, and what it does besides reading its state. */
const COMMANDS = ['watch', 'status', 'findings', 'explain', 'summary', 'sql', 'forget', 'reset'] as const;
type Command = (typeof COMMANDS)[number] | 'run';

/** `run` is what is done without any of these. */
const TAKING_IN: readonly Command[] = ['run', 'watch'];
const SHOWING_FINDINGS: readonly Command[] = [...TAKING_IN, 'findings'];
const ON_STATE: readonly Command[] = [...SHOWING_FINDINGS, 'summary', 'status', 'sql', 'forget', 'reset'];
/** The commands that an option goes with, where these are not all. */
const GOES_WITH = {
  quiet: TAKING_IN,
  'max-wait': TAKING_IN,
  memory: TAKING_IN,
  'owner-key': TAKING_IN,
  'environment-key': TAKING_IN,
  'required-tags': TAKING_IN,
  report: TAKING_IN,
  payer: [...SHOWING_FINDINGS, 'summary', 'status'],
  period: [...SHOWING_FINDINGS, 'summary', 'status'],
  check: SHOWING_FINDINGS,
  'min-saving': SHOWING_FINDINGS,
  'group-by': SHOWING_FINDINGS,
  csv: [...SHOWING_FINDINGS, 'summary'],
  from: ON_STATE,
  keep: ON_STATE,
} as const satisfies Partial<Record<keyof typeof OPTIONS, readonly Command[]>>;

/**
 * Reads the command line; 'help' or 'version' when it asks for that. Throws UsageError, which names
 * the option and its value.
 */
export function parseOptions(args: readonly string[], workingFolder: string): Options | 'help' | 'version' {
  const values = readOptions(withSummary(withNameToExplain(withCommentedStatement(args))), OPTIONS);
  if (values.help) return 'help';
  if (values.version) return 'version';
  checkTogether(values);
  const from = values.from === undefined ? undefined : resolve(workingFolder, values.from);
  const options: Options = {
    keep: keepFolder(values, from, workingFolder),
    watch: values.watch ?? false,
    json: values.json ?? false,
    status: values.status,
    reset: values.reset,
    from,
    quietSeconds: parsed('--quiet', values.quiet, parseSeconds),
    maxWaitSeconds: parsed('--max-wait', values['max-wait'], parseSeconds),
    memoryLimitBytes: parsed('--memory', values.memory, parseMemory),
    tagKeys: tagKeysOf(values),
    payer: parsed('--payer', values.payer, parsePayer),
    period: parsed('--period', values.period, parsePeriod),
    report: parsed('--report', values.report, parseReport),
    forget: parsed('--forget', values.forget, parseForgotten),
    sql: parsed('--sql', values.sql, parseStatement),
    findings: values.findings,
    explain: values.explain,
    summary: parsed('--report', values.summary, parseSummary),
    check: values.check,
    minSaving: parsed('--min-saving', values['min-saving'], parseMinSaving),
    groupBy: parsed('--group-by', values['group-by'], parseGrouping),
    csv: parsed('--csv', values.csv, (text) => parseCsvFile(text, workingFolder)),
  };
  checkCsv(options.csv, options.json, from);
  const { quietSeconds, maxWaitSeconds } = options;
  if (quietSeconds !== undefined && maxWaitSeconds !== undefined && maxWaitSeconds < quietSeconds) {
    throw new UsageError(
      `--max-wait must not be less than --quiet, got ${maxWaitSeconds} and ${quietSeconds}: no partition would wait for its quiet period`,
    );
  }
  return options;
}

/**
 * A statement may begin with a comment of SQL's, `-- …`, which reads like an option: the two become
 * one argument.
 */
function withCommentedStatement(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    if (arg === '--sql' && isComment(args[index + 1])) return [`--sql=${args[index + 1]}`];
    return args[index - 1] === '--sql' && isComment(arg) ? [] : [arg];
  });
}

function isComment(arg: string | undefined): boolean {
  return arg !== undefined && /^--\s/.test(arg);
}

/** Refuses options that contradict each other, or that would be passed over without a word. */
function checkTogether(values: Values): void {
  const [command, other] = COMMANDS.filter((name) => values[name] !== undefined);
  if (command && other) {
    throw new UsageError(`--${other} does not go with --${command}: each is a command of its own`);
  }
  for (const [name, commands] of Object.entries(GOES_WITH)) {
    if (Object.hasOwn(values, name) && !commands.includes(command ?? 'run')) {
      throw new UsageError(`--${name} does not go with --${command}`);
    }
  }
  if (values.from !== undefined || !TAKING_IN.includes(command ?? 'run')) return;
  for (const name of ['payer', 'period', 'report'] as const) {
    if (values[name] !== undefined) throw new UsageError(`--${name} goes with --from DIR: the sample has its own`);
  }
}

function keepFolder(values: Values, from: string | undefined, workingFolder: string): string {
  const keep = resolve(workingFolder, values.keep ?? `.local/${from === undefined ? 'sample' : stateName(from)}`);
  if (from !== undefined && isBelow(keep, from)) {
    throw new UsageError(`--keep must not lie in the folder of --from, got ${JSON.stringify(keep)}`);
  }
  return keep;
}

/** The option's value; undefined where it is not given. */
function parsed<Value>(option: string, text: string | undefined, parse: (text: string) => Value): Value | undefined {
  if (text === undefined) return undefined;
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

function tagKeysOf(values: Values): TagKeys {
  const { ownerKey, environmentKey, requiredTags } = DEFAULT_TAG_KEYS;
  const parseTags = (text: string) => checkRequiredTags(splitTagKeys(text));
  return {
    ownerKey: parsed('--owner-key', values['owner-key'], parseTagKey) ?? ownerKey,
    environmentKey: parsed('--environment-key', values['environment-key'], parseTagKey) ?? environmentKey,
    requiredTags: parsed('--required-tags', values['required-tags'], parseTags) ?? requiredTags,
  };
}

/** A whole number of seconds, up to a day. */
function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds > 86_400) {
    throw new RangeError(`must be a whole number of seconds from 0 to 86400, got ${JSON.stringify(text)}`);
  }
  return seconds;
}

const UNITS = new Map([
  ['MB', 1000 ** 2],
  ['GB', 1000 ** 3],
  ['MIB', 1024 ** 2],
  ['GIB', 1024 ** 3],
]);

/** `512MB`, `1.5GB`, `2GiB`: in bytes. */
function parseMemory(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (UNITS.get(unit.toUpperCase()) ?? Number.NaN));
  if (number === '' || !Number.isSafeInteger(bytes)) {
    throw new RangeError(`must be a size such as 512MB or 2GB, got ${JSON.stringify(text)}`);
  }
  if (bytes < MIN_MEMORY_LIMIT_BYTES) {
    const least = `${Math.ceil(MIN_MEMORY_LIMIT_BYTES / 1000 ** 2)}MB`;
    throw new RangeError(`must be at least ${least}, which DuckDB needs to load a report, got ${JSON.stringify(text)}`);
  }
  return bytes;
}

/** `111122223333` or `111122223333/2026-10`. */
function parseForgotten(text: string): Forgotten {
  const [payer = '', period, ...others] = text.split('/');
  if (others.length > 0) throw new RangeError(`must be PAYER or PAYER/YYYY-MM, got ${JSON.stringify(text)}`);
  return { payer: parsePayer(payer), period: period === undefined ? undefined : parsePeriod(period) };
}

function parseStatement(text: string): string {
  if (text.trim() === '') throw new RangeError(`must be a statement, got ${JSON.stringify(text)}`);
  return text;
}

/**
 * A name for the state of one folder: its own name, and a hash that keeps folders of one name
 * apart.
 */
export function stateName(folder: string): string {
  const name =
    basename(folder)
      .replace(/[^A-Za-z0-9._-]+/g, '_')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 100) || 'folder';
  return `${name}-${shortHash(folder, 8)}`;
}

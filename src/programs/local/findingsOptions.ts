import { relative, resolve } from 'node:path';
import { UsageError } from '../../base/commandLine.ts';

/** By what findings are added up. */
const GROUPINGS = ['check', 'account', 'service', 'owner'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** In place of a file's name: findings go to stdout, and nothing else does. */
export const CSV_ON_STDOUT = '-';

/** In place of a check's name; none is called so. */
export const ALL_CHECKS = '*';

/** `0`, `1.50`: an amount in each finding's own currency. Throws RangeError. */
export function parseMinSaving(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new RangeError(`must be an amount such as 0 or 2.50, got ${JSON.stringify(text)}`);
}

/** Throws RangeError. */
export function parseGrouping(text: string): Grouping {
  const known = GROUPINGS.find((grouping) => grouping === text);
  if (known) return known;
  throw new RangeError(`must be one of ${GROUPINGS.join(', ')}, got ${JSON.stringify(text)}`);
}

/** Where to write findings: an absolute path, or stdout. */
export function parseCsvFile(text: string, workingFolder: string): string {
  return text === CSV_ON_STDOUT ? CSV_ON_STDOUT : resolve(workingFolder, text);
}

/** `--explain` may stand alone: then it lists the checks. */
export function withNameToExplain(args: readonly string[]): string[] {
  return args.map((arg, index) => {
    const next = args[index + 1];
    return arg === '--explain' && (next === undefined || next.startsWith('-')) ? `--explain=${ALL_CHECKS}` : arg;
  });
}

/**
 * Refuses two documents on one stdout, and a file among those that are only read. `from` is the
 * folder of --from.
 */
export function checkCsv(csv: string | undefined, json: boolean | undefined, from: string | undefined): void {
  if (csv === CSV_ON_STDOUT && json) throw new UsageError('--csv - does not go with --json: both go to stdout');
  if (csv !== undefined && csv !== CSV_ON_STDOUT && from !== undefined && isBelow(csv, from)) {
    throw new UsageError(`--csv must not lie in the folder of --from, got ${JSON.stringify(csv)}`);
  }
}

/** Whether a path lies in a folder, or is it. */
export function isBelow(path: string, folder: string): boolean {
  return !/^\.\.(\/|$)/.test(relative(folder, path));
}

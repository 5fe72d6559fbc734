import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAbsence } from '../../adapters/folder/failures.ts';
import { UsageError } from '../../base/commandLine.ts';
import { CSV_ON_STDOUT } from './findingsOptions.ts';
import type { ResourceFinding } from './resourceFindings.ts';

export type Cell = string | number | null;

const COLUMNS: readonly (readonly [name: string, cellOf: (finding: ResourceFinding) => Cell])[] = [
  ['check', ({ check }) => check],
  ['title', ({ title }) => title],
  ['payer', ({ payer }) => payer],
  ['payer_name', ({ payerName }) => payerName],
  ['account', ({ account }) => account],
  ['account_name', ({ accountName }) => accountName],
  ['region', ({ region }) => region],
  ['service', ({ service }) => service],
  ['resource', ({ resource }) => resource],
  ['owner', ({ owner }) => owner],
  ['first_period', ({ firstPeriod }) => firstPeriod],
  ['last_period', ({ lastPeriod }) => lastPeriod],
  ['first_day', ({ firstDay }) => firstDay],
  ['last_day', ({ lastDay }) => lastDay],
  ['currency', ({ currency }) => currency],
  ['cost', ({ cost }) => cost],
  ['estimated_saving', ({ estimatedSaving }) => estimatedSaving],
  ['whole_month_saving', ({ wholeMonthSaving }) => wholeMonthSaving],
  ['confidence', ({ confidence }) => confidence],
  ['evidence', ({ evidence }) => evidence],
  ['alternative_saving', ({ alternativeSaving }) => alternativeSaving],
  ['alternative_to', ({ alternativeTo }) => alternativeTo],
  ['alternatives', ({ alternatives }) => alternatives.map(({ check, saving }) => `${check} ${saving}`).join('; ')],
  ['tags', ({ tags }) => tags],
  ['found_at', ({ foundAt }) => foundAt],
];

/** The findings as comma-separated values. */
export function csvOf(findings: readonly ResourceFinding[]): string {
  return csvText(
    COLUMNS.map(([name]) => name),
    findings.map((one) => COLUMNS.map(([, cellOf]) => cellOf(one))),
  );
}

/**
 * Comma-separated values (RFC 4180): a header line, then a line for each row. A text that a
 * spreadsheet would take for a formula gets a quote mark before it (OWASP, "CSV Injection");
 * amounts stay numbers.
 */
export function csvText(names: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [names, ...rows].map((cells) => `${cells.map(cellText).join(',')}\r\n`).join('');
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Makes sure that a file can be written there, before anything else is done. Throws UsageError, and
 * the system's own error.
 */
export async function checkCsvFile(path: string): Promise<void> {
  if (path === CSV_ON_STDOUT) return;
  if ((await statsOf(path))?.isFile() === false)
    throw new UsageError(`--csv must be a file, got ${JSON.stringify(path)}`);
  if ((await statsOf(dirname(path)))?.isDirectory()) return;
  throw new UsageError(`--csv must be a file in a folder that is there, got ${JSON.stringify(path)}`);
}

interface Output {
  readonly write: (text: string) => unknown;
}

/** Writes the findings to a file, or to stdout. Throws the system's error. */
export async function writeCsv(path: string, findings: readonly ResourceFinding[], stdout: Output): Promise<void> {
  await writeCsvText(path, csvOf(findings), stdout);
}

/**
 * Writes a text to a file, or to stdout. Whoever reads the file meanwhile reads the old one or the
 * new one. Throws the system's error.
 */
export async function writeCsvText(path: string, text: string, stdout: Output): Promise<void> {
  if (path === CSV_ON_STDOUT) {
    stdout.write(text);
    return;
  }
  const before = await statsOf(path);
  // A link stays one.
  const target = before ? await realpath(path) : path;
  const unfinished = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
  try {
    await writeFile(unfinished, text, { mode: before?.mode, flush: true });
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function statsOf(path: string) {
  return stat(path).catch((error: unknown) => {
    if (isAbsence(error)) return undefined;
    throw error;
  });
}

import { CHECK_RUNS_SQL, FINDINGS_SQL, parseCheckRuns, parseFindings } from '../../adapters/duckdb/findings.ts';
import { printable } from '../../base/printable.ts';
import { type CheckSummary, checkSummary } from './checkSummary.ts';
import { checkCsvFile, writeCsv } from './csv.ts';
import { EXIT_INCOMPLETE, EXIT_TROUBLE } from './failure.ts';
import { CSV_ON_STDOUT } from './findingsOptions.ts';
import { checksPart, findingParts, partTexts } from './findingsText.ts';
import { checkNamed, loadChecks, titlesOf } from './knownChecks.ts';
import { chosen, type Listing, listingOf } from './listing.ts';
import type { Options } from './options.ts';
import { askWarehouse } from './sqlAsking.ts';
import { objectsOf } from './sqlCommand.ts';
import { checkState } from './state.ts';
import { refuseOtherFormat } from './stateFormat.ts';
import { terminalWidth } from './terminalWidth.ts';
import { type FindingsOfCheck, totalsByCurrency } from './totals.ts';

/** What `--findings --json` prints. */
interface FindingsReport extends Listing {
  readonly totals: { readonly checks: readonly FindingsOfCheck[] };
  readonly checks: CheckSummary;
}

/**
 * `--findings`: what was found, from the state as it is, also while another process works on it.
 * Answers the exit status; throws NoState, and UsageError for a check that is not known.
 */
export async function showFindings(options: Options): Promise<number> {
  const { keep, check, csv, json, groupBy } = options;
  const checks = await loadChecks();
  if (check !== undefined) checkNamed(check, checks, '--check');
  if (csv !== undefined) await checkCsvFile(csv);
  await checkState(keep, '--findings');
  await refuseOtherFormat(keep);
  const found = await ask(keep, FINDINGS_SQL);
  const runs = await ask(keep, CHECK_RUNS_SQL);
  const problem = found.problem ?? runs.problem;
  if (problem !== undefined) {
    process.stderr.write(`${printable(problem)}\n`);
    return EXIT_TROUBLE;
  }
  const findings = chosen(parseFindings(found.rows), options);
  const report: FindingsReport = {
    ...listingOf(findings, options, titlesOf(checks)),
    totals: { checks: totalsByCurrency([], findings).checks },
    checks: checkSummary(chosen(parseCheckRuns(runs.rows), options)),
  };
  if (csv !== undefined) await writeCsv(csv, report.findings, process.stdout);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else if (csv !== CSV_ON_STDOUT) process.stdout.write(textOf(report, groupBy !== undefined));
  if (!found.more && !runs.more) return 0;
  process.stderr.write('there is more in the state than can be shown here: npm start shows all of it\n');
  return EXIT_INCOMPLETE;
}

function textOf(report: FindingsReport, grouped: boolean): string {
  const width = terminalWidth(process.stdout.columns, process.env);
  return `${partTexts([...findingParts(report, { grouped }), ...checksPart(report.checks)], width).join('\n\n')}\n`;
}

interface Read {
  readonly rows: readonly Record<string, unknown>[];
  readonly more: boolean;
  /** Why it could not be read. */
  readonly problem?: string;
}

async function ask(keep: string, sql: string): Promise<Read> {
  const answer = await askWarehouse(keep, sql);
  if (answer.is === 'rows') return { rows: objectsOf(answer), more: answer.more };
  // The statement is ours: what it names is not there yet in a state of an older release.
  const mend =
    answer.is === 'wrong' ? '; npm start, with the same options but --findings, brings the state up to date' : '';
  return { rows: [], more: false, problem: `${answer.message}${mend}` };
}

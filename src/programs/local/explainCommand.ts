import type { Check } from '../../analytics/checks/check.ts';
import { ALL_CHECKS } from './findingsOptions.ts';
import { checkNamed, loadChecks } from './knownChecks.ts';
import { fitTable } from './table.ts';
import { terminalWidth } from './terminalWidth.ts';

/**
 * `--explain`: what a check is about, or which checks there are. Needs no state. Answers the exit
 * status; throws UsageError for a name that is not known.
 */
export async function explainCheck(name: string, json: boolean): Promise<number> {
  const checks = await loadChecks();
  const width = terminalWidth(process.stdout.columns, process.env);
  if (name === ALL_CHECKS) {
    const list = checks.map(({ id, header }) => ({ check: id, title: header.title, confidence: header.confidence }));
    process.stdout.write(json ? `${JSON.stringify(list)}\n` : listText(checks, width));
    return 0;
  }
  const check = checkNamed(name, checks, '--explain');
  const document = { check: check.id, ...check.header };
  process.stdout.write(json ? `${JSON.stringify(document)}\n` : explanation(check, width));
  return 0;
}

function listText(checks: readonly Check[], width: number): string {
  const columns = [{ head: 'check' }, { head: 'finds', detail: 'sentence' as const }];
  const rows = checks.map(({ id, header }) => [id, header.title]);
  return `${fitTable({ columns, rows }, width)}\n\nnpm start -- --explain CHECK says what one finds, and why\n`;
}

/** A check's header as a page for people. */
function explanation({ id, header }: Check, width: number): string {
  const thresholds = header.thresholds.flatMap(({ name, value, meaning }) =>
    wrapped(`${name} = ${value}: ${meaning}`, width, '    '),
  );
  const parts: readonly (readonly [head: string, lines: readonly string[]])[] = [
    ['What it finds', wrapped(header.finds, width)],
    ['Why it is waste', wrapped(header.why, width)],
    ['What to do', wrapped(header.do, width)],
    ['What it saves', wrapped(header.saving, width)],
    ['Confidence', wrapped(header.confidence, width)],
    ['What it cannot see', wrapped(header.blind, width)],
    ['What it looks at', wrapped(header.reads, width)],
    ['Thresholds', thresholds.length === 0 ? ['  none'] : thresholds],
    ['Services', wrapped(header.services.join(', '), width)],
    ['What the report has to have', wrapped(header.needs.join(', ') || 'nothing of its own', width)],
    ['Source', wrapped(header.source, width)],
  ];
  const text = parts.map(([head, lines]) => [head, ...lines].join('\n'));
  return `${[`${header.title} (${id})`, ...text].join('\n\n')}\n`;
}

/** Words in indented lines. */
function wrapped(text: string, width: number, furtherLines = '  '): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${last === undefined ? '  ' : furtherLines}${word}`);
  }
  return lines;
}

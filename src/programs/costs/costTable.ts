import { allMetricsCost, awsCosts, type Cost, type StageSize, snowflakeCost } from './stageCosts.ts';

/** The numbers of payers that the table has a column for. */
const COLUMNS = [10, 200, 2000] as const;

/** Prints the estimate as a table in Markdown. */
export function costTable(size: Omit<StageSize, 'payers'>): string {
  const stages = COLUMNS.map((payers) => ({ ...size, payers }));
  const aws = stages.map(awsCosts);
  const items = aws[0] ?? [];
  const rows = items.map(({ item, how }, index) =>
    row(
      item,
      how,
      aws.map((costs) => costs[index]?.dollars ?? 0),
    ),
  );
  const totals = aws.map((costs) => costs.reduce((sum, { dollars }) => sum + dollars, 0));
  return [
    `| item | how it is counted | ${COLUMNS.map((payers) => `${payers.toLocaleString('en')} payers`).join(' | ')} |`,
    `|---|---|${COLUMNS.map(() => '--:|').join('')}`,
    ...rows,
    row('**AWS**', '', totals),
    ...[allMetricsCost, snowflakeCost].map((of) => rowOf(stages.map(of))),
  ].join('\n');
}

function rowOf(costs: readonly Cost[]): string {
  const [{ item, how } = { item: '', how: '' }] = costs;
  return row(
    item,
    how,
    costs.map(({ dollars }) => dollars),
  );
}

function row(item: string, how: string, dollars: readonly number[]): string {
  return `| ${item} | ${how} | ${dollars.map(rounded).join(' | ')} |`;
}

/**
 * As many digits as an estimate has: cents below ten dollars, else two figures or whole dollars.
 */
function rounded(dollars: number): string {
  if (dollars < 10) return dollars.toFixed(2);
  const step = dollars < 1000 ? 1 : 10;
  return (Math.round(dollars / step) * step).toLocaleString('en');
}

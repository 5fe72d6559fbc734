import type { FileAudit, StagedFile } from './warehouse.ts';

/** What a scan has counted of one file's rows of one currency. */
interface CountedRows extends Omit<FileAudit, 'costs'> {
  readonly currency: string | null;
  readonly cost: string | null;
}

/** The audit of each file, in their order, of what one scan has counted per file and currency. */
export function fileAudits(files: readonly StagedFile[], counted: readonly CountedRows[]): FileAudit[] {
  const ofFiles = Map.groupBy(counted, ({ stagedKey }) => stagedKey);
  return files.map(({ stagedKey }) => {
    const groups = ofFiles.get(stagedKey) ?? [];
    const sum = (count: (group: CountedRows) => number) => groups.reduce((total, group) => total + count(group), 0);
    return {
      stagedKey,
      rows: sum(({ rows }) => rows),
      rowsOfOtherPeriods: sum(({ rowsOfOtherPeriods }) => rowsOfOtherPeriods),
      rowsWithCost: sum(({ rowsWithCost }) => rowsWithCost),
      rowsOfImpossibleCost: sum(({ rowsOfImpossibleCost }) => rowsOfImpossibleCost),
      costs: groups.map(({ currency, cost }) => ({ currency, cost })),
    };
  });
}

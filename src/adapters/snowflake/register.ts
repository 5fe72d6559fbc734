import { unreadableColumn } from '../../warehouse/unreadableColumn.ts';
import type { FileStatus, StagedFile } from '../../warehouse/warehouse.ts';
import { addFiles } from './changeFiles.ts';
import type { SnowflakeNames } from './names.ts';
import type { Statements } from './statements.ts';

/** Makes the external table know a partition's files, and no other that lies beside them. */
export async function registerFiles(
  session: Statements,
  names: SnowflakeNames,
  files: readonly StagedFile[],
): Promise<FileStatus[]> {
  const reasons = await addFiles(
    session,
    names,
    files.map(({ stagedKey }) => stagedKey),
  );
  return files.map((file) => {
    const { stagedKey } = file;
    const reason = reasons.get(stagedKey) ?? unreadableColumn(file);
    return reason === undefined ? { stagedKey, status: 'registered' } : { stagedKey, status: 'failed', reason };
  });
}

import { counted } from '../../base/counted.ts';
import { partitionName } from '../../billing/partition.ts';
import { type ForgottenPartition, forgetPartitions } from './forget.ts';
import type { Forgotten, Options } from './options.ts';
import { checkState } from './state.ts';

/**
 * `--forget`: takes a payer, or one month of it, out of the state, and says what that was. Answers
 * the exit status.
 */
export async function forget({ keep, json }: Options, wanted: Forgotten): Promise<number> {
  await checkState(keep, '--forget');
  const forgotten = await forgetPartitions(keep, wanted);
  process.stdout.write(
    json ? `${JSON.stringify({ state: keep, forgotten })}\n` : forgottenText(keep, wanted, forgotten),
  );
  return 0;
}

function forgottenText(keep: string, { payer, period }: Forgotten, forgotten: readonly ForgottenPartition[]): string {
  if (forgotten.length === 0) {
    return `nothing of ${period === undefined ? payer : `${payer}/${period}`} is in ${keep}: nothing was removed\n`;
  }
  return forgotten
    .map((one) => {
      const { versions, rows, findings, stagedCopies } = one;
      const parts = [
        `${counted(versions, 'file')} in the ledger`,
        counted(rows, 'row'),
        counted(findings, 'finding'),
        counted(stagedCopies, 'staged copy', 'staged copies'),
      ];
      return `forgot ${partitionName(one)}: ${parts.join(', ')}\n`;
    })
    .join('');
}

import type { Options } from './options.ts';
import { stateName } from './options.ts';

/**
 * The options that lead another command to the same state: none for the sample's, `--from`, or
 * `--keep` where it was said.
 */
export function stateArguments({ from, keep }: Pick<Options, 'from' | 'keep'>, workingFolder: string): string {
  const usual = `${workingFolder}/.local/${from === undefined ? 'sample' : stateName(from)}`;
  if (keep !== usual) return ` --keep ${shellWord(keep)}`;
  return from === undefined ? '' : ` --from ${shellWord(from)}`;
}

/** What a person does next, as they type it. */
export function nextCommands(options: Pick<Options, 'from' | 'keep'>, workingFolder: string): string[] {
  const state = stateArguments(options, workingFolder);
  return [
    `npm start -- --status${state}`,
    `npm start -- --findings --group-by owner${state}`,
    'npm start -- --explain CHECK',
    `npm start -- --sql 'select * from cur_findings order by estimated_saving desc'${state}`,
  ];
}

/** Text as one word of a POSIX shell. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

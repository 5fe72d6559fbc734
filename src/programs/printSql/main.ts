import { fileURLToPath } from 'node:url';
import { CheckError } from '../../analytics/checks/checkError.ts';
import { loadWastageScript, readChecks } from '../../analytics/checks/readChecks.ts';
import { checkStatement } from '../../analytics/checks/weave.ts';
import { ScriptError } from '../../analytics/scriptError.ts';
import { readOptions, UsageError } from '../../base/commandLine.ts';

const SQL = fileURLToPath(new URL('../../../sql/', import.meta.url));
const HELP = `Prints the wastage script as it is run, with the checks of sql/checks in their places.

  npm run --silent sql:print
  npm run --silent sql:print -- --check NAME   one check's statement alone
  npm run sql:print -- --help

Placeholders (#startyear, #startmonth, (#payers_ids), #owner_key, #environment_key, #required_tags) are filled
when it is run. Exit status: 0; 1 for a check or script that cannot be read; 2 for a wrong command line.
`;

process.exitCode = await print(process.argv.slice(2));

async function print(args: readonly string[]): Promise<number> {
  try {
    const { help, check } = readOptions(args, { help: { type: 'boolean' }, check: { type: 'string' } });
    process.stdout.write(
      help ? HELP : `${check === undefined ? await loadWastageScript(SQL) : await statementOf(check)}\n`,
    );
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    if (!isUsage && !(error instanceof CheckError || error instanceof ScriptError)) throw error;
    process.stderr.write(`${error.message}${isUsage ? '\nnpm run sql:print -- --help shows what there is' : ''}\n`);
    return isUsage ? 2 : 1;
  }
}

async function statementOf(name: string): Promise<string> {
  const checks = await readChecks(`${SQL}checks`);
  const check = checks.find(({ id }) => id === name);
  if (!check) throw new UsageError(`--check must be one of ${checks.map(({ id }) => id).join(', ')}, got "${name}"`);
  return checkStatement(check);
}

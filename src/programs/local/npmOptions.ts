import { UsageError } from '../../base/commandLine.ts';

/**
 * Refuses a command line whose options npm has taken for its own: without `--` before them, `npm
 * start --from DIR` reaches the program as `DIR`, and the option as npm's configuration `from` (npm
 * documentation, "npm run-script" and "config": configuration from the command line is put into the
 * environment as `npm_config_…`, dashes as underscores). Running without it would deliver the
 * sample in place of the person's files.
 *
 * Throws UsageError, which names the options.
 */
export function refuseOptionsOfNpm(
  environment: NodeJS.ProcessEnv,
  names: readonly string[],
  args: readonly string[],
): void {
  // Only what `npm start` itself was given: other scripts and their children inherit the
  // environment.
  if (environment.npm_lifecycle_event !== 'start') return;
  const taken = names.filter((name) => environment[`npm_config_${name.replaceAll('-', '_')}`] !== undefined);
  const [first] = args;
  if (taken.length === 0 && first !== undefined && first !== '' && !first.startsWith('-')) {
    // npm has options of these names, too: of `--quiet 10` it leaves the 10.
    throw new UsageError(`${JSON.stringify(first)} is no option: put -- before options, as in npm start -- --from DIR`);
  }
  if (taken.length === 0) return;
  const options = taken.map((name) => `--${name}`).join(', ');
  const them = taken.length === 1 ? 'it' : 'them';
  throw new UsageError(
    `npm has kept ${options} for itself: put -- before ${them}, as in npm start -- ${taken.map((name) => `--${name}`).join(' ')}`,
  );
}

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** The command line is wrong. Consequence: the message, a hint at --help, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The values of a command line's options; there is nothing else on it. Throws UsageError, which names what is wrong. */
export function readOptions<Config extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Config,
): ReturnType<typeof parseArgs<{ options: Config }>>['values'] {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** The command line is wrong. Consequence: the message, a hint at --help, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * The values of a command line's options; there is nothing else on it. Throws UsageError, which
 * names what is wrong: an unknown option, an option with a value that is given twice (which of them
 * counts?), an empty value (mostly an unset shell variable).
 */
export function readOptions<Config extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Config,
): ReturnType<typeof parseArgs<{ options: Config }>>['values'] {
  try {
    const { values, tokens } = parseArgs({ args: [...args], options, tokens: true });
    const seen = new Map<string, string>();
    for (const token of tokens) {
      if (token.kind !== 'option' || token.value === undefined) continue;
      const { name, value } = token;
      const earlier = seen.get(name);
      if (value === '') throw new UsageError(`--${name} must not be empty, got ""`);
      if (earlier !== undefined && options[name]?.multiple !== true) {
        throw new UsageError(`--${name} is given twice: ${JSON.stringify(earlier)} and ${JSON.stringify(value)}`);
      }
      seen.set(name, value);
    }
    return values;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' '));
  }
}

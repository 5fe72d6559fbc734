const UNKNOWN = 80;

/**
 * How wide lines may be: as wide as the terminal, else as COLUMNS says, else 80, as in a file or a
 * pipe.
 */
export function terminalWidth(stdoutColumns: number | undefined, environment: NodeJS.ProcessEnv): number {
  if (stdoutColumns !== undefined && stdoutColumns > 0) return stdoutColumns;
  const said = environment.COLUMNS ?? '';
  return /^[1-9]\d{0,5}$/.test(said) ? Number(said) : UNKNOWN;
}

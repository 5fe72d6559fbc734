/**
 * A script that cannot be rendered or split. Consequence: nothing of it is run; somebody mends it
 * at `line`.
 */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
  /** The line of the script, 1 for the first. */
  readonly line: number;

  constructor(message: string, line: number) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

/**
 * A check's file that cannot be read. Consequence: nothing of the script is run, or packaged;
 * somebody mends the file.
 */
export class CheckError extends Error {
  override readonly name = 'CheckError';

  constructor(id: string, message: string) {
    super(`sql/checks/${id}.sql: ${message}`);
  }
}

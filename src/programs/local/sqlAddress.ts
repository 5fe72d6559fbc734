import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shortHash } from '../../base/shortHash.ts';

/**
 * A socket's path may hold 104 bytes on macOS, 108 on Linux (unix(4), unix(7)), the NUL at its end
 * among them.
 */
const MAX_BYTES = 103;

/**
 * Where the process that works on a state answers questions: in the state's folder, or, if that
 * path is too long, beside the temporary files.
 */
export function sqlAddress(keep: string): string {
  const inState = join(keep, 'sql.sock');
  if (Buffer.byteLength(inState) <= MAX_BYTES) return inState;
  const name = shortHash(keep, 24);
  return join(tmpdir(), `cur-reactor-${name}.sock`);
}

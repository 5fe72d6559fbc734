import { shortHash } from '../base/shortHash.ts';

const MAX_CHARACTERS = 60;
const HASH_DIGITS = 16;
/** What the name of an owner looks like whose word is not the owner itself. */
const HASHED = /-[0-9a-f]{16}$/;

/**
 * An owner as one word of a routing key: words have dots between them, and a binding's `*` and `#`
 * stand for words (AMQP 0-9-1, topic exchanges); a whole key has 255 bytes at most. An owner that
 * is such a word is its own name. Any other is what is left of it, and a hash of all of it: `jane
 * doe` is `jane-doe-` and 16 digits. A word that ends like that is never an owner's own name, so
 * two owners never share one.
 */
export function ownerWord(owner: string): string {
  if (/^[A-Za-z0-9_-]{1,60}$/.test(owner) && !HASHED.test(owner)) return owner;
  const rest = owner
    .replaceAll(/[^A-Za-z0-9_]+/g, '-')
    .replace(/^-/, '')
    .slice(0, MAX_CHARACTERS)
    .replace(/-$/, '');
  return `${rest === '' ? 'owner' : rest}-${shortHash(owner, HASH_DIGITS)}`;
}

import { hash } from 'node:crypto';

/**
 * The first hexadecimal digits of a text's SHA-256, four bits each: 16 are a name that no two of a
 * billion texts are likely to share. Names that are stored are made of it: whoever changes a text
 * or a length changes these.
 */
export function shortHash(text: string, digits = 16): string {
  return hash('sha256', text, 'hex').slice(0, digits);
}

import { printable, quoteValue } from '../base/printable.ts';

/**
 * The keys of tags or cost categories that a company uses, as its reports name them
 * (`user_owner`): a script reads them by its placeholders.
 */
export interface TagKeys {
  /** Whose value names the owner of a resource. */
  readonly ownerKey: string;
  /** Whose value says what a resource is for: production, test, and so on. */
  readonly environmentKey: string;
  /** Those that every resource has to have. */
  readonly requiredTags: readonly string[];
}

export const DEFAULT_TAG_KEYS: TagKeys = {
  ownerKey: 'user_owner',
  environmentKey: 'user_environment',
  requiredTags: ['user_owner'],
};

const MAX_KEY_CHARACTERS = 200;
const MAX_REQUIRED_TAGS = 20;

/** What a key may be, in words: it must be … */
export const TAG_KEY = `the key of a tag: at most ${MAX_KEY_CHARACTERS} printable characters, no backslash`;
export const REQUIRED_TAGS = `1 to ${MAX_REQUIRED_TAGS} different keys of tags with commas between them`;

/** AWS has no backslash in keys, and only one of the warehouses takes it for an escape. */
export function isTagKey(text: string): boolean {
  const isShort = text.trim() !== '' && text.length <= MAX_KEY_CHARACTERS;
  return isShort && printable(text) === text && !text.includes('\\');
}

/** `user_owner,user_team`: its keys, which {@link areRequiredTags} may refuse. */
export function splitTagKeys(text: string): readonly string[] {
  return text.split(',').map((key) => key.trim());
}

export function areRequiredTags(keys: readonly string[]): boolean {
  const areDifferent = new Set(keys).size === keys.length;
  return keys.length > 0 && keys.length <= MAX_REQUIRED_TAGS && areDifferent && keys.every(isTagKey);
}

/** Throws a RangeError that names the value. */
export function parseTagKey(text: string): string {
  if (isTagKey(text)) return text;
  throw new RangeError(`must be ${TAG_KEY}, got ${quoteValue(text)}`);
}

/** Throws a RangeError that names the value. */
export function checkRequiredTags(keys: readonly string[]): readonly string[] {
  if (areRequiredTags(keys)) return keys;
  throw new RangeError(`must be ${REQUIRED_TAGS}, got ${quoteValue(keys.join(','))}`);
}

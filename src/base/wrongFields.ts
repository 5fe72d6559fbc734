import type * as z from 'zod/mini';
import { printable, quoteValue } from './printable.ts';

const MAX_NAME_CHARACTERS = 120;

/** How a value is spoken of. */
interface Wording {
  /** What the value is called as a whole, where it is wrong as a whole: `body`. */
  readonly whole: string;
  /** What one of its fields is called; by default its {@link fieldName}. */
  readonly nameOf?: (path: readonly PropertyKey[]) => string;
  /** Instead of `is missing`. */
  readonly missing?: string;
  /** Instead of `is an unknown field`. */
  readonly unknown?: string;
  /** Whether the value of a field, or the whole, must not be shown. By default everything may. */
  readonly isSecret?: (path: readonly PropertyKey[]) => boolean;
}

/**
 * What zod found wrong with a value that came from outside, a sentence for each field:
 * `prefix must be a string, got 7`, `bucket is missing`. A schema's own messages are the words
 * between the name and the value.
 */
export function wrongFields(issues: readonly z.core.$ZodIssue[], value: unknown, wording: Wording): string[] {
  const { whole, nameOf = fieldName, missing = 'is missing', unknown = 'is an unknown field', isSecret } = wording;

  function sentence(path: readonly PropertyKey[], rule: string): string {
    const name = path.length === 0 ? whole : nameOf(path);
    return isSecret?.(path) ? `${name} ${rule}` : `${name} ${rule}, got ${quoteValue(valueAt(value, path))}`;
  }

  return issues.flatMap((issue) => {
    const { path } = issue;
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => sentence([...path, key], unknown));
    const isMissing = path.length > 0 && valueAt(value, path) === undefined;
    return isMissing ? `${nameOf(path)} ${missing}` : sentence(path, issue.message);
  });
}

/**
 * A path as a programmer would write it: `files[2].key`. What it is made of may come from outside,
 * so it is made printable.
 */
export function fieldName(path: readonly PropertyKey[]): string {
  const name = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return printable(name.replace(/^\./, '').slice(0, MAX_NAME_CHARACTERS));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, part) : undefined),
    value,
  );
}

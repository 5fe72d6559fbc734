import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { wrongFields } from '../../src/base/wrongFields.ts';

const schema = z.strictObject(
  {
    name: z.string('must be a string'),
    sizes: z.array(z.number('must be a number')),
    key: z.optional(z.string('must be a string')),
  },
  { error: ({ code }) => (code === 'invalid_type' ? 'must be an object' : undefined) },
);

function sentences(value: unknown, wording: Partial<Parameters<typeof wrongFields>[2]> = {}): string[] {
  return wrongFields(schema.safeParse(value).error?.issues ?? [], value, { whole: 'body', ...wording });
}

describe('what is wrong with a value', () => {
  it('is nothing when it fits', () => {
    expect(sentences({ name: 'a', sizes: [1] })).toEqual([]);
  });

  it('is a sentence for each field: its name, the rule, and the value', () => {
    expect(sentences({ name: 7, sizes: [1, 'two'], other: [] })).toEqual([
      'name must be a string, got 7',
      'sizes[1] must be a number, got "two"',
      'other is an unknown field, got []',
    ]);
    expect(sentences({ sizes: [] })).toEqual(['name is missing']);
  });

  it('is said of the whole, where it is wrong as a whole', () => {
    expect(sentences('text')).toEqual(['body must be an object, got "text"']);
    expect(sentences(undefined)).toEqual(['body must be an object, got undefined']);
  });

  it('fits on one line of a log, whatever the fields are called and hold', () => {
    const [unknown] = sentences({ name: 'a', sizes: [], ['\n'.repeat(1000)]: '\u202e' });
    expect(unknown).toMatch(/^(\\u\{a\}){119,120} is an unknown field, got "\\u\{202e\}"$/);
  });

  it('is said in the words of the caller, and shows no value that is secret', () => {
    const wording = {
      nameOf: (path: readonly PropertyKey[]) => `$${String(path[0]).toUpperCase()}`,
      missing: 'is not set',
      unknown: 'is not known here',
      isSecret: ([name]: readonly PropertyKey[]) => name === 'key',
    };
    expect(sentences({ sizes: [], key: 1, other: 2 }, wording)).toEqual([
      '$NAME is not set',
      '$KEY must be a string',
      '$OTHER is not known here, got 2',
    ]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownerWord } from '../../src/outbox/ownerWord.ts';

describe("an owner's word of a routing key", () => {
  it.each(['team-a', '111122223333', 'Team_A', 'x'.repeat(60)])('is %s itself where it is one word', (owner) => {
    expect(ownerWord(owner)).toBe(owner);
  });

  it.each([
    ['jane.doe@example.com', /^jane-doe-example-com-[0-9a-f]{16}$/],
    ['cost center 4 #1', /^cost-center-4-1-[0-9a-f]{16}$/],
    ['*', /^owner-[0-9a-f]{16}$/],
    ['', /^owner-[0-9a-f]{16}$/],
    ['Zoë', /^Zo-[0-9a-f]{16}$/],
    ['x'.repeat(61), /^x{60}-[0-9a-f]{16}$/],
  ])('is what is left of %j, and a hash', (owner, word) => {
    expect(ownerWord(owner)).toMatch(word);
  });

  it('is never shared by two owners, also not by one who is called like the word of another', () => {
    const owners = ['a.b', 'a b', 'a-b', 'a#b', 'A.b', ' a.b', 'a.b '];
    const words = owners.map(ownerWord);
    const all = [...words, ...words.map(ownerWord)];
    // Of `a-b` alone the word of its word is its own.
    expect(new Set(all).size).toBe(2 * owners.length - 1);
  });

  it('fits a routing key as one word, whatever the owner is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (owner) => {
        expect(ownerWord(owner)).toMatch(/^[\w-]{1,77}$/);
      }),
    );
  });
});

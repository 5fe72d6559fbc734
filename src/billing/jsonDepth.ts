/**
 * How deeply the objects and lists of a JSON text are nested in each other, without parsing it:
 * parsers and printers that recurse run out of stack on a text of some thousand brackets. Stops
 * counting at `limit`. The text need not be valid.
 */
export function jsonDepth(text: string, limit: number): number {
  let [depth, deepest] = [0, 0];
  let isInText = false;
  for (let index = 0; index < text.length && deepest < limit; index += 1) {
    const character = text.charCodeAt(index);
    if (isInText) {
      if (character === BACKSLASH) index += 1;
      else if (character === QUOTE) isInText = false;
    } else if (character === QUOTE) isInText = true;
    else if (character === BRACE || character === BRACKET) {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (character === CLOSING_BRACE || character === CLOSING_BRACKET) depth -= 1;
  }
  return deepest;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

import type { RenderedStatement } from '../../src/warehouse/script.ts';

/** A statement, or one that is a check. */
export type ScriptLine = string | { readonly sql: string; readonly check: string };

/** Statements as they are rendered from a script that has one on each line. */
export function rendered(script: readonly ScriptLine[]): RenderedStatement[] {
  return script.map((one, index) => ({ ...(typeof one === 'string' ? { sql: one } : one), line: index + 1 }));
}

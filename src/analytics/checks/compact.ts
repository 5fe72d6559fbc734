import { segmentsOf } from '../segments.ts';

const DIRECTIVE = /^--\s*reactor:/i;

/**
 * A script without what no engine reads: comments, but for directives, and indentation. What is
 * deployed with a function is loaded at each cold start, and sent to the warehouse in each run.
 * Throws a ScriptError as {@link segmentsOf} does.
 */
export function compactScript(script: string): string {
  const text = segmentsOf(script).map((segment) => {
    if (segment.kind === 'comment') return DIRECTIVE.test(segment.text) ? segment.text : ' ';
    return segment.kind === 'code' ? segment.text.replace(/[ \t]+/g, ' ').replace(/ ?(\n ?)+/g, '\n') : segment.text;
  });
  return text.join('').replace(/^\s+/, '');
}

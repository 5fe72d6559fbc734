import { ScriptError } from '../../analytics/scriptError.ts';
import { type Segment, segmentsOf } from '../../analytics/segments.ts';

/** `#` and what belongs to it: a name, or what stands up to a blank. */
const PLACEHOLDER = /#(?:[A-Za-z_]\w*|[^\s;,()'"]*)/g;

/**
 * Fills the placeholders of a setup script, `#name`, wherever SQL is read: in code and in '…'.
 * Comments stay as they are. `values` are SQL already: whoever gives them has validated them.
 * Throws a ScriptError that names the placeholder and its line when it has no value, or stands in
 * '…' with a value that would end it; and what {@link segmentsOf} throws.
 */
export function renderSetupScript(script: string, values: ReadonlyMap<string, string>): string {
  return segmentsOf(script)
    .map((segment) => (segment.kind === 'comment' ? segment.text : renderSegment(segment, values)))
    .join('');
}

function renderSegment(segment: Segment, values: ReadonlyMap<string, string>): string {
  return segment.text.replace(PLACEHOLDER, (found: string, offset: number) => {
    const fail = (why: string): never => {
      throw new ScriptError(why, segment.line + segment.text.slice(0, offset).split('\n').length - 1);
    };
    const value = values.get(found.slice(1));
    if (value === undefined) return fail(`unknown placeholder ${found}`);
    if (segment.kind !== 'code' && /['"\\$]/.test(value))
      return fail(`${found} inside quotes: its value would end them`);
    return value;
  });
}

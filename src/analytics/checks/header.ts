import { CheckError } from './checkError.ts';

const CONFIDENCES = ['high', 'medium', 'low'] as const;
type Confidence = (typeof CONFIDENCES)[number];

/**
 * What the header of a check's file says, for people and for the script. Every field is required,
 * in this order.
 */
export interface CheckHeader {
  readonly title: string;
  /** What a finding is. */
  readonly finds: string;
  /** Why that is waste. */
  readonly why: string;
  /** By which columns and patterns it is found. */
  readonly reads: string;
  /** The values that decide, by their names in the SQL; none where nothing is weighed. */
  readonly thresholds: readonly Threshold[];
  /** How the saving is computed. */
  readonly saving: string;
  readonly confidence: Confidence;
  /** What it cannot see. */
  readonly blind: string;
  /** What to do about a finding: two or three sentences. */
  readonly do: string;
  /** Where patterns and prices come from, with the date. */
  readonly source: string;
  /** Product codes that it looks at; `any` for all of them. */
  readonly services: readonly string[];
  /** Attributes without which it cannot be told whether there is anything to find. */
  readonly needs: readonly string[];
}

interface Threshold {
  /** In the SQL, `#name` stands for the value. */
  readonly name: string;
  /** As it is written into the SQL. */
  readonly value: string;
  readonly meaning: string;
}

const FIELDS = [
  'title',
  'finds',
  'why',
  'reads',
  'thresholds',
  'saving',
  'confidence',
  'blind',
  'do',
  'source',
  'services',
  'needs',
] as const satisfies readonly (keyof CheckHeader)[];
type Field = (typeof FIELDS)[number];

const FIELD = /^-- ([a-z]+):(?: (.*))?$/;
const CONTINUATION = /^-- {2,}(\S.*)$/;
const THRESHOLD = /^([a-z][a-z0-9_]*) = (-?\d+(?:\.\d+)?): (\S.*)$/;
const SERVICE = /^[A-Za-z][A-Za-z0-9]*$/;
const ATTRIBUTE = /^[a-z][a-z_]*$/;

/**
 * Parses the `--` lines that a check's file begins with: `-- field: text`, and continuation lines
 * with more blanks. `id` is the name of the check. Answers the header and the rest of the file.
 * Throws a CheckError that names the check, the field and the value.
 */
export function parseHeader(id: string, text: string): { readonly header: CheckHeader; readonly sql: string } {
  const lines = text.split(/\r?\n/);
  const end = lines.findIndex((line) => !line.startsWith('--'));
  const fields = fieldsOf(id, lines.slice(0, end < 0 ? lines.length : end));
  const textOf = (field: Field): string => {
    const value = (fields.get(field) ?? []).join(' ').trim();
    if (value === '') throw new CheckError(id, `the field "${field}" is missing or empty`);
    return value;
  };
  const [title, finds, why, reads] = [textOf('title'), textOf('finds'), textOf('why'), textOf('reads')];
  const header = {
    title,
    finds,
    why,
    reads,
    thresholds: thresholdsOf(id, fields.get('thresholds') ?? []),
    saving: textOf('saving'),
    confidence: confidenceOf(id, textOf('confidence')),
    blind: textOf('blind'),
    do: textOf('do'),
    source: textOf('source'),
    services: listOf(id, 'services', textOf('services'), SERVICE),
    needs: textOf('needs') === 'nothing' ? [] : listOf(id, 'needs', textOf('needs'), ATTRIBUTE),
  };
  return {
    header,
    sql: lines
      .slice(end < 0 ? lines.length : end)
      .join('\n')
      .trim(),
  };
}

/** The lines of each field, without the marks of a comment. */
function fieldsOf(id: string, lines: readonly string[]): Map<Field, string[]> {
  const fields = new Map<Field, string[]>();
  let open: string[] | undefined;
  for (const line of lines) {
    const continuation = CONTINUATION.exec(line)?.[1];
    const [, name, text = ''] = FIELD.exec(line) ?? [];
    if (continuation !== undefined && open) {
      open.push(continuation.trim());
      continue;
    }
    const field = FIELDS.find((known) => known === name);
    if (!field) throw new CheckError(id, `the header's line "${line}" is no field: there are ${FIELDS.join(', ')}`);
    if (fields.has(field)) throw new CheckError(id, `the field "${field}" is there twice`);
    open = text.trim() === '' ? [] : [text.trim()];
    fields.set(field, open);
  }
  return fields;
}

function thresholdsOf(id: string, lines: readonly string[]): Threshold[] {
  if (lines.length === 0) throw new CheckError(id, 'the field "thresholds" is missing or empty');
  if (lines.join(' ') === 'none') return [];
  const parsed = lines.map((line) => {
    const [, name, value, meaning] = THRESHOLD.exec(line) ?? [];
    if (name === undefined || value === undefined || meaning === undefined) {
      throw new CheckError(id, `the threshold "${line}" is not written "name = number: meaning"`);
    }
    return { name, value, meaning };
  });
  const twice = parsed.find(({ name }, index) => parsed.findIndex((other) => other.name === name) !== index);
  if (twice) throw new CheckError(id, `the threshold "${twice.name}" is there twice`);
  return parsed;
}

function confidenceOf(id: string, text: string): Confidence {
  const known = CONFIDENCES.find((confidence) => confidence === text);
  if (!known) throw new CheckError(id, `confidence "${text}" is none of ${CONFIDENCES.join(', ')}`);
  return known;
}

function listOf(id: string, field: Field, text: string, pattern: RegExp): string[] {
  const items = text.split(',').map((item) => item.trim());
  const wrong = items.find((item) => !pattern.test(item));
  if (wrong !== undefined) throw new CheckError(id, `"${wrong}" in the field "${field}" is not a name`);
  return items;
}

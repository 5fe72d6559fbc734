import { ScriptError } from '../scriptError.ts';
import { segmentsOf } from '../segments.ts';
import { statementsOf } from '../statements.ts';
import { CheckError } from './checkError.ts';
import { type CheckHeader, parseHeader } from './header.ts';

/** One check: a file of the folder sql/checks, read. */
export interface Check {
  /** Its name: that of its file, without `.sql`. */
  readonly id: string;
  readonly header: CheckHeader;
  /** One SELECT with the columns of a finding, in which thresholds stand as their values. */
  readonly select: string;
}

/** A file of the folder: its name, with `.sql`, and its text. */
interface CheckFile {
  readonly name: string;
  readonly text: string;
}

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*\.sql$/;
/** Placeholders of the script that a check may use, too. */
const OF_SCRIPT = ['startyear', 'startmonth', 'payers_ids', 'owner_key', 'environment_key', 'required_tags'];
const PLACEHOLDER = /#([a-z_][a-z0-9_]*)/gi;

/**
 * Reads a check. Throws a CheckError: a name that is not in lower case with hyphens, a header that
 * lacks something, SQL that is not exactly one statement that begins with `select` or `with`, a
 * `#name` that is neither a threshold nor a placeholder of the script, a threshold that the SQL
 * does not use.
 */
export function parseCheck({ name, text }: CheckFile): Check {
  const id = name.replace(/\.sql$/, '');
  if (!NAME.test(name)) throw new CheckError(id, 'the name must be lower case, with digits and hyphens');
  const { header, sql } = parseHeader(id, text);
  const used = new Set<string>();
  const values = new Map(header.thresholds.map((threshold) => [threshold.name, threshold.value]));
  const filled = codeOf(id, sql)
    .map(({ kind, text: part }) =>
      kind === 'comment'
        ? part
        : part.replace(PLACEHOLDER, (found: string, placeholder: string) => {
            const value = values.get(placeholder);
            if (value === undefined && (kind === 'string' || OF_SCRIPT.includes(placeholder))) return found;
            if (value === undefined) throw new CheckError(id, `"${found}" is not among its thresholds`);
            used.add(placeholder);
            return value;
          }),
    )
    .join('');
  const unused = header.thresholds.find((threshold) => !used.has(threshold.name));
  if (unused) throw new CheckError(id, `the threshold "${unused.name}" is not used in the SQL`);
  return { id, header, select: onlyStatement(id, filled) };
}

function codeOf(id: string, sql: string) {
  try {
    return segmentsOf(sql);
  } catch (error) {
    throw error instanceof ScriptError ? new CheckError(id, error.message) : error;
  }
}

function onlyStatement(id: string, sql: string): string {
  const statements = statementsOf(sql);
  const [only] = statements;
  if (only === undefined || statements.length > 1) {
    throw new CheckError(id, `the file must hold one SELECT, it holds ${statements.length} statements`);
  }
  if (!/^(select|with)\b/i.test(only))
    throw new CheckError(id, `the statement must be a SELECT: "${only.slice(0, 40)}"`);
  return only;
}

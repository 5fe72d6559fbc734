import type { StatementResult } from './protocolServer.ts';
import { asRecord } from './protocolWire.ts';
import type { Block, Branch, Expression, ScriptingStatement, Value } from './snowflakeScripting.ts';
import { refused } from './snowflakeStatements.ts';

/**
 * Runs a block as Snowflake does: each statement of it by `runChild`, one after the other; when one
 * fails, the handler with SQLCODE and SQLERRM. Answers what the block returns, in the column that
 * Snowflake calls `anonymous block`.
 */
export async function runBlock(
  block: Block,
  runChild: (sql: string) => Promise<StatementResult>,
): Promise<StatementResult> {
  return answer(await runNested({ variables: new Map(block.variables), runChild }, block));
}

/** The handler's `raise` throws again what it handles. */
async function runNested(scope: Scope, block: Pick<Block, 'statements' | 'whenOther'>): Promise<Returned | undefined> {
  try {
    return await runAll(scope, block.statements);
  } catch (error) {
    const { code } = asRecord(error);
    // What is not Snowflake's own refusal is a mistake in the stand-in, or in a test.
    if (typeof code !== 'string') throw error;
    scope.variables.set('sqlcode', Number(code));
    scope.variables.set('sqlerrm', error instanceof Error ? error.message : null);
    return runAll({ ...scope, handled: error }, block.whenOther);
  }
}

interface Scope {
  readonly variables: Map<string, Value>;
  readonly runChild: (sql: string) => Promise<StatementResult>;
  /** What the handler around it handles. */
  readonly handled?: unknown;
}

interface Returned {
  readonly value: Value;
}

function answer(returned: Returned | undefined): StatementResult {
  const value = returned?.value ?? null;
  return { columns: [{ name: 'anonymous block', type: 'text' }], rows: [[value === null ? null : String(value)]] };
}

/** Undefined when none of the statements returns. */
async function runAll(scope: Scope, statements: readonly ScriptingStatement[]): Promise<Returned | undefined> {
  for (const statement of statements) {
    const returned = await runOne(scope, statement);
    if (returned) return returned;
  }
  return undefined;
}

async function runOne(scope: Scope, statement: ScriptingStatement): Promise<Returned | undefined> {
  const { variables, runChild } = scope;
  switch (statement.is) {
    case 'return':
      return { value: evaluate(variables, statement.value) };
    case 'assign':
      set(variables, statement.variable, evaluate(variables, statement.value));
      return undefined;
    case 'run':
      // So real accounts answer.
      if (/^use\s/i.test(statement.sql)) throw refused('090236', "Unsupported statement type 'USE'.");
      await runChild(statement.sql);
      return undefined;
    case 'insert':
      await runChild(statement.sql.replaceAll(/:([a-z_]+)/g, (_, name: string) => literal(get(variables, name))));
      return undefined;
    case 'block':
      return runNested(scope, statement.block);
    case 'raise':
      throw scope.handled;
    case 'select': {
      const [row] = (await runChild(statement.sql)).rows;
      if (row?.length !== statement.into.length)
        throw new SyntaxError('a SELECT INTO has other columns than variables');
      statement.into.forEach((variable, index) => {
        const value = row[index] ?? null;
        set(variables, variable, value === null ? null : Number(value));
      });
      return undefined;
    }
    case 'if': {
      const taken = statement.branches.find((branch) => holds(variables, branch));
      return runAll(scope, taken?.statements ?? statement.otherwise);
    }
  }
}

/** A comparison with NULL does not hold. */
function holds(variables: ReadonlyMap<string, Value>, { variable, comparison, than }: Branch): boolean {
  const value = get(variables, variable);
  if (Array.isArray(than)) return than.includes(value);
  const other = typeof than === 'string' && comparison !== undefined ? get(variables, than) : than;
  if (value === null || other === null) return false;
  if (comparison === undefined) return value === true;
  if (comparison === '<>') return Number(value) !== Number(other);
  return comparison === '>' ? Number(value) > Number(other) : Number(value) >= Number(other);
}

function evaluate(variables: ReadonlyMap<string, Value>, expression: Expression): Value {
  switch (expression.is) {
    case 'constant':
      return expression.value;
    case 'variable':
      return get(variables, expression.name);
    case 'json': {
      const fields = expression.fields.map(([key, value]) => [key, evaluate(variables, value)] as const);
      // OBJECT_CONSTRUCT leaves out what is NULL.
      return JSON.stringify(Object.fromEntries(fields.filter(([, value]) => value !== null)));
    }
  }
}

/** Binds have the value, and no text of SQL. */
function literal(value: Value): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
}

function get(variables: ReadonlyMap<string, Value>, name: string): Value {
  const value = variables.get(name);
  if (value === undefined) throw new SyntaxError(`the block declares no variable ${name}`);
  return value;
}

function set(variables: Map<string, Value>, name: string, value: Value): void {
  if (!variables.has(name)) throw new SyntaxError(`the block declares no variable ${name}`);
  variables.set(name, value);
}

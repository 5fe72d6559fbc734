import { type ESTree, parseSync, Visitor, type VisitorObject } from 'rolldown/utils';

/** What is counted in one file. Lines are numbered from 1. */
export interface Measures {
  readonly file: string;
  readonly lines: number;
  readonly functions: readonly FunctionMeasures[];
  readonly any: readonly number[];
  /** `value!` and `field!: Type`. */
  readonly nonNull: readonly number[];
  readonly nestedTernaries: readonly number[];
  /** `{ ...(x === undefined ? {} : { x }) }` and `{ ...(x && { x }) }`. */
  readonly conditionalSpreads: readonly number[];
  /**
   * Lines on which a comment ends beyond {@link COMMENT_COLUMNS}; in tables, {@link TABLE_COLUMNS}.
   */
  readonly wideComments: readonly number[];
}

export interface FunctionMeasures {
  /** Undefined for a function that is an argument or a result. */
  readonly name: string | undefined;
  readonly line: number;
  readonly lines: number;
  readonly parameters: number;
}

export const COMMENT_COLUMNS = 100;
/** Of a table in a comment: as wide as code may be. */
export const TABLE_COLUMNS = 120;

/** Measures one file's text. A file that does not parse throws. */
export function measure(file: string, text: string): Measures {
  const { program, comments, errors } = parseSync(file, text);
  const [error] = errors;
  if (error) throw new Error(`${file}: ${error.message}`);
  const starts = lineStarts(text);
  const lineOf = (position: number) => starts.findLastIndex((start) => start <= position) + 1;
  const linesOf = (nodes: readonly ESTree.Span[]) => nodes.map(({ start }) => lineOf(start));
  const found = visit(program);
  return {
    file,
    lines: text.split('\n').length - 1,
    functions: found.functions.map(({ name, node, parameters }) => ({
      name,
      line: lineOf(node.start),
      lines: lineOf(node.end) - lineOf(node.start) + 1,
      parameters,
    })),
    any: linesOf(found.any),
    nonNull: linesOf(found.nonNull),
    nestedTernaries: linesOf(found.nestedTernaries),
    conditionalSpreads: linesOf(found.conditionalSpreads),
    wideComments: comments.flatMap((comment) => wideLines(comment, text, lineOf)),
  };
}

interface FoundFunction {
  readonly name: string | undefined;
  readonly node: ESTree.Span;
  readonly parameters: number;
}

function visit(program: ESTree.Program) {
  const found = {
    functions: [] as FoundFunction[],
    any: [] as ESTree.Span[],
    nonNull: [] as ESTree.Span[],
    nestedTernaries: [] as ESTree.Span[],
    conditionalSpreads: [] as ESTree.Span[],
  };
  const names = new Map<ESTree.Node, string>();
  const add = (node: ESTree.Function | ESTree.ArrowFunctionExpression) => {
    const name = node.id?.name ?? names.get(node);
    found.functions.push({ name, node, parameters: node.params.length });
  };
  const visitor: VisitorObject = {
    VariableDeclarator: ({ id, init }) => {
      if (init && id.type === 'Identifier') names.set(init, id.name);
    },
    Property: ({ key, value }) => {
      if (key.type === 'Identifier') names.set(value, key.name);
    },
    MethodDefinition: ({ key, value }) => {
      if (key.type === 'Identifier') names.set(value, key.name);
    },
    FunctionDeclaration: add,
    FunctionExpression: add,
    ArrowFunctionExpression: add,
    TSAnyKeyword: (node) => found.any.push(node),
    TSNonNullExpression: (node) => found.nonNull.push(node),
    PropertyDefinition: (node) => {
      if (node.definite) found.nonNull.push(node);
    },
    ConditionalExpression: (node) => {
      const parts = [node.test, node.consequent, node.alternate].map(unwrapped);
      if (parts.some(({ type }) => type === 'ConditionalExpression')) found.nestedTernaries.push(node);
    },
    ObjectExpression: ({ properties }) => {
      found.conditionalSpreads.push(...properties.filter(isConditionalSpread));
    },
  };
  new Visitor(visitor).visit(program);
  return found;
}

function isConditionalSpread(property: ESTree.ObjectPropertyKind): boolean {
  if (property.type !== 'SpreadElement') return false;
  const spread = unwrapped(property.argument);
  return spread.type === 'ConditionalExpression' || (spread.type === 'LogicalExpression' && spread.operator === '&&');
}

function unwrapped(node: ESTree.Expression): ESTree.Expression {
  return node.type === 'ParenthesizedExpression' ? unwrapped(node.expression) : node;
}

/** The lines of a comment that are too wide. One long word, such as a link, cannot be wrapped. */
function wideLines({ start, end }: ESTree.Span, text: string, lineOf: (position: number) => number): number[] {
  const column = start - (text.lastIndexOf('\n', start) + 1);
  const first = lineOf(start);
  return text
    .slice(start, end)
    .split('\n')
    .flatMap((line, index) => {
      const content = line.replace(/^\s*(?:\/\*\*?|\/\/|\*) ?/, '');
      const canBeWrapped = content.trim().includes(' ');
      const columns = line.length + (index === 0 ? column : 0);
      return canBeWrapped && columns > (isTableRow(content) ? TABLE_COLUMNS : COMMENT_COLUMNS) ? [first + index] : [];
    });
}

/** Text in aligned columns, or what continues such a row: it is indented. */
function isTableRow(content: string): boolean {
  return content.startsWith('  ') || /\S {2,}\S/.test(content);
}

function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

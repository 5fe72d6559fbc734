import type { Expression, Query, Selected, Source, VirtualColumn } from './syntax.ts';
import { type Token, tokensOf } from './tokens.ts';

/** Throws a SyntaxError for what is no query, or one that this parser does not know. */
export function parseQuery(sql: string): Query {
  const parser = new Parser(tokensOf(sql));
  const query = parser.query();
  parser.expectEnd();
  return query;
}

/** The columns between the first parentheses of a CREATE TABLE: `name type as (expression)`. */
export function parseVirtualColumns(sql: string): VirtualColumn[] {
  const parser = new Parser(tokensOf(sql.slice(sql.indexOf('('))));
  return parser.bracketed(() => parser.virtualColumn());
}

const COMPARISONS = new Set(['=', '<>', '<', '<=', '>', '>=', 'like']);
/** What may stand behind a source without being its alias. */
const CLAUSES = new Set(['where', 'group', 'order', 'limit']);
const END: Token = { is: 'end', text: '' };

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #binds = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  query(): Query {
    const named: [string, Query][] = [];
    if (this.#took('with')) {
      do {
        const name = this.#name();
        this.#expect('as');
        this.#expect('(');
        named.push([name, this.query()]);
        this.#expect(')');
      } while (this.#took(','));
    }
    this.#expect('select');
    const selected = this.#list(() => (this.#took('*') ? '*' : this.#selected()));
    const from = this.#took('from') ? this.#source() : undefined;
    const where = this.#took('where') ? this.expression() : undefined;
    const groupBy = this.#took('group') && this.#took('by') ? this.#list(() => this.expression()) : [];
    const limit = this.#took('limit') ? Number(this.#next().text) : undefined;
    return { named, selected, from, where, groupBy, limit };
  }

  virtualColumn(): VirtualColumn {
    const name = this.#name();
    const type = this.#type();
    this.#expect('as');
    this.#expect('(');
    const expression = this.expression();
    this.#expect(')');
    return { name, type, expression };
  }

  /** A list in parentheses, which may be empty. */
  bracketed<Item>(item: () => Item): Item[] {
    this.#expect('(');
    if (this.#took(')')) return [];
    const items = this.#list(item);
    this.#expect(')');
    return items;
  }

  expression(): Expression {
    return this.#chain(['or'], () => this.#chain(['and'], () => this.#negation()));
  }

  expectEnd(): void {
    if (this.#peek().is !== 'end') throw this.#unexpected();
  }

  #negation(): Expression {
    if (this.#took('not')) return { is: 'not', of: this.#negation() };
    return this.#comparison();
  }

  #comparison(): Expression {
    const left = this.#sum();
    if (this.#took('is')) {
      const negated = this.#took('not');
      this.#expect('null');
      return { is: 'isNull', of: left, negated };
    }
    if (this.#took('in')) {
      // POSITION('=' in piece) has no parentheses of its own.
      const isListed = this.#peek().text === '(';
      return { is: 'in', of: left, list: isListed ? this.bracketed(() => this.expression()) : [this.#sum()] };
    }
    const { is, text: operator } = this.#peek();
    if ((is !== 'sign' && is !== 'word') || !COMPARISONS.has(operator)) return left;
    this.#next();
    return { is: 'operator', operator, left, right: this.#sum() };
  }

  #sum(): Expression {
    return this.#chain(['+', '-', '||'], () => this.#chain(['*', '/'], () => this.#postfix()));
  }

  #chain(operators: readonly string[], operand: () => Expression): Expression {
    let left = operand();
    for (;;) {
      const operator = operators.find((each) => this.#took(each));
      if (operator === undefined) return left;
      left = { is: 'operator', operator, left, right: operand() };
    }
  }

  #postfix(): Expression {
    let of = this.#primary();
    for (;;) {
      if (this.#took('::')) of = { is: 'cast', of, type: this.#type() };
      else if (this.#took(':')) of = { is: 'path', of, key: this.#next().text };
      else if (this.#took('[')) {
        of = { is: 'element', of, at: this.expression() };
        this.#expect(']');
      } else return of;
    }
  }

  #primary(): Expression {
    const token = this.#next();
    if (token.is === 'text') return { is: 'text', text: token.text };
    if (token.is === 'number') return { is: 'number', text: token.text };
    if (token.text === '-') return { is: 'number', text: `-${this.#next().text}` };
    if (token.is === 'quoted') return this.#nameFrom(token.text);
    if (token.text === '?') {
      this.#binds += 1;
      return { is: 'bind', index: this.#binds - 1 };
    }
    if (token.text === '(') return this.#parenthesis();
    if (token.is !== 'word') throw this.#unexpected(token);
    return this.#wordly(token.text);
  }

  #wordly(word: string): Expression {
    switch (word) {
      case 'null':
        return { is: 'word', value: null };
      case 'true':
      case 'false':
        return { is: 'word', value: word === 'true' };
      case 'case':
        return this.#case();
      case 'exists': {
        this.#expect('(');
        const query = this.query();
        this.#expect(')');
        return { is: 'exists', query };
      }
      case 'cast': {
        this.#expect('(');
        const of = this.expression();
        this.#expect('as');
        const type = this.#type();
        this.#expect(')');
        return { is: 'cast', of, type };
      }
    }
    if (this.#peek().text === '(' && this.#peek().is === 'sign') return this.#call(word);
    return this.#nameFrom(word);
  }

  #call(name: string): Expression {
    const given = this.bracketed(() => {
      if (this.#took('*')) return { is: 'word', value: true } as const;
      return this.#lambdaOrExpression();
    });
    return { is: 'call', name, given };
  }

  /** `name type -> …` or `(name type, …) -> …`. */
  #lambdaOrExpression(): Expression {
    const start = this.#at;
    const parameters = this.#lambdaParameters();
    if (parameters && this.#took('->')) return { is: 'lambda', parameters, body: this.expression() };
    this.#at = start;
    return this.expression();
  }

  #lambdaParameters(): string[] | undefined {
    const parameters: string[] = [];
    const isListed = this.#took('(');
    do {
      const [name, type] = [this.#next(), this.#next()];
      if (name.is !== 'word' || type.is !== 'word') return undefined;
      parameters.push(name.text);
    } while (isListed && this.#took(','));
    return isListed && !this.#took(')') ? undefined : parameters;
  }

  #parenthesis(): Expression {
    const inner = this.expression();
    this.#expect(')');
    return inner;
  }

  #case(): Expression {
    const branches = [];
    while (this.#took('when')) {
      const when = this.expression();
      this.#expect('then');
      branches.push({ when, value: this.expression() });
    }
    const otherwise = this.#took('else') ? this.expression() : undefined;
    this.#expect('end');
    return { is: 'case', branches, otherwise };
  }

  #nameFrom(first: string): Expression {
    if (!this.#took('.')) return { is: 'name', qualifier: undefined, name: first };
    return { is: 'name', qualifier: first, name: this.#next().text };
  }

  #selected(): Selected {
    const expression = this.expression();
    if (this.#took('as')) return { name: this.#name(), expression };
    if (expression.is === 'name') return { name: expression.name, expression };
    return { name: `expression ${this.#at}`, expression };
  }

  #source(): Source {
    if (this.#peek().text.startsWith('@')) return this.#stage();
    const isQuery = this.#took('(');
    const relation = isQuery ? this.query() : this.#path();
    if (isQuery) this.#expect(')');
    const { is, text } = this.#peek();
    const hasAlias = this.#took('as') || (is === 'word' && !CLAUSES.has(text));
    return { relation, alias: hasAlias ? this.#name() : undefined };
  }

  #stage(): Source {
    const { text: relation } = this.#next();
    const options = new Map(this.#peek().text === '(' ? this.bracketed(() => this.#option()) : []);
    return { relation, alias: undefined, pattern: options.get('pattern') };
  }

  #option(): [string, string] {
    const name = this.#name();
    for (const sign of ['=', '>']) this.#expect(sign);
    return [name, this.#next().text];
  }

  #type(): string {
    const name = this.#name();
    if (this.#took('(')) while (!this.#took(')')) this.#next();
    return name;
  }

  #name(): string {
    const token = this.#next();
    if (token.is !== 'word' && token.is !== 'quoted') throw this.#unexpected(token);
    return token.text;
  }

  /** A name with those of its schema and database, in lower case. */
  #path(): string {
    const names = [this.#name()];
    while (this.#took('.')) names.push(this.#name());
    return names.join('.');
  }

  #list<Item>(item: () => Item): Item[] {
    const items = [item()];
    while (this.#took(',')) items.push(item());
    return items;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #took(text: string): boolean {
    const token = this.#peek();
    if ((token.is !== 'word' && token.is !== 'sign') || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#took(text)) throw this.#unexpected(this.#peek(), text);
  }

  #unexpected(token = this.#peek(), wanted = 'something else'): SyntaxError {
    const near = this.#tokens.slice(Math.max(0, this.#at - 5), this.#at + 5).map(({ text }) => text);
    return new SyntaxError(`${JSON.stringify(token.text)} where ${wanted} was expected, near ${near.join(' ')}`);
  }
}

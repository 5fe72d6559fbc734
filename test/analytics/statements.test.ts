import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statementsOf } from '../../src/analytics/statements.ts';

describe('statements', () => {
  it('are split at semicolons, in order, with a transaction as statements of its own', () => {
    const script = 'begin transaction;\ndelete from t;\ninsert into t select 1;\ncommit;\n';
    expect(statementsOf(script)).toEqual(['begin transaction', 'delete from t', 'insert into t select 1', 'commit']);
  });

  it.each([
    ["select 'a;b'", 'a string'],
    ["select 'it''s; here'", 'a doubled quote'],
    ["select 'two backslashes\\\\'", 'an escaped backslash at the end'],
    ["select 'it\\'s; here'", 'an escaped quote, as Snowflake reads it'],
    ["select '\\\\\\'; here'", 'an escaped backslash and an escaped quote'],
    ["select '-- no comment; /* neither'", 'comment signs in a string'],
    ['select "a;""b"', 'an identifier'],
    ["execute immediate $$ begin; it's; end; $$", 'dollar quotes'],
    ['select 1 -- one; two\n + 2', 'a line comment'],
    ["select 1 // isn't; two\n + 2", 'a line comment of Snowflake'],
    ["select 1 /* isn't; /* ; \n */ + 2", 'a block comment'],
    ['select 1 /*/ ; */ + 2', 'a block comment that begins with its end'],
  ])('are not split inside %j: %s', (statement) => {
    expect(statementsOf(`${statement};select 2`)).toEqual([statement, 'select 2']);
  });

  it('that are empty vanish, and so do comments around statements', () => {
    expect(statementsOf(' ;; -- a remark; more\n ; /* end */')).toEqual([]);
    expect(statementsOf('-- head\nselect 1 -- tail\n; -- last')).toEqual(['select 1']);
    expect(statementsOf('')).toEqual([]);
  });

  it.each([
    ["select 1;\nselect 'a\n;b", "line 2: the ' quote"],
    ['select "a', 'line 1: the " quote'],
    ['\n\nselect $$ a;', 'line 3: the $$ quote'],
    ["select 'a\\';", "line 1: the ' quote"],
    ["select 'a\n\n';\n/* b", 'line 4: the /* comment'],
  ])('with a quote or comment that is never closed are an error with the line it began on: %j', (script, message) => {
    expect(() => statementsOf(script)).toThrow(message);
  });
});

const quotable = fc.string({ unit: fc.constantFrom('a', ' ', ';', '-', '/', '*', '#', '\n', 'é') });
const code = fc.constantFrom('select', 'a', '1', ',', '(', ')', '- 1', '/ 2', '* 3', '$1');
const quoted = fc.oneof(
  quotable.map((text) => `'${text.replaceAll('a', "''")}'`),
  quotable.map((text) => `"${text.replaceAll('a', '""')}"`),
  quotable.map((text) => `$$${text}'"$$`),
);
const comment = fc.oneof(
  quotable.map((text) => `--${text.replaceAll('\n', ' ')}'"\n`),
  quotable.map((text) => `//${text.replaceAll('\n', ' ')}'"\n`),
  quotable.map((text) => `/*${text.replaceAll('*', ' ')}'"*/`),
);
const statement = fc.tuple(
  fc.array(comment, { maxLength: 2 }),
  fc.array(fc.oneof(code, quoted), { minLength: 1, maxLength: 6 }).map((tokens) => tokens.join(' ')),
  fc.array(comment, { maxLength: 2 }),
);

describe('any script', () => {
  it('splits into exactly the statements that it was made of', () => {
    fc.assert(
      fc.property(
        fc.array(statement, { maxLength: 6 }),
        fc.constantFrom(';', ' ; ', ';\n;'),
        (statements, separator) => {
          const script = statements
            .map(([before, text, after]) => [...before, text, ...after].join(' '))
            .join(separator);
          expect(statementsOf(script)).toEqual(statements.map(([, text]) => text));
        },
      ),
    );
  });

  it('keeps the comments inside a statement', () => {
    fc.assert(
      fc.property(code, comment, quoted, (before, inside, after) => {
        const text = `${before} ${inside} ${after}`;
        expect(statementsOf(`${text};`)).toEqual([text]);
      }),
    );
  });

  it('splits again into the same statements when they are joined', () => {
    const soup = fc.array(fc.oneof(code, quoted, comment, fc.constantFrom(';', '\n', ' ')));
    fc.assert(
      fc.property(soup, (tokens) => {
        const statements = statementsOf(tokens.join(' '));
        expect(statementsOf(statements.join(';'))).toEqual(statements);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { segmentsOf } from '../../src/analytics/segments.ts';
import { statementsOf } from '../../src/analytics/statements.ts';

describe('a block of Snowflake Scripting is one statement', () => {
  it.each([
    ['begin\n  create table a (x int);\n  create table b (x int);\nend', 'by itself'],
    ['declare\n  x int default 1;\n  c cursor for select 1 as begin;\nbegin\n  return x;\nend', 'with declarations'],
    ['declare begin := 1; end int; loop int; begin end := 2; return end; end', 'with variables named as keywords'],
    ['declare begin return 1; end', 'with no declaration'],
    ['declare "begin" int; begin return 1; end', 'with a declaration that is quoted'],
    ['DECLARE x INT; BEGIN Return 1; eND', 'in any case'],
    ['begin/* begin */select 1;-- end;\n// end;\nend', 'with comments'],
    ['begin declare x int; begin x := 1; end; begin select 2; end; end', 'with blocks inside'],
    ['begin select 1; end my_label', 'with a label'],
    ['begin select case when a then 1 else case b when 2 then 3 end end as end from t; end', 'with case expressions'],
    ['begin if (a) then select 1; elseif (b) then select 2; else select 3; end if; end', 'with if'],
    ['begin if case when a then b end then select 1; end if; end', 'with a case expression as condition'],
    ['begin if (case when (select max(a) end from t) > 1 then b end) then select 1; end if; end', 'with an alias end'],
    ['begin if case when (select max(a) end from t) > 1 then b end then select 1; end if; end', 'deeper than its case'],
    ['begin if case when t.end or :end then b end then select 1; end if; end', 'with fields and variables named end'],
    ['begin if (t.case = 1 or :case) then select 1; end if; end', 'with fields and variables named case'],
    ['begin if (a) then select 1; elseif end then select 2; end if; end', 'with a variable named end as condition'],
    ['begin if x = {} then begin select 1; end; end if; if x = y[1] then begin end; end if; end', 'with brackets'],
    ['begin while ((select x loop from t) > 1) do begin select 1; end; end while; end', 'with an alias loop'],
    ['begin case (x) when 1 then select 1; when 2 then select 2; else select 3; end case; end', 'with case'],
    ['begin case when x = 1 then select 1; else begin select 2; end; end; end', 'with case that ends in end alone'],
    ['begin for i in 1 to 3 do select 1; end for a_label; end', 'with for … do'],
    ['begin for i in reverse 1 to n loop select 1; end loop; end', 'with for … loop'],
    ['begin for r in c do insert into t values (r.end); end for; end', 'with for over a cursor'],
    ['begin while (x < 3) do x := x + 1; end while; while (y) loop break; end loop; end', 'with while'],
    ['begin loop if (x) then break; end if; end loop a_label; end', 'with loop'],
    ['begin repeat x := x + 1; until (x > 3) end repeat; end', 'with repeat'],
    ['begin repeat x := x + 1; until case when x > 3 then y end end repeat; end', 'with repeat until case'],
    [
      'begin select 1; exception when e1 or e2 then select 2; raise; when other continue then begin end; end',
      'with handlers',
    ],
    [
      'begin merge into t using s on a when matched then delete when not matched then insert (b) values (1); end',
      'with then of a statement',
    ],
    ['begin insert all when a then into t else into u select 1; select 2; end', 'with else of a statement'],
    ['begin begin transaction; delete from t; commit; end', 'with a transaction'],
    ['begin begin; begin work; begin name a; start transaction; commit; end', 'with any transaction'],
    ['begin name := 1; end', 'that sets a variable name'],
    ['begin work := 1; transaction := 2; end', 'that sets a variable work'],
    ['begin drop table if exists t; create table if not exists case_1 (begin int); end', 'with if of a statement'],
    ['begin create task t as begin select 1; end; select 2; end', 'that creates a task with a block'],
    ["begin let s := 'end;'; execute immediate $$begin; end;$$; end", 'with quotes'],
    [
      'declare p procedure(begin int) returns int as declare x int; begin return 1; end; begin call p(1); end',
      'nested',
    ],
  ])('%j (%s)', (block) => {
    expect(statementsOf(`${block};select 2`)).toEqual([block, 'select 2']);
  });

  it.each([
    'if case when a or end then 1 end',
    'if case when a and not end then 1 end',
    'if case when a in end then 1 end',
    'if case when a like end then 1 end',
    'if case when a between end and end then 1 end',
    'if case when end then 1 end',
    'if case when a then end when b then 1 end',
    'if case when a then case when b then 1 else end end when c then 2 end',
    'if case when a = end then 1 end',
  ])('with a name where no keyword can be: %j', (head) => {
    const block = `begin ${head} then begin select 1; end; end if; end`;
    expect(statementsOf(`${block};select 2`)).toEqual([block, 'select 2']);
  });

  it.each([
    'for do in c do begin select 1; end; end for',
    'for i in do to loop do begin select 1; end; end for',
    'while do do begin select 1; end; end while',
    'while not loop loop begin select 1; end; end loop',
    'repeat x := 1; until end end repeat',
  ])('with a loop over a name that is a keyword: %j', (loop) => {
    expect(statementsOf(`begin ${loop}; end;select 2`)).toEqual([`begin ${loop}; end`, 'select 2']);
  });

  it.each([
    'create procedure p() returns int language sql as begin select 1; return 2; end',
    'create or replace secure procedure p(a int, begin int) returns table (as int) execute as owner as begin end',
    'create or replace temp procedure p() returns int as declare x int; begin return x; end',
    'create or alter function f(x int) returns int language sql as begin return x; end',
    'create procedure p(x int default cast(1.5 as int)) returns int as begin select 1; return x; end',
    "create task t warehouse = w schedule = '5 minutes' execute as user u when a() as begin select 1; end",
    'alter task if exists t modify as begin select 1; select 2; end',
    'create alert a if (exists (select 1)) then begin call p(); call q(); end',
    'alter alert a modify action begin call p(); call q(); end',
    'with p as procedure () returns int language sql as begin return 1; end call p()',
  ])('as the body of another: %j', (statement) => {
    expect(statementsOf(`select 1;${statement} ; select 2`)).toEqual(['select 1', statement, 'select 2']);
  });
});

describe('no block', () => {
  it.each([
    ['begin'],
    ['BEGIN'],
    ['begin /* now */ transaction'],
    ['begin work'],
    ['begin name a'],
    ['begin transaction name "a"'],
    ['begin transaction read only'],
    ['start transaction'],
    ['declare'],
    ['select begin, end from t'],
    ['select 1 as begin'],
    ['create table begin as select 1 as begin'],
    ['create view v as select case when a then 1 end as declare'],
    ['create task t as select 1 as begin'],
    ['create task t as insert into u select 1 as begin'],
    ["create procedure p() returns int language sql as 'begin return 1; end'"],
    ['create procedure p() returns int language sql execute as caller as $$begin return 1; end$$'],
    ['create procedure begin(declare int) returns int as $$ x $$'],
    ['create function f(a) as a + 1'],
    ['with begin as (select 1) select * from begin'],
    ['case when a then b'],
    ['begin_date'],
    ['"begin" x'],
    ['$begin x'],
    ["'begin' x"],
    ['end'],
  ])('begins with %j', (statement) => {
    expect(statementsOf(`${statement};select 1; end; select 2`)).toEqual([statement, 'select 1', 'end', 'select 2']);
    expect(statementsOf(`select 0;${statement}`)).toEqual(['select 0', statement]);
  });
});

describe('a block that never ends', () => {
  it.each([
    ['select 1;\nbegin\n  select 2;\n', 2],
    ['begin\nselect 1;\nbegin\nselect 2;', 1],
    ['begin\nif (a) then\n select 1;\nend;\nselect 2;', 1],
    ['\n\ndeclare x int;\nselect x;', 3],
    ['declare\nx int;\nbegin\nselect 1;', 1],
    ['create procedure p()\nas\nbegin\nbegin\nend;', 3],
    ["select '\n\n';/*\n*/begin\nselect 1 end; select 2;", 4],
    ['begin x', 1],
  ])('is an error with the line that it began on: %j', (script, line) => {
    expect(() => statementsOf(script)).toThrow(`line ${line}: the block that begins here never ends`);
  });
});

/**
 * Statements are made as tokens. Then each keyword's case and what stands between two tokens are
 * chosen.
 */
type Tokens = readonly string[];

const words = (text: string): Tokens => text.split(' ');
const written = (text: string): fc.Arbitrary<Tokens> => fc.constant(words(text));
const sequence = (...parts: (string | fc.Arbitrary<Tokens>)[]): fc.Arbitrary<Tokens> =>
  fc.tuple(...parts.map((part) => (typeof part === 'string' ? written(part) : part))).map((all) => all.flat());

const operand = fc
  .constantFrom(
    ...['x', '1', '1.', 'begin_date', '"begin"', '"end; if"', 't.end', ':end', 't.when', ':case'],
    ...["'end; begin'", '$$;end;$$', '$1', 'x[1]', '{}', 'é'],
  )
  .map((token): Tokens => [token]);

const { expression } = fc.letrec<{ expression: Tokens }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3 },
    operand,
    sequence('case when', tie('expression'), 'then', tie('expression'), 'end'),
    sequence('case', tie('expression'), 'when', tie('expression'), 'then x else', tie('expression'), 'end'),
    sequence('(', tie('expression'), ')'),
    sequence('( select', tie('expression'), 'as end from t )'),
    sequence('( select x do from t where', tie('expression'), ')'),
    sequence('( select x end from', tie('expression'), ')'),
    sequence(tie('expression'), 'and', tie('expression')),
  ),
}));

const plain = fc.oneof(
  sequence('select', expression, 'as', fc.constantFrom('begin', 'end', 'declare', 'loop').map(words), 'from t'),
  sequence('select', expression, 'end from t'),
  sequence('insert into begin select', expression),
  sequence('merge into t using s on', expression, 'when matched then update set x =', expression),
  sequence('insert first when', expression, 'then into t else into u select 1'),
  sequence('create table t as select', expression, 'as begin'),
  sequence('create task t when f() as insert into u select', expression, 'as begin'),
  sequence('with begin as ( select', expression, 'as end ) select * from begin'),
  fc.constantFrom('begin', 'begin transaction', 'begin work', 'begin name x', 'start transaction', 'commit').map(words),
  fc.constantFrom('drop table if exists t', 'call p()', 'return x', 'end := 1', 'let case_1 := 2').map(words),
);

type Scripting = Record<'body' | 'block' | 'declaration' | 'definition' | 'inner', Tokens>;

const label = fc.constantFrom<Tokens>([], ['a_label'], ['"end"']);
const definitionHead = fc
  .constantFrom(
    'create procedure p ( begin int ) returns table ( as int ) execute as caller as',
    'create or replace secure function f ( ) returns int as',
    'create task t execute as user u as',
    'alter task t modify as',
    'create or replace alert a if ( exists ( select 1 ) ) then',
    'with p as procedure ( ) returns int as',
  )
  .map(words);

const { block, definition } = fc.letrec<Scripting>((tie) => ({
  // Any number of statements, each with its semicolon.
  body: fc.array(sequence(tie('inner'), ';'), { maxLength: 3 }).map((all) => all.flat()),
  declaration: fc.oneof(
    { depthIdentifier: 'scripting' },
    sequence('x int default', expression, ';'),
    sequence('c cursor for select', expression, 'as begin ;'),
    sequence('loop int ;'),
    sequence('p procedure ( ) returns int as', tie('block'), ';'),
  ),
  block: fc.oneof(
    { depthIdentifier: 'scripting' },
    // A transaction would end at the semicolon: the first statement is not a part of it.
    sequence('begin select 1 ;', tie('body'), 'end'),
    sequence('begin', tie('inner'), '; end', label),
    sequence(
      'declare x int ;',
      fc.array(tie('declaration'), { maxLength: 2 }).map((all) => all.flat()),
      'begin select 1 ;',
      tie('body'),
      'end',
    ),
    sequence(
      'begin select 1 ;',
      tie('body'),
      'exception when other then',
      tie('body'),
      'when a or b then',
      tie('body'),
      'end',
    ),
  ),
  definition: sequence(definitionHead, tie('block')),
  inner: fc.oneof(
    { depthIdentifier: 'scripting', maxDepth: 4 },
    plain,
    tie('block'),
    tie('definition'),
    sequence(
      'if',
      expression,
      'then',
      tie('body'),
      'elseif',
      expression,
      'then',
      tie('body'),
      'else',
      tie('body'),
      'end if',
    ),
    sequence('case', expression, 'when', expression, 'then', tie('body'), 'else', tie('body'), 'end'),
    sequence('case when', expression, 'then', tie('body'), 'when', expression, 'then', tie('body'), 'end case'),
    sequence('for i in reverse', expression, 'to', expression, 'do', tie('body'), 'end for', label),
    sequence('for i in', expression, 'to', expression, 'loop', tie('body'), 'end loop', label),
    sequence('while', expression, 'do', tie('body'), 'end while', label),
    sequence('loop', tie('body'), 'end loop', label),
    sequence('repeat', tie('body'), 'until', expression, 'end repeat', label),
  ),
}));

const gap = fc.constantFrom(' ', '\n', '\t\r\n', ' -- end; begin\n', '/* begin; */', ' // end if;\n', "/* it's */ ");

function textOf(tokens: Tokens, gaps: readonly string[], capitals: readonly boolean[]): string {
  return tokens
    .map((token, index) => (capitals[index % capitals.length] ? token.toUpperCase() : token))
    .reduce((text, token, index) => text + gaps[index % gaps.length] + token);
}

const styled = (tokens: fc.Arbitrary<Tokens>): fc.Arbitrary<string> =>
  fc
    .tuple(
      tokens,
      fc.array(gap, { minLength: 1, maxLength: 7 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
    )
    .map(([all, gaps, capitals]) => textOf(all, gaps, capitals));

const statement = styled(fc.oneof(plain, block, definition));

describe('any script with blocks', () => {
  it('splits into exactly the statements that it was made of', () => {
    fc.assert(
      fc.property(
        fc.array(statement, { maxLength: 5 }),
        fc.constantFrom(';', ' ; ', ';\n;-- end;\n'),
        (all, separator) => {
          expect(statementsOf(all.join(separator))).toEqual(all);
          expect(statementsOf(`${all.join(separator)};`)).toEqual(all);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('splits again into the same statements when they are joined', () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 5 }), (all) => {
        const statements = statementsOf(all.join(' ;\n'));
        expect(statementsOf(statements.join(';'))).toEqual(statements);
      }),
    );
  });

  it('is an error when its last block is not ended', () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 3 }), styled(block), (all, last) => {
        const before = all.map((text) => `${text};`).join('');
        const line = before.split('\n').length;
        const unended = `begin ${last};`;
        expect(() => statementsOf(before + unended)).toThrow(`line ${line}: the block that begins here never ends`);
      }),
    );
  });
});

describe('any script without blocks', () => {
  // `begin` and `declare` stand only where they are a transaction or a name; all other words stand
  // anywhere.
  const soup = fc.oneof(
    fc.constantFrom(...words('end case if then else do loop for while repeat until when exception as create task or')),
    fc.constantFrom(...words('procedure function alter with replace select x 1 ( ) , . : := = :end t.begin $begin')),
    fc.constantFrom('"begin"', "'; begin '", '$$ begin; $$', 'x as/* ; begin */begin_date', 'x -- ;\n y', 'é'),
    fc.constantFrom(';', '\n', ';begin;', '; begin transaction ;', ';BEGIN work;', ';begin name x;'),
  );

  it('splits at every semicolon that is not in a quote or comment', () => {
    fc.assert(
      fc.property(fc.array(soup, { maxLength: 40 }), (tokens) => {
        const script = tokens.join(' ');
        expect(statementsOf(script)).toEqual(atEverySemicolon(script));
      }),
      { numRuns: 1000 },
    );
  });
});

function atEverySemicolon(script: string): string[] {
  const hidden = segmentsOf(script).map(({ kind, text }) => (kind === 'code' ? text : text.replaceAll(';', '\0')));
  return hidden
    .join('')
    .split(';')
    .map((text) => text.replaceAll('\0', ';').trim())
    .filter((text) => text !== '');
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { snowflakeNames } from '../../../src/adapters/snowflake/names.ts';
import { readOutcome, scriptBlock } from '../../../src/adapters/snowflake/scriptBlock.ts';
import { stepsOf } from '../../../src/analytics/steps.ts';
import type { Step } from '../../../src/warehouse/script.ts';
import { rendered } from '../../analytics/rendered.ts';
import { runOf } from '../../warehouse/harness.ts';
import { find, parseSnowflake } from './snowflakeGrammar.ts';
import { blockOf, blockTextOf } from './snowflakeScripting.ts';

const NAMES = snowflakeNames({ database: 'CUR_REACTOR', schema: 'CUR', target: 'external' });
const blockFor = (step: Step) => scriptBlock(NAMES, runOf(7), step);
const asOneStep = (script: readonly string[]): Step => {
  const [step] = stepsOf(rendered(script), { oneSession: true });
  if (!step) throw new Error('a script has a step');
  return step;
};

describe('a block', () => {
  it('is Scripting that Snowflake’s grammar knows, inside and outside, whatever it is made of', async () => {
    const script = ['select 1', 'begin', 'delete from t', "insert into t values ('x')", 'commit', 'begin', 'commit'];
    const block = blockFor(asOneStep(script));
    expect((await parseSnowflake(block)).map(({ kind }) => kind)).toEqual(['execute_immediate_clause']);
    const inside = await parseSnowflake(blockTextOf(block) ?? '');
    expect(inside.map(({ kind }) => kind)).toEqual(['scripting_declare_statement', 'scripting_block_statement']);
    expect(inside.flatMap((node) => find(node, 'execute_immediate_clause'))).toHaveLength(3);
  });

  it('runs every text as it is: quotes, backslashes, dollars, newlines and all', () => {
    const anyText = fc
      .array(fc.oneof(fc.constantFrom("'", '"', '\\', '$$', ';', '\n', '--', 'é', ':x', '?', '&v'), fc.string()))
      .map((parts) => parts.join('').replaceAll('\0', ''));
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 4 }), (texts) => {
        const statements = texts.map((sql, index) => ({ number: index + 1, sql }));
        const step: Step = {
          number: 1,
          head: [],
          items: [{ is: 'transaction', statements, commitNumber: texts.length + 1 }],
        };
        const run = blockOf(blockFor(step))?.statements.flatMap((each) => (each.is === 'run' ? [each.sql] : []));
        expect(run?.slice(1, -1)).toEqual(texts);
      }),
    );
  });

  it('looks at the fence first, before whatever others see, and not before what only its session sees', () => {
    const texts = [
      'create temporary table a as select 1 as n',
      'insert into a select 2',
      'insert into shared select 3',
    ];
    const block = blockTextOf(blockFor(asOneStep([...texts, 'insert into a select 4']))) ?? '';
    const looks = [...block.matchAll(/into :newest_run|insert into (?:a|shared)|create temporary/g)].map(
      ([text]) => text,
    );
    expect(looks).toEqual([
      'into :newest_run',
      'create temporary',
      'insert into a',
      'into :newest_run',
      'insert into shared',
      'insert into a',
    ]);
  });

  it('gives a block of the script the semicolon back that ends it, and nothing else', () => {
    const own = ['begin let x := 1; end', 'declare a integer; begin return 1; end', 'begin_date', 'select 1'];
    const run = own.flatMap((sql) =>
      (
        blockOf(blockFor({ number: 1, head: [], items: [{ is: 'statements', statements: [{ number: 1, sql }] }] }))
          ?.statements ?? []
      )
        .flatMap((each) => (each.is === 'run' ? [each.sql] : []))
        .filter((text) => text.startsWith(sql)),
    );
    expect(run).toEqual([`${own[0]};`, `${own[1]};`, own[2], own[3]]);
  });

  it('cannot hold a text with NUL, and is refused', () => {
    expect(() => blockFor(asOneStep(["select '\0'"]))).toThrow(RangeError);
  });

  it('is made for whole numbers of runs only', () => {
    expect(() => scriptBlock(NAMES, runOf(1.5), asOneStep(['select 1']))).toThrow('run.number must be a whole number');
  });
});

describe('what a block has returned', () => {
  const returned = (value: string | number | null) => readOutcome([{ 'ANONYMOUS BLOCK': value }]);

  it('is read from JSON, also from a text inside of JSON', () => {
    expect(returned('{"is":"done"}')).toEqual({ is: 'done' });
    expect(returned(JSON.stringify('{"is":"done"}'))).toEqual({ is: 'done' });
    expect(returned('{"by":13,"is":"fencedOff"}')).toEqual({ is: 'fencedOff', by: 13 });
  });

  it('has the code as Snowflake writes it elsewhere', () => {
    const failed = (code: string | number) =>
      returned(JSON.stringify({ is: 'failed', statement: 4, code, message: 'm' }));
    expect(failed(2003)).toEqual({ is: 'failed', statement: 4, code: '002003', message: 'm' });
    expect(failed('002003')).toMatchObject({ code: '002003' });
    expect(failed(-20001)).toMatchObject({ code: '-20001' });
  });

  it.each([[null], [''], ['{'], ['null'], ['3'], ['{"is":"done?"}'], ['{"is":"failed","statement":4}'], [4]])(
    'is not read from %j',
    (value) => {
      expect(returned(value)).toBeUndefined();
    },
  );

  it('is not read from nothing', () => {
    expect(readOutcome([])).toBeUndefined();
    expect(readOutcome([{}])).toBeUndefined();
  });
});

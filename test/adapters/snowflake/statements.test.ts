import { readFile } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import type { WarehouseTarget } from '../../../src/adapters/snowflake/names.ts';
import { ALPHA, PERIOD, publicationOf, rowsOf, runOf, SMALL_REPORT } from '../../warehouse/harness.ts';
import { runScript } from '../../warehouse/runScript.ts';
import { parseSnowflake } from './snowflakeGrammar.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';
import { blockTextOf } from './snowflakeScripting.ts';

const TABLES_SQL = new URL('../../../sql/05_tables.sql', import.meta.url);

let harness: SnowflakeHarness;
afterEach(() => harness.close());

/**
 * Every way of every method: what it sends, each text once. The grammar knows no binds, so a
 * literal stands for each, and no ALTER SESSION with several parameters, which is the session's
 * own.
 */
async function everyStatement(target: WarehouseTarget): Promise<string[]> {
  harness = await makeSnowflakeHarness(target);
  const { warehouse, state, server } = harness;
  const old = await harness.stage({ partition: ALPHA, name: 'old', rows: rowsOf(['o']) });
  const columns = SMALL_REPORT.map(({ name }) => ({ name, type: 'string' }));
  const fresh = await harness.stage({ partition: ALPHA, name: 'fresh', rows: rowsOf(['f']), columns });
  await warehouse.raiseFence(PERIOD, 1);
  await warehouse.register(ALPHA, [old]);
  state.ofSettledFiles = 'unmentioned';
  await warehouse.register(ALPHA, [old, fresh]);
  await warehouse.register(ALPHA, [old, fresh]);
  await warehouse.audit(ALPHA, [old, fresh]);
  await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [fresh])]);
  await warehouse.published(PERIOD, [ALPHA.payer]);
  await runScript(warehouse.script, runOf(1), [ALPHA.payer]);
  await warehouse.totals(PERIOD, [ALPHA.payer]);
  await warehouse.ownerDigests(PERIOD, [ALPHA.payer]);
  await warehouse.unregister(PERIOD, 1, [{ payer: ALPHA.payer, stagedKeys: [old.stagedKey] }]);
  const sent = server.queries
    .flatMap(({ sql }) => [sql, ...innerText(sql)])
    .map((sql) => sql.replaceAll('?', `'bound'`));
  return [...new Set(sent)].filter((sql) => !sql.startsWith('alter session'));
}

/**
 * The block inside of an EXECUTE IMMEDIATE, without the semicolon at its end: here it stands
 * between the statements.
 */
function innerText(sql: string): string[] {
  const text = blockTextOf(sql);
  return text === undefined ? [] : [text.replace(/;$/, '')];
}

it.each(['external', 'table'] as const)('every statement that is sent is Snowflake SQL, target %s', async (target) => {
  const statements = await everyStatement(target);
  expect(statements.length).toBeGreaterThan(20);
  // The grammar takes a block's declarations for a statement of their own.
  const { length: blocks } = statements.filter((sql) => sql.startsWith('declare'));
  expect(blocks).toBe(1);
  expect(await parseSnowflake(statements.join(';\n'))).toHaveLength(statements.length + blocks);
});

it.each([
  ['publications', 'CUR_PUBLICATIONS'],
  ['current_files', 'CUR_CURRENT_FILES'],
  ['fence', 'CUR_FENCE'],
])('rows of %s are inserted with every column that the table has', async (placeholder, table) => {
  const definition = new RegExp(String.raw`create table if not exists #${placeholder} \(\n([^;]*)\n\);`);
  const lines = definition.exec(await readFile(TABLES_SQL, 'utf8'))?.[1]?.split('\n') ?? [];
  const defined = lines.map((line) => line.trim().split(' ', 1).join());
  const statements = (await everyStatement('external')).filter((sql) => sql.includes(`into CUR_REACTOR.CUR.${table}`));
  const text = statements.join().replaceAll(/\s+/g, ' ');
  const inserted = /(?:CUR_\w+|insert) \(([a-z_, ]+)\)/.exec(text)?.[1];
  expect(inserted?.split(', ')).toEqual(defined);
});

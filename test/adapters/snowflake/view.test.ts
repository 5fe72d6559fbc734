import { beforeAll, describe, expect, it } from 'vitest';
import { snowflakeNames } from '../../../src/adapters/snowflake/names.ts';
import { createViewSql, replaceViewSql } from '../../../src/adapters/snowflake/view.ts';
import { computedColumns } from '../../../src/warehouse/computedColumns.ts';
import { lineItemColumns, partitionColumns } from '../../../src/warehouse/lineItems.ts';
import { find, parseSnowflake, type SqlNode } from './snowflakeGrammar.ts';

const NAMES = snowflakeNames({ database: 'CUR_REACTOR', schema: 'CUR', target: 'external' });
const BY_VALUE = ['bill_bill_type', 'line_item_unblended_cost', 'line_item_usage_start_date'];
const MAPS = ['product', 'resource_tags', 'cost_category', 'tags', 'discount'];
const SQL = replaceViewSql(NAMES, new Set(MAPS));
const BARE_SQL = replaceViewSql(NAMES, new Set());

let statements: SqlNode[];
let byValue: SqlNode[];
let bare: SqlNode[];
beforeAll(async () => {
  statements = await parseSnowflake(SQL);
  byValue = await parseSnowflake(replaceViewSql(NAMES, new Set([...MAPS, ...BY_VALUE])));
  bare = await parseSnowflake(BARE_SQL);
});

/** What a query of the view selects: each element's expression, and the name that it has. */
function selected(cte: string, view = statements): { name: string; expression: string }[] {
  const [definition] = view
    .flatMap((statement) => find(statement, 'common_table_expression'))
    .filter((node) => node.children[0]?.text === cte);
  const [clause] = definition ? find(definition, 'select_clause') : [];
  return (clause?.children ?? [])
    .filter(({ kind }) => kind === 'select_clause_element')
    .map((element) => {
      const alias = element.children.find(({ kind }) => kind === 'alias_expression');
      const expression = element.children.filter((child) => child !== alias).map((child) => child.text);
      return { name: (alias?.children.at(-1) ?? element).text, expression: expression.join('').trim() };
    });
}

const expressionOf = (column: string, view = statements) =>
  selected('line_items', view).find(({ name }) => name === column)?.expression ?? '';

/** The names that the columns of a step need of the step before it. */
function needed(cte: string, names: readonly string[], view: SqlNode[]): string[] {
  return selected(cte, view).flatMap(({ name, expression }) =>
    names.includes(name) ? (expression.replaceAll(/'[^']*'|"[^"]*"/g, '').match(/[a-z_]\w*/g) ?? []) : [],
  );
}

/** Whether a query of this one column has to read VALUE, the whole row. */
function readsRow(column: string, view = statements): boolean {
  return needed('with_maps', needed('line_items', [column], view), view).includes('value');
}

describe('the contract view in Snowflake', () => {
  it('is one statement, which keeps the grants of the view that it replaces', () => {
    expect(statements.map(({ kind }) => kind)).toEqual(['create_view_statement']);
    expect(SQL).toMatch(/^create or replace view CUR_REACTOR\.CUR\.CUR_LINE_ITEMS copy grants\n/);
  });

  it('is left as it is where the setup finds one: the reactor knows what it has to be', async () => {
    const sql = createViewSql(NAMES);
    expect((await parseSnowflake(sql)).map(({ kind }) => kind)).toEqual(['create_view_statement']);
    expect(sql.slice(sql.indexOf('\n'))).toBe(BARE_SQL.slice(BARE_SQL.indexOf('\n')));
    expect(sql).toMatch(/^create view if not exists CUR_REACTOR\.CUR\.CUR_LINE_ITEMS\n/);
  });

  it('says in its comment which definition it has', () => {
    const comment = (sql: string) => /comment = '(.*)'/.exec(sql)?.[1];
    expect(comment(SQL)).toMatch(/\(definition [0-9a-f]{16}\)$/);
    expect(comment(SQL)).not.toBe(comment(replaceViewSql(NAMES, new Set(BY_VALUE))));
  });

  it('has the columns of the contract, in its order, and what is computed of them behind', () => {
    expect(selected('line_items').map(({ name }) => name)).toEqual(
      [...partitionColumns, ...lineItemColumns].map(({ name }) => name),
    );
    const computed = computedColumns.map(({ name, type, sql }) => `cast(${sql} as ${type.toLowerCase()}) as ${name}`);
    expect(SQL.endsWith(`\nselect\n  *,\n  ${computed.join(',\n  ')}\nfrom line_items`)).toBe(true);
  });

  it('passes the partition columns on as the external table has them, so that a reader’s filter prunes', () => {
    const own = partitionColumns.map(({ name }) => name);
    expect(
      selected('line_items')
        .slice(0, own.length)
        .map(({ expression }) => expression),
    ).toEqual(own);
    expect(
      selected('published_rows')
        .slice(0, own.length)
        .map(({ expression }) => expression),
    ).toEqual(own.map((name) => `registered.${name}`));
  });

  it('shows rows of published files only, picked by the whole key and without a join that could double them', () => {
    const where = statements.flatMap((statement) => find(statement, 'where_clause')).map(({ text }) => text)[0] ?? '';
    expect(where).toMatch(/^where exists/);
    expect(where).toContain('from CUR_REACTOR.CUR.CUR_CURRENT_FILES as published');
    for (const { name } of partitionColumns) expect(where).toContain(`published.${name} = registered.${name}`);
    expect(statements.flatMap((statement) => find(statement, 'join_clause'))).toEqual([]);
  });

  it('reads each source of each column, in the order of the contract', () => {
    for (const { name, type, sources } of lineItemColumns) {
      const expression = expressionOf(name);
      const places = sources.map((source) => {
        if (source.from === 'map') return expression.indexOf(`${source.column}_map:"${source.key}"`);
        if (source.from === 'columns') return expression.indexOf(`${name}_gathered`);
        return expression.search(new RegExp(String.raw`\b${source.column}${type === 'MAP' ? '_map' : ''}\b`));
      });
      expect(places, name).toEqual(places.toSorted((a, b) => a - b));
      expect(Math.min(...places), name).toBeGreaterThanOrEqual(0);
    }
  });

  it('takes an empty text for NULL, numbers not by way of text, and NaN and infinities for NULL', () => {
    const finite = (number: string) =>
      `nullif(nullif(nullif(${number}, 'NaN'::double), 'inf'::double), '-inf'::double)`;
    expect(expressionOf('bill_bill_type')).toBe(`nullif(bill_bill_type, '')`);
    expect(expressionOf('bill_bill_type', byValue)).toContain(`else nullif(value:"bill_bill_type"::varchar, '')`);
    const cost = 'value:"line_item_unblended_cost"';
    expect(expressionOf('line_item_unblended_cost')).toBe(finite('line_item_unblended_cost'));
    expect(expressionOf('line_item_unblended_cost', byValue)).toBe(
      finite(`iff(is_varchar(${cost}), nullif(${cost}::varchar, '')::double, ${cost}::double)`),
    );
  });

  it('shows instants on UTC’s clock, never on the session’s', () => {
    expect(expressionOf('line_item_usage_start_date')).toBe(
      `convert_timezone('UTC', line_item_usage_start_date)::timestamp_ntz`,
    );
  });

  it('reads no map before any file has one, and the row itself for tags and cost categories alone then', () => {
    expect(lineItemColumns.flatMap(({ name }) => (readsRow(name, bare) ? [name] : []))).toEqual([
      'resource_tags',
      'cost_category',
    ]);
    expect(expressionOf('product_region', bare)).toBe(
      `coalesce(nullif(product_region_code, ''), nullif(product_region, ''))`,
    );
    expect(expressionOf('product_sku', bare)).toBe(`nullif(product_sku, '')`);
    expect(expressionOf('discount', bare)).toBe('null::object');
    for (const column of MAPS) expect(BARE_SQL).not.toContain(`${column}_map`);
  });

  it('reads the row itself only for maps, tags, what may come from a map, and columns that are read by value', () => {
    const mapped = lineItemColumns.filter(({ sources }) => sources.some(({ from }) => from !== 'column'));
    const expected = new Set(mapped.map(({ name }) => name).concat('tags', 'discount'));
    const reading = (view: SqlNode[]) => lineItemColumns.flatMap(({ name }) => (readsRow(name, view) ? [name] : []));
    expect(new Set(reading(statements))).toEqual(expected);
    expect(new Set(reading(byValue))).toEqual(new Set([...expected, ...BY_VALUE]));
  });

  it('names the columns of every step, so that none brings along what nobody asked for', () => {
    for (const step of ['published_rows', 'with_maps', 'line_items']) {
      expect(selected(step).map(({ name }) => name)).not.toContain('*');
    }
    expect(selected('published_rows', byValue).map(({ name }) => name)).not.toContain(BY_VALUE[0]);
  });

  it('reads a map as pairs, as pairs in the inner group, as an object, as JSON, as Athena’s text, else keeps it as text', () => {
    const maps = selected('with_maps').filter(({ name }) => name.endsWith('_map'));
    expect(new Set(maps.map(({ name }) => name))).toEqual(new Set(MAPS.map((name) => `${name}_map`)));
    for (const { name, expression } of maps) {
      const column = `value:"${name.replace(/_map$/, '')}"`;
      expect(expression).toContain(`is_array(${column})`);
      expect(expression).toContain(`is_array(${column}:"key_value")`);
      expect(expression).toContain(`is_object(${column})`);
      expect(expression).toContain(`as_object(try_parse_json(${column}::varchar))`);
      expect(expression).toContain(`split(substr(${column}::varchar, 2, length(${column}::varchar) - 2), ', ')`);
      expect(expression).toContain(`object_construct('${name.replace(/_map$/, '')}', ${column}::varchar)`);
    }
  });

  it('gathers columns of tags and cost categories by their prefixes, each longer than its prefix', () => {
    const gatheredAs = (column: string) =>
      selected('with_maps').find(({ name }) => name === `${column}_gathered`)?.expression ?? '';
    const categories = gatheredAs('cost_category');
    expect(categories).toContain(`startswith(name, 'cost_category_') and length(name) > ${'cost_category_'.length}`);
    const gathered = gatheredAs('resource_tags');
    expect(gathered).toContain(
      `startswith(name, 'resource_tags_user_') and length(name) > ${'resource_tags_user_'.length}`,
    );
    expect(gathered).toContain(
      `startswith(name, 'resource_tags_aws_') and length(name) > ${'resource_tags_aws_'.length}`,
    );
    expect(gathered).toContain(`substr(name, ${'resource_tags_'.length + 1})`);
  });

  it('is not read when a parenthesis is missing', async () => {
    await expect(parseSnowflake(SQL.replace('object_keys(value),', 'object_keys(value,'))).rejects.toThrow(
      'no Snowflake SQL',
    );
  });
});

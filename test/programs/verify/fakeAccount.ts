import type { Grant } from '../../../src/programs/verify/grants.ts';
import {
  type Execute,
  type ReceivedStatement,
  StatementError,
  type StatementResult,
} from '../../adapters/snowflake/protocolServer.ts';

/** What a statement is answered with; undefined leaves it to the next rule. */
export type Rule = (
  sql: string,
  statement: ReceivedStatement,
) => StatementResult | undefined | Promise<StatementResult>;

/** Texts in columns, one row each. */
export function rowsOf(names: readonly string[], ...rows: readonly (readonly (string | null)[])[]): StatementResult {
  return { columns: names.map((name) => ({ name, type: 'text' })), rows };
}

/** Answers statements that match. */
export function when(pattern: RegExp, answer: (groups: readonly string[], sql: string) => StatementResult): Rule {
  return (sql) => {
    const match = pattern.exec(sql);
    return match ? answer(match.slice(1), sql) : undefined;
  };
}

/** Refuses statements that match. */
export function refuse(pattern: RegExp, code: string, message: string): Rule {
  return when(pattern, () => {
    throw new StatementError(code, message);
  });
}

const DONE = rowsOf(['status'], ['done']);

/**
 * An account in which everything is as the documentation says: as far as the questions look at it.
 * `rules` come first. External tables know the files that were added, a file has one row.
 */
export function fakeAccount(grants: readonly Grant[], rules: readonly Rule[] = []): Execute {
  const files = new Map<string, Set<string>>();
  const filesOf = (table: string) => files.get(table) ?? files.set(table, new Set()).get(table) ?? new Set();
  const statuses = (keys: readonly string[], status: (key: string) => string) =>
    rowsOf(['file', 'status', 'description'], ...keys.map((key) => [key, status(key), '']));
  const all: Rule[] = [
    ...rules,
    when(/^show parameters like 'TIMEZONE'/, () => rowsOf(['key', 'value'], ['TIMEZONE', 'UTC'])),
    when(/^select system\$validate_storage_integration/, () => rowsOf(['ANSWER'], ['{"status": "success"}'])),
    when(/^show grants to role (\S+)/, ([role]) =>
      rowsOf(
        ['privilege', 'name'],
        ...grants.filter((grant) => grant.role === role).map(({ privilege, object }) => [privilege, object]),
      ),
    ),
    when(/^select typeof\(value:"(\w+)"\)/, ([column = '']) =>
      rowsOf(['FOUND'], [/^local|int96$/.test(column) ? 'TIMESTAMP_NTZ' : 'TIMESTAMP_LTZ']),
    ),
    when(/^select to_varchar\(convert_timezone\('UTC', line_item_usage_start_date\)/, () =>
      rowsOf(['USAGE_START', 'COST'], ['2026-01-15 10:20:30', '1.5']),
    ),
    when(/^select to_varchar\(convert_timezone/, () => rowsOf(['FOUND'], ['2026-01-15 10:20:30'])),
    when(/^select to_json\(value/, () => rowsOf(['FOUND'], ['[{"value":"red","key":"team"}]'])),
    when(/^select coalesce\(value:"no_such_column"/, () => rowsOf(['FOUND'], ['NULL'])),
    when(/^select to_varchar\(line_item_usage_start_date/, () =>
      rowsOf(['USAGE_START', 'COST', 'TAG'], ['2026-01-15 10:20:30', '1.5', 'red']),
    ),
    when(/^alter external table (\S+) add files \((.*)\)$/, ([table = '', list = '']) => {
      const known = filesOf(table);
      return statuses(keysIn(list), (key) => {
        if (key.endsWith('/absent.parquet')) return 'REGISTER_FAILED';
        if (known.has(key)) return 'REGISTER_SKIPPED';
        known.add(key);
        return 'REGISTERED_NEW';
      });
    }),
    when(/^alter external table (\S+) remove files \((.*)\)$/, ([table = '', list = '']) =>
      statuses(
        keysIn(list).filter((key) => filesOf(table).delete(key)),
        () => 'UNREGISTERED',
      ),
    ),
    when(/^select count\(\*\) as row_count from \S+_GONE$/, () => rowsOf(['ROW_COUNT'], ['0'])),
    when(/^select count\(\*\) as row_count from (\S+)$/, ([table = '']) =>
      rowsOf(['ROW_COUNT'], [String(filesOf(table).size)]),
    ),
    when(/^select staged_key, currency, .* from @\S*?(year=\S+\/) \(file_format/s, ([folder = '']) =>
      rowsOf(
        ['STAGED_KEY', 'CURRENCY', 'ROW_COUNT', 'OTHER_COUNT', 'COST_COUNT', 'IMPOSSIBLE_COUNT', 'COST_SUM'],
        [`${folder}sample.parquet`, 'USD', '1', '0', '1', '0', '1.5'],
      ),
    ),
    when(/^copy into \S+/, () => rowsOf(['file', 'status', 'rows_loaded'], ['sample.parquet', 'LOADED', '1'])),
    when(/^explain using tabular/, () =>
      rowsOf(
        ['operation', 'objects', 'partitionsTotal', 'partitionsAssigned'],
        ['GlobalStats', null, '4', '2'],
        ['ExternalScan', 'CUR_REACTOR_DEV.CUR_VERIFY.CUR_EXTERNAL', '3', '1'],
        ['TableScan', 'CUR_REACTOR_DEV.CUR_VERIFY.CUR_CURRENT_FILES', '1', '1'],
      ),
    ),
    refuse(/^execute immediate .*use schema/s, '090236', "Unsupported statement type 'USE'."),
    when(/^execute immediate .*statement_number/s, () => rowsOf(['anonymous block'], ['{"is":"done"}'])),
    when(/^select 42/, () => rowsOf(['N'], ['42'])),
    when(/schema_name from \S+information_schema\.schemata/, () => rowsOf(['SCHEMA_NAME'])),
    () => DONE,
  ];
  return async (statement) => {
    for (const rule of all) {
      const answer = await rule(statement.sql, statement);
      if (answer) return answer;
    }
    return DONE;
  };
}

function keysIn(list: string): string[] {
  return [...list.matchAll(/'([^']*)'/g)].map(([, key = '']) => key);
}

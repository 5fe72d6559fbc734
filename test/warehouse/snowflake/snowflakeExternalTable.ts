import { partitionPrefix } from '../../../src/billing/partition.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { periodOf } from '../../../src/billing/period.ts';
import type { Row } from '../contract.ts';
import type { SnowflakeState } from './snowflakeState.ts';
import { bound, boundNumber, type Known, literally, NOTHING, refused, texts } from './snowflakeStatements.ts';
import type { Sessions } from './snowflakeTables.ts';

const STAGE_FOLDER = 'staging/';
const START = 'value:"bill_billing_period_start_date"';

/** The rows that a scan of a registered file yields: none of what is not there. */
export function scan(state: SnowflakeState, stagedKey: string): readonly Row[] {
  return (state.stage.get(stagedKey) ?? []).slice(state.rowsLeftOut.get(stagedKey) ?? 0);
}

/** The statements about the external table; `registered` are the staged keys that it knows. */
export function externalTableStatements(state: SnowflakeState, registered: Set<string>, sessions: Sessions): Known[] {
  const outcome = ['file', 'status', 'description'];
  return [
    {
      pattern:
        /^select column_name, data_type from <information_schema>\.columns where .* table_name = 'CUR_EXTERNAL'$/,
      run: async () =>
        texts(
          ['COLUMN_NAME', 'DATA_TYPE'],
          [...state.columns].map(([name, type]) => [name, type]),
        ),
    },
    {
      pattern:
        /^alter table <externalTable> add column if not exists "(.+)" (\S+?)(\(.*?\))? as \(value\['\1'\]::\2(\(.*?\))?\)$/,
      run: async ({ match: [, name = '', type = ''], sessionId }) => {
        sessions.commit(sessionId);
        if (!state.columns.has(name)) state.columns.set(name, dataType(type));
        return NOTHING;
      },
    },
    {
      pattern: /^alter table <externalTable> drop column if exists "(.+)"$/,
      run: async ({ match: [, name = ''], sessionId }) => {
        sessions.commit(sessionId);
        state.columns.delete(name);
        return NOTHING;
      },
    },
    {
      pattern: /^alter external table <externalTable> refresh '([^']+\/)'$/,
      run: async ({ match: [, path = ''] }) => texts(outcome, refresh(state, registered, path)),
    },
    {
      pattern: /^alter external table <externalTable> remove files \(('[^']+'(?:, '[^']+')*)\)$/,
      run: async ({ match: [, list = ''] }) => {
        const keys = list.split(', ').map((text) => text.slice(1, -1));
        return texts(
          outcome,
          keys.map((key) => remove(state, registered, key)),
        );
      },
    },
    {
      pattern:
        /^select file_name from table\(<information_schema>\.external_table_files\(table_name => '<externalTable>'\)\) where contains\(file_name, \?\)$/,
      run: async ({ binds }) =>
        texts(
          ['FILE_NAME'],
          [...registered].filter((key) => key.includes(bound(binds, 0))).map((key) => [STAGE_FOLDER + key]),
        ),
    },
    auditStatement(state, registered),
  ];
}

function auditStatement(state: SnowflakeState, registered: Set<string>): Known {
  return {
    pattern: literally(
      'select staged_key, count(*) as row_count, count_if(year(period_start) <> ? or month(period_start) <> ?) as other_count' +
        ` from ( select staged_key, iff(is_varchar(${START}), nullif(${START}::varchar, '')::timestamp_ntz, ${START}::timestamp_ntz) as period_start` +
        ' from <externalTable> where year = ? and month = ? and payer = ? ) group by staged_key',
    ),
    run: async ({ binds }) => {
      const [year, month, payer] = [boundNumber(binds, 2), boundNumber(binds, 3), bound(binds, 4)];
      const period = periodOf(year, month);
      if (!period) throw refused('100040', `no month ${month}`);
      const path = partitionPrefix({ payer: parsePayer(payer), period });
      const other = [boundNumber(binds, 0), boundNumber(binds, 1)] as const;
      const keys = [...registered].filter((key) => key.startsWith(path) && scan(state, key).length > 0);
      return {
        columns: [
          { name: 'STAGED_KEY', type: 'text' },
          { name: 'ROW_COUNT', type: 'fixed' },
          { name: 'OTHER_COUNT', type: 'fixed' },
        ],
        rows: keys.map((key) => {
          const rows = scan(state, key);
          return [key, String(rows.length), String(rows.filter((row) => isOfOtherMonth(row, ...other)).length)];
        }),
      };
    },
  };
}

function dataType(declared: string): string {
  return { varchar: 'TEXT', double: 'FLOAT' }[declared] ?? declared.toUpperCase();
}

function isOfOtherMonth(row: Row, year: number, month: number): boolean {
  const start = row.bill_billing_period_start_date ?? null;
  if (start === null) return false;
  const date = new Date(`${start}Z`);
  return date.getUTCFullYear() !== year || date.getUTCMonth() + 1 !== month;
}

function refresh(state: SnowflakeState, registered: Set<string>, path: string): string[][] {
  const rows: string[][] = [];
  for (const key of [...registered].filter((each) => each.startsWith(path) && !state.stage.has(each))) {
    registered.delete(key);
    rows.push([STAGE_FOLDER + key, 'UNREGISTERED', 'File unregistered successfully.']);
  }
  for (const key of [...state.stage.keys()].filter((each) => each.startsWith(path))) {
    if (state.failsToRegister.has(key)) {
      rows.push([STAGE_FOLDER + key, 'REGISTER_FAILED', 'Error reading the file.']);
    } else if (!registered.has(key)) {
      registered.add(key);
      rows.push([STAGE_FOLDER + key, 'REGISTERED_NEW', 'File registered successfully.']);
    } else if (state.mentionsUnchanged) {
      rows.push([STAGE_FOLDER + key, 'REGISTER_SKIPPED', 'File is already registered.']);
    }
  }
  return rows;
}

function remove(state: SnowflakeState, registered: Set<string>, key: string): string[] {
  if (state.failsToUnregister.has(key) || !registered.delete(key))
    return [STAGE_FOLDER + key, 'UNREGISTER_FAILED', 'Error updating the metadata.'];
  return [STAGE_FOLDER + key, 'UNREGISTERED', 'File unregistered successfully.'];
}

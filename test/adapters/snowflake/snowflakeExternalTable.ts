import { partitionPrefix } from '../../../src/billing/partition.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { periodOf } from '../../../src/billing/period.ts';
import type { Row } from '../../warehouse/harness.ts';
import type { SnowflakeState } from './snowflakeState.ts';
import { bound, boundNumber, type Known, literally, refused, texts } from './snowflakeStatements.ts';

const STAGE_FOLDER = 'staging/';
const COST = 'value:"line_item_unblended_cost"';
const START = 'value:"bill_billing_period_start_date"';

/** The rows that a scan of a registered file yields: none of what is not there. */
export function scan(state: SnowflakeState, stagedKey: string): readonly Row[] {
  return (state.stage.get(stagedKey) ?? []).slice(state.rowsLeftOut.get(stagedKey) ?? 0);
}

/** The statements about the external table; `registered` are the staged keys that it knows. */
export function externalTableStatements(state: SnowflakeState, registered: Set<string>): Known[] {
  const outcome = ['file', 'status', 'description'];
  return [
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
      'select staged_key, count(*) as row_count, count_if(year(period_start) <> ? or month(period_start) <> ?) as other_count,' +
        ' count(cost_text) as cost_count,' +
        ' count_if(cost_text is not null and not coalesce(abs(cost) < 1000000000000, false)) as impossible_count' +
        ` from ( select staged_key, iff(is_varchar(${START}), nullif(${START}::varchar, '')::timestamp_ntz, ${START}::timestamp_ntz) as period_start,` +
        ` nullif(${COST}::varchar, '') as cost_text, iff(is_varchar(${COST}), try_to_double(${COST}::varchar), ${COST}::double) as cost` +
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
          { name: 'COST_COUNT', type: 'fixed' },
          { name: 'IMPOSSIBLE_COUNT', type: 'fixed' },
        ],
        rows: keys.map((key) => {
          const rows = scan(state, key);
          const costs = rows.flatMap(({ line_item_unblended_cost: cost }) => (isMissing(cost) ? [] : Number(cost)));
          return [
            key,
            ...[
              rows.length,
              rows.filter((row) => isOfOtherMonth(row, ...other)).length,
              costs.length,
              costs.filter((cost) => !(Math.abs(cost) < 1e12)).length,
            ].map(String),
          ];
        }),
      };
    },
  };
}

function isMissing(cell: Row[string] | undefined): boolean {
  return cell === undefined || cell === null || cell === '';
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

import type { StatementResult } from './protocolServer.ts';
import type { SnowflakeState } from './snowflakeState.ts';
import { bound, type Known, monthIn, NOTHING, ofMonth, pattern } from './snowflakeStatements.ts';
import { deleteWhere, type LoadedRow, type Sessions } from './snowflakeTables.ts';
import { numberIn } from './sql/functions.ts';
import type { SqlValue } from './sql/values.ts';

const BUCKET = 's3://example-staging/';

/** The statements about the stage's files, and about the rows of the native table. */
export function loadedTableStatements(state: SnowflakeState, sessions: Sessions): Known[] {
  return [
    {
      pattern: pattern(String.raw`list @<stage>\/(\S+\/)`),
      run: async ({ match: [, folder = ''] }) => ({
        columns: [
          { name: 'name', type: 'text' },
          { name: 'size', type: 'fixed' },
        ],
        rows: [...state.stage.keys()]
          .filter((key) => key.startsWith(folder))
          .map((key) => [BUCKET + key, String(sizeOf(state, key))]),
      }),
    },
    {
      pattern: pattern(String.raw`delete from <loadedTable> where ${ofMonth()} and publish_id <> \?`),
      run: async ({ match, binds, sessionId }) => {
        const publishId = bound(binds, 0);
        const { isOf } = monthIn(match);
        await sessions.write(sessionId, 'loadedRows', (tables) =>
          deleteWhere(tables.loadedRows, (row) => isOf(row) && row.publishId !== publishId),
        );
        return NOTHING;
      },
    },
  ];
}

/** One that cannot be read was cut off in the middle. */
function sizeOf(state: SnowflakeState, key: string): number {
  const sizeBytes = state.sizes.get(key) ?? 0;
  return state.failsToRegister.has(key) ? Math.floor(sizeBytes / 2) : sizeBytes;
}

/** Adds the rows that a COPY reads; it locks nothing. Answers how many each file has given. */
export async function load(
  sessions: Sessions,
  sessionId: string,
  copied: ReadonlyMap<string, readonly ReadonlyMap<string, SqlValue>[]>,
): Promise<StatementResult> {
  const rows = [...copied.values()].flat().map(rowOf);
  await sessions.write(sessionId, undefined, (tables) => {
    tables.loadedRows.push(...rows);
    return 0;
  });
  return {
    columns: [
      { name: 'file', type: 'text' },
      { name: 'status', type: 'text' },
      { name: 'rows_parsed', type: 'fixed' },
      { name: 'rows_loaded', type: 'fixed' },
    ],
    rows: [...copied].map(([key, { length }]) => [BUCKET + key, 'LOADED', String(length), String(length)]),
  };
}

function rowOf(values: ReadonlyMap<string, SqlValue>): LoadedRow {
  const [year, month] = ['year', 'month'].map((name) => numberIn(values.get(name) ?? null));
  const [payer, publishId] = ['payer', 'publish_id'].map((name) => String(values.get(name)));
  return { year: year ?? 0, month: month ?? 0, payer: payer ?? '', publishId: publishId ?? '', values };
}

import {
  type Binds,
  bound,
  boundNumber,
  type Known,
  literally,
  NOTHING,
  pattern,
  texts,
} from './snowflakeStatements.ts';
import type { FenceRow, Sessions } from './snowflakeTables.ts';

/**
 * The statements about `cur_fence`: those of runs of the finalizer, of the script, and of the
 * script's blocks.
 */
export function fenceStatements(sessions: Sessions): Known[] {
  return [...publishingStatements(sessions), ...scriptStatements(sessions), ...blockStatements(sessions)];
}

function publishingStatements(sessions: Sessions): Known[] {
  return [
    {
      pattern: literally(
        'merge into <fence> as fence using (select ? as period, ? as epoch) as run on fence.period = run.period' +
          ' when matched and fence.epoch < run.epoch then update set epoch = run.epoch' +
          ' when not matched then insert (period, epoch, script_run, script_statement)' +
          ' values (run.period, run.epoch, 0, 0)',
      ),
      run: ({ binds, sessionId }) => {
        const [period, epoch] = [bound(binds, 0), boundNumber(binds, 1)];
        const raise = (row: FenceRow) => {
          row.epoch = Math.max(row.epoch, epoch);
        };
        return merge(sessions, sessionId, { period, epoch, scriptRun: 0, scriptStatement: 0 }, raise);
      },
    },
    {
      pattern: literally('select max(epoch) as epoch from <fence> where period = ?'),
      run: async ({ binds, sessionId }) => {
        const rows = rowsOf(sessions, sessionId, bound(binds, 0));
        return { columns: [{ name: 'EPOCH', type: 'fixed' }], rows: [[greatest(rows.map(({ epoch }) => epoch))]] };
      },
    },
    {
      pattern: literally('update <fence> set epoch = greatest(epoch, ?) where period = ?'),
      run: ({ binds, sessionId }) => {
        const [epoch, period] = [boundNumber(binds, 0), bound(binds, 1)];
        return update(sessions, sessionId, period, (row) => {
          row.epoch = Math.max(row.epoch, epoch);
        });
      },
    },
  ];
}

function scriptStatements(sessions: Sessions): Known[] {
  return [
    {
      pattern: literally(
        'merge into <fence> as fence using (select ? as period, ? as epoch, ? as number) as run' +
          ' on fence.period = run.period' +
          ' when matched and fence.epoch <= run.epoch and coalesce(fence.script_run, 0) < run.number' +
          ' then update set script_run = run.number, script_statement = 0' +
          ' when not matched then insert (period, epoch, script_run, script_statement)' +
          ' values (run.period, 0, run.number, 0)',
      ),
      run: ({ binds, sessionId }) => mergeScriptRun(sessions, sessionId, binds),
    },
    {
      pattern: literally('select max(epoch) as epoch, max(script_run) as script_run from <fence> where period = ?'),
      run: async ({ binds, sessionId }) => {
        const rows = rowsOf(sessions, sessionId, bound(binds, 0));
        const row = [greatest(rows.map(({ epoch }) => epoch)), greatest(rows.map(({ scriptRun }) => scriptRun))];
        return { columns: ['EPOCH', 'SCRIPT_RUN'].map((name) => ({ name, type: 'fixed' })), rows: [row] };
      },
    },
  ];
}

const OF_PERIOD = String.raw`where period = '(\d{4}-\d\d)'`;

function blockStatements(sessions: Sessions): Known[] {
  return [
    {
      pattern: pattern(String.raw`select max\(script_run\) from <fence> ${OF_PERIOD}`),
      run: async ({ match, sessionId }) => {
        const rows = rowsOf(sessions, sessionId, match[1] ?? '');
        return texts(['MAX(SCRIPT_RUN)'], [[greatest(rows.map(({ scriptRun }) => scriptRun))]]);
      },
    },
    {
      pattern: pattern(String.raw`update <fence> set script_run = greatest\(script_run, (\d+)\) ${OF_PERIOD}`),
      run: ({ match, sessionId }) =>
        update(sessions, sessionId, match[2] ?? '', (row) => {
          row.scriptRun = row.scriptRun === null ? null : Math.max(row.scriptRun, Number(match[1]));
        }),
    },
    {
      pattern: pattern(
        String.raw`select max\(script_run\), max\(iff\(script_run = (\d+), script_statement, 0\)\) from <fence> ${OF_PERIOD}`,
      ),
      run: async ({ match, sessionId }) => {
        const rows = rowsOf(sessions, sessionId, match[2] ?? '');
        const committed = rows.map(({ scriptRun, scriptStatement }) =>
          scriptRun === Number(match[1]) ? scriptStatement : 0,
        );
        return texts(['RUN', 'STATEMENT'], [[greatest(rows.map(({ scriptRun }) => scriptRun)), greatest(committed)]]);
      },
    },
    {
      pattern: pattern(String.raw`update <fence> set script_statement = (\d+) ${OF_PERIOD}`),
      run: ({ match, sessionId }) =>
        update(sessions, sessionId, match[2] ?? '', (row) => {
          row.scriptStatement = Number(match[1]);
        }),
    },
  ];
}

function mergeScriptRun(sessions: Sessions, sessionId: string, binds: Binds) {
  const [period, epoch, scriptRun] = [bound(binds, 0), boundNumber(binds, 1), boundNumber(binds, 2)];
  const raise = (row: FenceRow) => {
    if (row.epoch > epoch || (row.scriptRun ?? 0) >= scriptRun) return;
    row.scriptRun = scriptRun;
    row.scriptStatement = 0;
  };
  return merge(sessions, sessionId, { period, epoch: 0, scriptRun, scriptStatement: 0 }, raise);
}

async function merge(sessions: Sessions, sessionId: string, inserted: FenceRow, raise: (row: FenceRow) => void) {
  await sessions.write(sessionId, 'fence', (tables) => {
    const rows = tables.fence.filter(({ period }) => period === inserted.period);
    rows.forEach(raise);
    if (rows.length === 0) tables.fence.push({ ...inserted });
    return rows.length;
  });
  return NOTHING;
}

async function update(sessions: Sessions, sessionId: string, period: string, change: (row: FenceRow) => void) {
  await sessions.write(sessionId, 'fence', (tables) => {
    const rows = tables.fence.filter((row) => row.period === period);
    rows.forEach(change);
    return rows.length;
  });
  return NOTHING;
}

function rowsOf(sessions: Sessions, sessionId: string, period: string): FenceRow[] {
  return sessions.read(sessionId).fence.filter((row) => row.period === period);
}

/** MAX leaves out what is NULL. */
function greatest(values: readonly (number | null)[]): string | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : String(Math.max(...known));
}

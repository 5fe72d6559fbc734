import { type Known, NOTHING, pattern, refused } from './snowflakeStatements.ts';
import { deleteWhere, insert, type Sessions } from './snowflakeTables.ts';

/** What a session has set and made for itself. */
interface OwnState {
  readonly variables: Map<string, number>;
  readonly temporaryTables: Map<string, string>;
}

/** How a check went. */
export interface Outcome {
  readonly name: string;
  readonly code: string | null;
  readonly message: string | null;
}

const OUTCOMES = 'cur_statement_outcomes';

/** The table of outcomes, and the engine's insert into it, whose texts are those of its failure. */
function outcomeStatements(own: (sessionId: string) => OwnState, outcomes: Outcome[]): Known[] {
  return [
    {
      pattern: pattern(
        String.raw`create temporary table ${OUTCOMES} \(name varchar, seconds double, code varchar, message varchar\)`,
      ),
      run: async ({ sessionId }) => {
        own(sessionId).temporaryTables.set(OUTCOMES, '');
        return NOTHING;
      },
    },
    {
      pattern: pattern(
        String.raw`insert into ${OUTCOMES} \(name, seconds, code, message\)` +
          String.raw` select '([a-z0-9-]+)', datediff\('millisecond', '[^']+', sysdate\(\)\) / 1000,` +
          String.raw` case when (-?\d+) < 0 then to_varchar\(\2\) when \2 > 0 then lpad\(to_varchar\(\2\), 6, '0'\) end,` +
          String.raw` case when \2 <> 0 then left\('((?:[^']|'')*)', 500\) end`,
      ),
      run: async ({ match: [, name = '', number = '', text = ''], sessionId }) => {
        if (!own(sessionId).temporaryTables.has(OUTCOMES)) {
          throw refused('002003', `Object '${OUTCOMES.toUpperCase()}' does not exist or not authorized.`);
        }
        const code = Number(number) < 0 ? number : number.padStart(6, '0');
        const failed = { name, code, message: text.replaceAll("''", "'").slice(0, 500) };
        outcomes.push(number === '0' ? { name, code: null, message: null } : failed);
        return NOTHING;
      },
    },
  ];
}

/** The statements of which tests make analytics scripts. */
export function findingsStatements(sessions: Sessions, outcomes: Outcome[]): Known[] {
  return [
    {
      pattern: /^delete from cur_findings where year = (\d+) and month = (\d+)$/,
      run: async ({ match, sessionId }) => {
        const [year, month] = [Number(match[1]), Number(match[2])];
        await sessions.write(sessionId, 'findings', (tables) =>
          deleteWhere(tables.findings, (row) => row.year === year && row.month === month),
        );
        return NOTHING;
      },
    },
    {
      pattern: /^insert into cur_findings \(payer, year, month\) values \('(\d{12})', (\d+), (\d+)\)$/,
      run: ({ match, sessionId }) => {
        const [payer = '', year, month] = [match[1], Number(match[2]), Number(match[3])];
        return insert(sessions, sessionId, (tables) => {
          tables.findings.push({ payer, year, month });
          return 0;
        });
      },
    },
    {
      pattern: pattern(
        String.raw`insert into cur_check_runs \(payer, year, month, check_name, status, reason\)` +
          String.raw` values \('(\d{12})', (\d+), (\d+), '([a-z-]+)', '([a-z-]+)', (?:null|'([^']*)')\)`,
      ),
      run: ({ match: [, payer = '', year, month, check = '', status = '', reason = null], sessionId }) =>
        insert(sessions, sessionId, ({ checkRuns }) => {
          checkRuns.push({ payer, year: Number(year), month: Number(month), check, status, reason });
          return 0;
        }),
    },
    // Any text at all, for tests of how it travels.
    { pattern: pattern(String.raw`select '(?:[^'\\]|''|\\.)*' as travels.*`), run: async () => NOTHING },
    ...sessionStatements(sessions, outcomes),
  ];
}

/** One variable and one temporary table of a session are enough to see whose they are. */
function sessionStatements(sessions: Sessions, outcomes: Outcome[]): Known[] {
  const ofSession = new Map<string, OwnState>();
  const own = (sessionId: string): OwnState => {
    const state = ofSession.get(sessionId) ?? { variables: new Map(), temporaryTables: new Map() };
    ofSession.set(sessionId, state);
    return state;
  };
  return [
    ...outcomeStatements(own, outcomes),
    {
      pattern: pattern('use (?:schema|role|warehouse) [a-z]+'),
      run: async () => NOTHING,
    },
    {
      pattern: pattern(String.raw`set ([a-z]+) = (\d+)`),
      run: async ({ match, sessionId }) => {
        own(sessionId).variables.set(match[1] ?? '', Number(match[2]));
        return NOTHING;
      },
    },
    {
      pattern: pattern(String.raw`create temporary table ([a-z]+) as select '(\d{12})' as payer`),
      run: async ({ match, sessionId }) => {
        const [name = '', payer = ''] = [match[1], match[2]];
        const { temporaryTables } = own(sessionId);
        if (temporaryTables.has(name)) throw refused('002002', `Object '${name.toUpperCase()}' already exists.`);
        temporaryTables.set(name, payer);
        return NOTHING;
      },
    },
    {
      pattern: pattern(
        String.raw`insert into cur_findings \(payer, year, month\) select payer, 2026, \$([a-z]+) from ([a-z]+)`,
      ),
      run: ({ match, sessionId }) => {
        const { variables, temporaryTables } = own(sessionId);
        const [month, payer] = [variables.get(match[1] ?? ''), temporaryTables.get(match[2] ?? '')];
        if (month === undefined) throw refused('000904', `session variable '$${match[1]}' does not exist`);
        if (payer === undefined) throw refused('002003', `Object '${match[2]}' does not exist or not authorized.`);
        return insert(sessions, sessionId, (tables) => {
          tables.findings.push({ payer, year: 2026, month });
          return 0;
        });
      },
    },
  ];
}

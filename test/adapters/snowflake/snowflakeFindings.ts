import { type Known, NOTHING, pattern, refused } from './snowflakeStatements.ts';
import { deleteWhere, insert, type Sessions } from './snowflakeTables.ts';

/** What a session has set and made for itself. */
interface OwnState {
  readonly variables: Map<string, number>;
  readonly temporaryTables: Map<string, string>;
}

/** The statements of which tests make analytics scripts. */
export function findingsStatements(sessions: Sessions): Known[] {
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
    // Any text at all, for tests of how it travels.
    { pattern: pattern(String.raw`select '(?:[^'\\]|''|\\.)*' as travels.*`), run: async () => NOTHING },
    ...sessionStatements(sessions),
  ];
}

/** One variable and one temporary table of a session are enough to see whose they are. */
function sessionStatements(sessions: Sessions): Known[] {
  const ofSession = new Map<string, OwnState>();
  const own = (sessionId: string): OwnState => {
    const state = ofSession.get(sessionId) ?? { variables: new Map(), temporaryTables: new Map() };
    ofSession.set(sessionId, state);
    return state;
  };
  return [
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

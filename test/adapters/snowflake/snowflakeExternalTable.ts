import type { Row } from '../../warehouse/harness.ts';
import type { StatementResult } from './protocolServer.ts';
import type { SnowflakeState } from './snowflakeState.ts';
import { boundTexts, IN_BOUND_TEXTS, type Known, pattern, refused, texts } from './snowflakeStatements.ts';
import type { Sessions } from './snowflakeTables.ts';

const STAGE_FOLDER = 'staging/';
const KEYS = String.raw`\(('[^']+'(?:, '[^']+')*)\)`;

/** The rows that a scan of a registered file yields: none of what is not there. */
export function scan(state: SnowflakeState, stagedKey: string): readonly Row[] {
  return (state.stage.get(stagedKey) ?? []).slice(state.rowsLeftOut.get(stagedKey) ?? 0);
}

type Outcome = readonly [status: string, description: string];

/** The statements about which files the external table knows; they may stand in a transaction. */
export function externalTableStatements(state: SnowflakeState, sessions: Sessions): Known[] {
  const change = (decide: Decide, keysIn: (text: string, known: ReadonlySet<string>) => string[]): Known['run'] =>
    async function run({ match: [, text = ''], sessionId }) {
      const known = sessions.read(sessionId).registered;
      const outcomes = keysIn(text, known).map((key) => [key, decide(state, key, known.has(key))] as const);
      const settled = outcomes.find(([, [status]]) => status === SETTLED)?.[0];
      if (state.ofSettledFiles === 'refused' && settled) throw refused('091093', `${settled} is as it should be`);
      await sessions.write(sessionId, undefined, ({ registered }) => {
        for (const [key, [status]] of outcomes) {
          if (status === 'REGISTERED_NEW') registered.add(key);
          if (status === 'UNREGISTERED') registered.delete(key);
        }
        return 0;
      });
      return answer(state, outcomes);
    };
  return [
    { pattern: pattern(`alter external table <externalTable> add files ${KEYS}`), run: change(adding, listed) },
    { pattern: pattern(`alter external table <externalTable> remove files ${KEYS}`), run: change(removing, listed) },
    {
      // What an administrator may do by hand.
      pattern: /^alter external table <externalTable> refresh '([^']+\/)'$/,
      run: change(
        (_, key, isKnown) => (state.stage.has(key) ? adding(state, key, isKnown) : removing(state, key, isKnown)),
        (path, known) => [...new Set([...known, ...state.stage.keys()])].filter((key) => key.startsWith(path)),
      ),
    },
    {
      pattern: pattern(
        String.raw`select file_name from table\(<information_schema>\.external_table_files\(table_name => '<externalTable>'\)\)` +
          String.raw` where 'year=' \|\| split_part\(file_name, 'year=', -1\) ${IN_BOUND_TEXTS}`,
      ),
      run: async ({ binds, sessionId }) => {
        const asked = boundTexts(binds, 0);
        const known = [...sessions.read(sessionId).registered].filter((key) => asked.has(key));
        return texts(
          ['FILE_NAME'],
          known.map((key) => [STAGE_FOLDER + key]),
        );
      },
    },
  ];
}

function listed(text: string): string[] {
  return text.split(', ').map((quoted) => quoted.slice(1, -1));
}

type Decide = (state: SnowflakeState, key: string, isKnown: boolean) => Outcome;

/** Of a file that is as it should be: what it says of these is the state's choice. */
const SETTLED = 'settled';

const adding: Decide = (state, key, isKnown) => {
  if (state.failsToRegister.has(key) || (!isKnown && !state.stage.has(key))) {
    return ['REGISTER_FAILED', 'Error reading the file.'];
  }
  if (isKnown) return [SETTLED, 'REGISTER_SKIPPED'];
  return ['REGISTERED_NEW', 'File registered successfully.'];
};

const removing: Decide = (state, key, isKnown) => {
  if (state.failsToUnregister.has(key)) return ['UNREGISTER_FAILED', 'Error updating the metadata.'];
  if (!isKnown) return [SETTLED, 'UNREGISTERED'];
  return ['UNREGISTERED', 'File unregistered successfully.'];
};

function answer(state: SnowflakeState, outcomes: readonly (readonly [string, Outcome])[]): StatementResult {
  const rows = outcomes.flatMap(([key, [status, description]]) => {
    if (status !== SETTLED) return [[STAGE_FOLDER + key, status, description]];
    if (state.ofSettledFiles === 'unmentioned') return [];
    const failed = description === 'UNREGISTERED' ? 'UNREGISTER_FAILED' : 'REGISTER_FAILED';
    return [[STAGE_FOLDER + key, state.ofSettledFiles === 'failed' ? failed : description, 'Nothing changed.']];
  });
  return texts(['file', 'status', 'description'], rows);
}

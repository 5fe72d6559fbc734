import type { SnowflakeNames } from '../../../src/adapters/snowflake/names.ts';
import { createViewSql, replaceLoadedViewSql } from '../../../src/adapters/snowflake/view.ts';
import type { ColumnType } from '../../../src/billing/columnType.ts';
import type { Row } from '../../warehouse/harness.ts';
import { ACCOUNT_TIME_ZONE } from './protocolRoutes.ts';
import type { Execute } from './protocolServer.ts';
import { runBlock } from './snowflakeBlocks.ts';
import { columnsByValueStatements } from './snowflakeColumnsByValue.ts';
import { externalTableStatements } from './snowflakeExternalTable.ts';
import { fenceStatements } from './snowflakeFence.ts';
import { findingsStatements, type Outcome } from './snowflakeFindings.ts';
import { load, loadedTableStatements } from './snowflakeLoadedTable.ts';
import { publicationStatements } from './snowflakePublications.ts';
import { Relations } from './snowflakeRelations.ts';
import { type Block, blockOf } from './snowflakeScripting.ts';
import { type Known, NOTHING, refused } from './snowflakeStatements.ts';
import { emptyTables, Sessions, type Tables } from './snowflakeTables.ts';
import { totalsStatements } from './snowflakeTotals.ts';
import type { Plain } from './sql/values.ts';

export const OF_SETTLED_FILES = ['mentioned', 'failed', 'unmentioned', 'refused'] as const;

/** A stand-in for one schema of Snowflake, and what a test may order of it. */
export interface SnowflakeState {
  readonly execute: Execute;
  /** What lies in the stage, by staged key. */
  readonly stage: Map<string, readonly Row[]>;
  /** How many bytes staged files have, by staged key. */
  readonly sizes: Map<string, number>;
  /** How the footers of staged files type their columns, by staged key; AWS's own types else. */
  readonly columns: Map<string, readonly ColumnType[]>;
  /**
   * What UTC-adjusted timestamps of Parquet are in this account's external tables: the
   * documentation says it of staged files.
   */
  utcTimestampsAre: 'TIMESTAMP_LTZ' | 'TIMESTAMP_NTZ';
  /** Staged keys of which ADD FILES says REGISTER_FAILED. */
  readonly failsToRegister: Set<string>;
  /** Staged keys of which REMOVE FILES says UNREGISTER_FAILED. */
  readonly failsToUnregister: Set<string>;
  /** How many rows a scan leaves out of a file, without a word. */
  readonly rowsLeftOut: Map<string, number>;
  /**
   * What ADD FILES says of files that are known, and REMOVE FILES of those that are not: that they
   * are so, that they failed, nothing, or that the statement fails. The documentation leaves it
   * open.
   */
  ofSettledFiles: (typeof OF_SETTLED_FILES)[number];
  /** Called before a statement runs, which does not when this throws. */
  beforeStatement: (text: string) => Promise<void>;
  /** How many statements wait for a lock now. */
  waitingForLock(): number;
  /**
   * Rolls back what sessions that are gone have left open; else the next statement of whichever
   * session does.
   */
  rollBackGone(): void;
  /** What is committed. */
  readonly tables: Tables;
  /** Every statement so far, in the patterns' form; also those that blocks ran. */
  readonly statements: string[];
  /** Every block so far, as it was sent. */
  readonly blocks: string[];
  /** What blocks have noted of checks so far. */
  readonly outcomes: Outcome[];
  /** The rows that the contract view shows: their ids, currencies and costs. */
  lineItems(partitionPath: string): Row[];
  /** What a query of the contract view answers to a reader whose session has this time zone. */
  read(sql: string, timeZone: string): Record<string, Plain>[];
}

/**
 * Answers the statements that the warehouse sends, and refuses every other one as a compilation
 * error (001003): a statement whose meaning has changed cannot pass unnoticed. Paths are written as
 * Snowflake writes them, with the stage's folder in front. `isOpen` says which sessions there are;
 * the transaction of another one is rolled back.
 */
export function makeSnowflakeState(names: SnowflakeNames, isOpen: (sessionId: string) => boolean): SnowflakeState {
  const sessions = new Sessions(emptyTables());
  const state: SnowflakeState = {
    stage: new Map(),
    sizes: new Map(),
    columns: new Map(),
    utcTimestampsAre: 'TIMESTAMP_LTZ',
    failsToRegister: new Set(),
    failsToUnregister: new Set(),
    beforeStatement: async () => undefined,
    rowsLeftOut: new Map(),
    ofSettledFiles: 'mentioned',
    waitingForLock: () => sessions.waiting,
    rollBackGone: () => sessions.endAllBut(isOpen),
    tables: sessions.committed,
    statements: [],
    blocks: [],
    outcomes: [],
    lineItems: (path) => {
      const shown = `identity_line_item_id, line_item_currency_code, line_item_unblended_cost, is_split_cost, staged_key`;
      return state
        .read(`select ${shown} from ${names.lineItemsView}`, ACCOUNT_TIME_ZONE)
        .filter(({ staged_key: key }) => String(key).startsWith(path))
        .map(({ staged_key: _, ...row }) => row as Row);
    },
    read: (sql, timeZone) => relations.plain(sql, { tables: sessions.committed, timeZone }),
    execute: async ({ sql, binds, sessionId, timeZone }, { signal, runChild }) => {
      sessions.endAllBut(isOpen);
      const block = parsedBlock(sql);
      if (block) {
        signal.addEventListener('abort', () => sessions.abandon(sessionId));
        state.blocks.push(sql);
        return runBlock(block, runChild);
      }
      const text = normalized(sql, names);
      state.statements.push(text);
      await state.beforeStatement(text);
      signal.throwIfAborted();
      for (const { pattern, run } of known) {
        const match = pattern.exec(text);
        if (match) return run({ match, binds, sessionId });
      }
      if (/^create or replace view <lineItemsView> copy grants /.test(text)) {
        relations.createView(sql);
        return NOTHING;
      }
      if (text.startsWith('copy into <loadedTable> ')) {
        const reading = { tables: sessions.read(sessionId), timeZone };
        return load(sessions, sessionId, relations.copied(sql, reading));
      }
      if (/^select .* from (<externalTable>|<lineItemsView>|@<stage>\/)/.test(text)) {
        return relations.answer(sql, { tables: sessions.read(sessionId), timeZone, binds });
      }
      if (/\bno_such_table\b/.test(text))
        throw refused('002003', "SQL compilation error: Object 'NO_SUCH_TABLE' does not exist");
      throw refused('001003', `SQL compilation error: syntax error in ${text}`);
    },
  };
  const known: Known[] = [
    ...transactionStatements(sessions),
    ...externalTableStatements(state, sessions),
    ...loadedTableStatements(state, sessions),
    ...fenceStatements(sessions),
    ...publicationStatements(sessions),
    ...columnsByValueStatements(sessions, () => relations.comment),
    ...findingsStatements(sessions, state.outcomes),
    ...totalsStatements(sessions, state.lineItems),
  ];
  const relations = new Relations(state, names);
  relations.createView(names.target === 'table' ? replaceLoadedViewSql(names) : createViewSql(names));
  return state;
}

function normalized(sql: string, names: SnowflakeNames): string {
  let text = sql.replaceAll(/\s+/g, ' ').trim();
  for (const [field, name] of Object.entries(names)) {
    if (String(name).includes('.CUR_')) text = text.replaceAll(name, `<${field}>`);
  }
  return text.replaceAll(`${names.database}.information_schema`, '<information_schema>');
}

function parsedBlock(sql: string): Block | undefined {
  try {
    return blockOf(sql);
  } catch (error) {
    throw refused('001003', `SQL compilation error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function transactionStatements(sessions: Sessions): Known[] {
  const ending =
    (end: (sessionId: string) => void) =>
    async ({ sessionId }: { sessionId: string }) => {
      end(sessionId);
      return NOTHING;
    };
  return [
    { pattern: /^begin( transaction)?$/i, run: ending((id) => sessions.begin(id)) },
    { pattern: /^commit$/i, run: ending((id) => sessions.commit(id)) },
    { pattern: /^rollback$/i, run: ending((id) => sessions.rollBack(id)) },
  ];
}

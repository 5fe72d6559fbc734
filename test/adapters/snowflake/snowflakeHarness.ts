import { generateKeyPairSync } from 'node:crypto';
import { type SnowflakeNames, snowflakeNames, type WarehouseTarget } from '../../../src/adapters/snowflake/names.ts';
import { openSession, type Session } from '../../../src/adapters/snowflake/session.ts';
import { openSnowflakeWarehouse } from '../../../src/adapters/snowflake/warehouse.ts';
import { type Partition, partitionPrefix } from '../../../src/billing/partition.ts';
import { type Payer, parsePayer } from '../../../src/billing/payer.ts';
import { monthOf, type Period, yearOf } from '../../../src/billing/period.ts';
import { compareText } from '../../../src/billing/version.ts';
import type { Warehouse } from '../../../src/warehouse/warehouse.ts';
import { rendered, type ScriptLine } from '../../analytics/rendered.ts';
import { PERIOD, type Row, SMALL_REPORT, type WarehouseHarness } from '../../warehouse/harness.ts';
import { type ProtocolServer, startProtocolServer } from './protocolServer.ts';
import { makeSnowflakeState, type SnowflakeState } from './snowflakeState.ts';

export interface SnowflakeHarness extends WarehouseHarness {
  readonly names: SnowflakeNames;
  readonly state: SnowflakeState;
  readonly server: ProtocolServer;
  readonly session: Session;
  /**
   * Another session of the same user, and a warehouse of its own on it: as another Lambda has them.
   */
  another(): Promise<{ warehouse: Warehouse; session: Session }>;
  /**
   * The statements that arrive while `work` goes on, with evened blanks and names as
   * `<externalTable>`.
   */
  sent(work: () => Promise<unknown>): Promise<string[]>;
}

const PRIVATE_KEY = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;

/**
 * The Snowflake warehouse, through Snowflake's own driver, on a server that answers from memory.
 */
export async function makeSnowflakeHarness(target: WarehouseTarget = 'external'): Promise<SnowflakeHarness> {
  const names = snowflakeNames({ database: 'CUR_REACTOR', schema: 'CUR', target });
  const state = makeSnowflakeState(names, (sessionId) => server.openSessions().includes(sessionId));
  const server = await startProtocolServer(state.execute);
  const opened: Session[] = [];
  let script: readonly ScriptLine[] | undefined;
  const another = async () => {
    const session = await signIn(server.accessUrl);
    opened.push(session);
    const warehouse = openSnowflakeWarehouse({
      session: async () => session,
      names,
      stage: 'test',
      analyticsStatements: (period, payers) => rendered(script ?? scriptOf(period, payers)),
    });
    return { session, warehouse };
  };
  const { session, warehouse } = await another();
  return {
    names,
    registers: target === 'external',
    state,
    server,
    session,
    warehouse,
    another,
    stage: async ({ partition, name, rows, columns = SMALL_REPORT }) => {
      const stagedKey = `${partitionPrefix(partition)}${name}.parquet`;
      state.stage.set(stagedKey, rows);
      state.columns.set(stagedKey, columns);
      const sizeBytes = 1000 + rows.length;
      state.sizes.set(stagedKey, sizeBytes);
      return { stagedKey, rows: rows.length, sizeBytes, columns };
    },
    corrupt: async ({ stagedKey }) => {
      state.failsToRegister.add(stagedKey);
    },
    remove: async ({ stagedKey }) => {
      state.stage.delete(stagedKey);
    },
    visibleRows: async (partition) => visibleIds(state, partition),
    shown: async (columns) =>
      shownBy(state.read(`select identity_line_item_id, ${columns} from ${names.lineItemsView}`, 'UTC')),
    script: (statements) => {
      script = statements;
    },
    insertFinding: (payer) => insertFinding(PERIOD, payer),
    analysed: async (period) => {
      const { findings } = state.tables;
      const ofPeriod = findings.filter((row) => row.year === yearOf(period) && row.month === monthOf(period));
      return ofPeriod.map(({ payer }) => parsePayer(payer)).sort();
    },
    sent: async (work) => {
      const before = state.statements.length;
      await work();
      return state.statements.slice(before);
    },
    close: async () => {
      await Promise.all(opened.map((each) => each.close()));
      await server.close();
    },
  };
}

function signIn(accessUrl: string): Promise<Session> {
  return openSession({
    readCredentials: async () => ({
      account: 'example-account',
      accessUrl,
      username: 'CUR_REACTOR',
      privateKey: PRIVATE_KEY,
    }),
    database: 'CUR_REACTOR',
    schema: 'CUR',
    warehouse: 'CUR_REACTOR',
    application: 'cur-reactor',
    queryTag: 'cur-reactor',
    statementTimeoutSeconds: 60,
    lockTimeoutSeconds: 10,
    deadlines: { connectSeconds: 120, statementSeconds: 120, statusSeconds: 120 },
    backoff: async () => undefined,
  });
}

function visibleIds(state: SnowflakeState, partition: Partition): string[] {
  const rows: Row[] = state.lineItems(partitionPrefix(partition));
  return rows.map((row) => String(row.identity_line_item_id)).sort();
}

function shownBy(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return rows
    .toSorted((one, other) => compareText(String(one.identity_line_item_id), String(other.identity_line_item_id)))
    .map(({ identity_line_item_id: _, ...row }) => row);
}

function scriptOf(period: Period, payers: readonly Payer[]): string[] {
  return [
    'begin transaction',
    `delete from cur_findings where year = ${yearOf(period)} and month = ${monthOf(period)}`,
    ...payers.map((payer) => insertFinding(period, payer)),
    'commit',
  ];
}

function insertFinding(period: Period, payer: Payer): string {
  return `insert into cur_findings (payer, year, month) values ('${payer}', ${yearOf(period)}, ${monthOf(period)})`;
}

import { setImmediate } from 'node:timers/promises';
import { type SnowflakeNames, snowflakeNames, type WarehouseTarget } from '../../src/adapters/snowflake/names.ts';
import { keepSession, openSession, type Session } from '../../src/adapters/snowflake/session.ts';
import { openSnowflakeWarehouse } from '../../src/adapters/snowflake/warehouse.ts';
import { type Partition, partitionPrefix } from '../../src/billing/partition.ts';
import type { FinalizeServices } from '../../src/finalize/services.ts';
import { type ProtocolServer, startProtocolServer } from '../adapters/snowflake/protocolServer.ts';
import { createKey } from '../adapters/snowflake/sessionHarness.ts';
import { makeSnowflakeState, type SnowflakeState } from '../adapters/snowflake/snowflakeState.ts';
import { rendered } from '../analytics/rendered.ts';
import { CutOff, type Interceptor, intercepted } from '../copy/interception.ts';
import { ALPHA, BETA, deliveryOf } from '../ledger/records.ts';
import { override } from '../simulation/observed.ts';
import { rowsOf } from '../warehouse/harness.ts';
import { unlisted } from './effects.ts';
import { FinalizerWorld } from './finalizerWorld.ts';
import { type Line, type Mortal, mortal, openLine } from './mortal.ts';
import { BARE, SCRIPT } from './snowflakeScript.ts';

const { privateKey } = createKey();
const MAX_TICKS = 20;
/** Longer than a lease: whoever comes after a process that died may find it running. */
const SLOW_SECONDS = 70;

/** A process of the finalizer, with its own session. */
interface FinalizerProcess {
  readonly mortal: Mortal;
  readonly parts: Partial<FinalizeServices>;
  close(): Promise<void>;
}

/**
 * The finalizer on Snowflake's driver: real ledger, real sessions, and a server that may outlive
 * its clients.
 */
export class SnowflakeWorld {
  readonly base = new FinalizerWorld({ supersededGraceSeconds: 0 });
  readonly state: SnowflakeState;
  readonly server: ProtocolServer;
  /** What readers saw after an effect and must not see. */
  readonly torn: string[] = [];
  /** How many sessions Snowflake ended because another waited for a lock of theirs. */
  waitedFor = 0;
  #script: readonly string[] = [];
  #detached: readonly string[] = [];
  readonly #opened: FinalizerProcess[] = [];
  readonly #asleep = new Map<() => void, number>();
  readonly #sets = new Map<Partition, { old: readonly string[]; new: readonly string[] }>();
  readonly #names: SnowflakeNames;

  private constructor(names: SnowflakeNames, state: SnowflakeState, server: ProtocolServer) {
    this.#names = names;
    this.state = state;
    this.server = server;
    state.beforeStatement = async (text) => {
      if (text === BARE) await this.#until(this.base.now + SLOW_SECONDS * 1000);
      else if (/^insert into cur_findings/.test(text)) await this.#until(this.base.now + 1000);
    };
  }

  /**
   * Two payers of one month, each with a published set of two files and a new delivery that is due.
   */
  static async create(target: WarehouseTarget): Promise<SnowflakeWorld> {
    const names = snowflakeNames({ database: 'CUR_REACTOR', schema: 'CUR', target });
    const state = makeSnowflakeState(names, (sessionId) => server.openSessions().includes(sessionId));
    const server = await startProtocolServer(state.execute);
    const world = new SnowflakeWorld(names, state, server);
    const old = await world.#deliver('old');
    for (const [partition, ids] of old) world.#sets.set(partition, { old: [], new: ids });
    const first = await world.start();
    await world.base.tick(first.parts);
    await first.close();
    const renewed = await world.#deliver('new');
    for (const [partition, ids] of renewed) world.#sets.set(partition, { old: old.get(partition) ?? [], new: ids });
    world.#script = SCRIPT;
    world.base.events.length = 0;
    world.torn.length = 0;
    return world;
  }

  async #deliver(which: string): Promise<Map<Partition, readonly string[]>> {
    this.base.now += 1000;
    const sets = new Map<Partition, readonly string[]>();
    for (const partition of [ALPHA, BETA]) {
      const files = [];
      for (const key of ['a', 'b']) {
        const version = await this.base.stage({ partition, key, etag: which, rows: 2 });
        const ids = [1, 2].map((number) => `${partition.payer}-${which}-${key}${number}`);
        if (version.outcome.status !== 'staged') throw new Error('it was staged');
        this.state.stage.set(version.outcome.stagedKey, rowsOf(ids, '2026-04-01 00:00:00'));
        this.state.sizes.set(version.outcome.stagedKey, version.source.sizeBytes);
        sets.set(partition, [...(sets.get(partition) ?? []), ...ids]);
        files.push(version);
      }
      const { now: lastModified } = this.base;
      await this.base.deliver(deliveryOf({ partition, id: `${partition.payer}-${which}`, lastModified, files }), []);
    }
    return sets;
  }

  /**
   * A new process, which dies when its `nth` effect has happened. It signs in when it first needs
   * to.
   */
  async start(nth = Number.POSITIVE_INFINITY): Promise<FinalizerProcess> {
    const life = mortal(nth, () => {
      this.#look();
      if (life.isDead()) this.#detached = this.#sessionsOfStatements();
    });
    const line = await openLine(this.server.accessUrl, life.intercept);
    const sessions: Session[] = [];
    const session = keepSession(async () => {
      const opened = await signIn(line);
      sessions.push(opened);
      return opened;
    });
    const process = {
      mortal: life,
      parts: this.#partsOf(life, session),
      close: async () => {
        await Promise.all(sessions.map((each) => each.close()));
        await line.close();
      },
    };
    this.#opened.push(process);
    return process;
  }

  #partsOf({ intercept, isDead }: Mortal, session: () => Promise<Session>): Partial<FinalizeServices> {
    const { ledger, store, copyQueue, finalizeQueue, report } = this.base.finalizing();
    const acted = (one: Interceptor) => intercepted(ledger, one);
    const warehouse = openSnowflakeWarehouse({
      session,
      names: this.#names,
      stage: 'test',
      analyticsStatements: () => rendered(this.#script),
    });
    const forgetting = override(store, {
      delete: async (location) => {
        this.state.stage.delete(location.key);
        return store.delete(location);
      },
    });
    return {
      ledger: acted(intercept),
      warehouse,
      script: warehouse.script,
      store: unlisted(forgetting, intercept),
      copyQueue: intercepted(copyQueue, intercept),
      finalizeQueue: intercepted(finalizeQueue, intercept),
      notify: (messages) => acted(intercept).putIntoOutbox(messages),
      report: (event) => {
        if (!isDead()) report(event);
      },
      sleep: async (seconds) => {
        if (isDead()) throw new CutOff('dead before a sleep');
        await this.#moveTo(this.base.now + seconds * 1000);
      },
    };
  }

  /**
   * Ticks until nothing is left to do, by this process and, when it has died, by a new one. Answers
   * how many ticks.
   */
  async run(first: FinalizerProcess): Promise<number> {
    let process = first;
    const { base } = this;
    const watch = setInterval(() => {
      if (this.#detached.length > 0 && this.state.waitingForLock() > 0) {
        this.waitedFor += 1;
        this.endDetached();
      }
    }, 1);
    try {
      base.ticks = [{ body: { period: ALPHA.period }, at: base.now }];
      for (let count = 0; count < MAX_TICKS; count += 1) {
        const next = base.ticks.toSorted((a, b) => a.at - b.at)[0];
        if (!next) return count;
        base.ticks.splice(base.ticks.indexOf(next), 1);
        await this.#moveTo(Math.max(base.now, next.at));
        const isDone = await base.tick(process.parts).then(
          () => true,
          () => false,
        );
        if (!isDone || process.mortal.isDead()) base.redeliver();
        if (process.mortal.isDead()) process = await this.start();
      }
      throw new Error(`still ticking after ${MAX_TICKS} ticks`);
    } finally {
      clearInterval(watch);
    }
  }

  /**
   * Snowflake notices that the clients of processes that died are gone. What they submitted runs
   * on.
   */
  endDetached(): void {
    this.server.endSessions(this.#detached);
    this.#detached = [];
    this.state.rollBackGone();
  }

  /** Payer and year of each finding, sorted. */
  findings(): string[] {
    return this.state.tables.findings.map(({ payer, year }) => `${payer} ${year}`).sort();
  }

  /** The rows in the native table that no reader sees. */
  unseen(): readonly unknown[] {
    const seen = new Set(this.views().flatMap(({ visible }) => visible));
    const { loadedRows } = this.state.tables;
    return loadedRows.length === 0 || loadedRows.length === seen.size ? [] : loadedRows;
  }

  /** What readers see, and should in the end. */
  views(): { visible: readonly string[]; wanted: readonly string[] }[] {
    return [...this.#sets].map(([partition, sets]) => ({ visible: this.#visible(partition), wanted: sets.new }));
  }

  /** The files that the external table knows and that nobody sees. */
  scannedUnseen(): string[] {
    const { registered, currentFiles } = this.state.tables;
    const published = new Set(currentFiles.map(({ stagedKey }) => stagedKey));
    return [...registered].filter((stagedKey) => !published.has(stagedKey));
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((process) => process.close()));
    await this.server.close();
    this.base.close();
  }

  #look(): void {
    for (const [partition, sets] of this.#sets) {
      const visible = this.#visible(partition).join();
      if (visible !== sets.old.join() && visible !== sets.new.join()) this.torn.push(visible);
    }
  }

  #visible(partition: Partition): string[] {
    return this.state
      .lineItems(partitionPrefix(partition))
      .map((row) => String(row.identity_line_item_id))
      .sort();
  }

  #sessionsOfStatements(): string[] {
    const submitting = new Set(this.server.queries.flatMap((query) => (query.isAsync ? query.sessionId : [])));
    return this.server.openSessions().filter((sessionId) => !submitting.has(sessionId));
  }

  /** Time goes on, second by second, and what runs in Snowflake with it. */
  async #moveTo(time: number): Promise<void> {
    await this.#settle();
    while (this.base.now < time) {
      const next = Math.min(time, ...[...this.#asleep.values()].filter((at) => at > this.base.now));
      this.base.now = next;
      for (const [wake, at] of this.#asleep) if (at <= next && this.#asleep.delete(wake)) wake();
      await this.#settle();
    }
  }

  /** Until every submitted query has ended, or waits for time to pass or for a lock. */
  async #settle(): Promise<void> {
    const isBusy = () => {
      const running = this.server.queries.filter(({ isAsync, status }) => isAsync && status === 'RUNNING').length;
      return running > this.#asleep.size + this.state.waitingForLock();
    };
    while (isBusy()) await setImmediate();
  }

  #until(time: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#asleep.set(resolve, time);
    return promise;
  }
}

function signIn({ url }: Line): Promise<Session> {
  return openSession({
    readCredentials: async () => ({
      account: 'example-account',
      accessUrl: url,
      username: 'CUR_REACTOR',
      privateKey,
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

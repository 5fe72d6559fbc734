import { type Connection, HEARTBEAT_SECONDS } from './connection.ts';
import type { TimeLimit } from './deadline.ts';
import { BrokerFailure } from './failures.ts';

/** One connection that is opened when it is first needed, kept for a while, and opened anew when it is of no use. */
interface KeptConnection {
  /** The connection; callers that come at the same time get the same. Throws what opening it throws. */
  current(limit: TimeLimit): Promise<Connection>;
  /** The broker has answered on it just now. */
  answered(connection: Connection): void;
  /** Closes a connection that is of no use any more; the next caller gets a new one. */
  drop(broken: Connection): void;
  /** Ends when everything that was opened is closed. From then on `current` throws. */
  close(): Promise<void>;
}

/**
 * Keeps what `open` opens. One that failed to open is not kept: the next caller tries again.
 *
 * A function is frozen between its invocations, without warning and for any time. Meanwhile it sends no heartbeats, so
 * the broker gives the connection up, or something on the way forgets it, and nothing of that may be heard after the
 * thaw: who asks a dead connection waits for the whole of a deadline. So one whose last answer is older than a heartbeat
 * by the clock `now` (milliseconds since 1970: that clock knows of a freeze) is replaced unasked, which costs a few
 * round trips; a younger one the broker cannot have given up yet, as that takes it two heartbeats.
 */
export function keepConnection(open: (limit: TimeLimit) => Promise<Connection>, now: () => number): KeptConnection {
  let opening: Promise<Connection> | undefined;
  let held: { readonly connection: Connection; readonly answeredAt: number } | undefined;
  let isClosed = false;
  const closing = new Set<Promise<void>>();

  async function openNew(limit: TimeLimit): Promise<Connection> {
    try {
      const connection = await open(limit);
      held = { connection, answeredAt: now() };
      return connection;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  }

  function retire(): void {
    const closed = held?.connection.close();
    held = undefined;
    opening = undefined;
    if (!closed) return;
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  }

  return {
    async current(limit) {
      if (isClosed) throw new BrokerFailure('SHUT', 'the broker was closed on this side');
      if (held && !isFresh(held.connection.isOpen(), held.answeredAt, now())) retire();
      opening ??= openNew(limit);
      return opening;
    },
    answered(connection) {
      if (held?.connection === connection) held = { connection, answeredAt: now() };
    },
    drop(broken) {
      if (held?.connection === broken) retire();
    },
    async close() {
      isClosed = true;
      await opening?.catch(() => undefined);
      retire();
      await Promise.all(closing);
    },
  };
}

function isFresh(isOpen: boolean, answeredAt: number, now: number): boolean {
  return isOpen && now - answeredAt <= HEARTBEAT_SECONDS * 1000;
}

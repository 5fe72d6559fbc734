import type { Connection } from './connection.ts';

/** One connection that is opened when it is first needed, kept, and opened anew after it was dropped. */
export interface KeptConnection {
  /** The connection; callers that come at the same time get the same. Throws what opening it throws. */
  current(): Promise<Connection>;
  /** Closes a connection that is of no use any more; the next caller gets a new one. */
  drop(broken: Connection): void;
  /** Ends when everything that was opened is closed. From then on `current` throws. */
  close(): Promise<void>;
}

/** Keeps what `open` opens. One that failed to open is not kept: the next caller tries again. */
export function keepConnection(open: () => Promise<Connection>): KeptConnection {
  let opening: Promise<Connection> | undefined;
  let held: Connection | undefined;
  let isClosed = false;
  const closing = new Set<Promise<void>>();

  async function openNew(): Promise<Connection> {
    try {
      held = await open();
      return held;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  }

  function drop(broken: Connection): void {
    if (broken !== held) return;
    held = undefined;
    opening = undefined;
    const closed = broken.close();
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  }

  return {
    async current() {
      if (isClosed) throw new Error('the Snowflake session was closed');
      opening ??= openNew();
      return opening;
    },
    drop,
    async close() {
      isClosed = true;
      await opening?.catch(() => undefined);
      if (held) drop(held);
      await Promise.all(closing);
    },
  };
}

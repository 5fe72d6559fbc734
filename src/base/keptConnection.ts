/**
 * One connection that is opened when it is first needed, kept, and opened anew when it is of no use
 * any more.
 */
export interface KeptConnection<Connection, Opening extends readonly unknown[] = []> {
  /**
   * The connection; callers that come at the same time get the same one. Throws what opening it
   * throws.
   */
  current(...opening: Opening): Promise<Connection>;
  /** Closes a connection that is of no use any more; the next caller gets a new one. */
  drop(broken: Connection): void;
  /** Ends when everything that was opened is closed. From then on `current` throws. */
  close(): Promise<void>;
}

interface Keeping<Connection> {
  /**
   * Whether a connection that is kept may be used again: one that may not is replaced. By default
   * it always may.
   */
  readonly isUsable?: (connection: Connection) => boolean;
  /** What `current` throws once everything is closed. */
  readonly closed: () => Error;
}

/**
 * Keeps what `open` opens. One that failed to open is not kept: the next caller tries again.
 * Closing a connection must never fail.
 */
export function keepConnection<Connection extends { close(): Promise<void> }, Opening extends readonly unknown[] = []>(
  open: (...opening: Opening) => Promise<Connection>,
  { isUsable = () => true, closed }: Keeping<Connection>,
): KeptConnection<Connection, Opening> {
  let opening: Promise<Connection> | undefined;
  let held: Connection | undefined;
  let isClosed = false;
  const closing = new Set<Promise<void>>();

  async function openNew(...by: Opening): Promise<Connection> {
    try {
      held = await open(...by);
      return held;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  }

  function retire(): void {
    const closed = held?.close();
    held = undefined;
    opening = undefined;
    if (!closed) return;
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  }

  return {
    async current(...by) {
      if (isClosed) throw closed();
      if (held && !isUsable(held)) retire();
      opening ??= openNew(...by);
      return opening;
    },
    drop(broken) {
      if (broken === held) retire();
    },
    async close() {
      isClosed = true;
      await opening?.catch(() => undefined);
      retire();
      await Promise.all(closing);
    },
  };
}

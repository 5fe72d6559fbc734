import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of a server on this machine, whose connections can be spoiled. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections were made through it so far. */
  accepted(): number;
  /** How many of them are open. */
  open(): number;
  /**
   * From now on nothing passes over the connections that are open, or only no answer does, and
   * nobody is notified.
   */
  silence(what: 'everything' | 'answers'): void;
  /** Cuts all connections that are open, with a reset. */
  cut(): void;
  /**
   * Notified how many bytes came from clients so far, before the last of them are passed on.
   * Replace it at any time.
   */
  passed: (bytes: number) => void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  silenced: 'nothing' | 'answers' | 'everything';
}

/** Starts a proxy on 127.0.0.1 in front of `target`, a port of 127.0.0.1. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let accepted = 0;
  let bytes = 0;
  const listener = createServer((client) => {
    accepted++;
    const pair: Pair = { client, server: connect({ host: '127.0.0.1', port: target }), silenced: 'nothing' };
    pairs.add(pair);
    client.on('data', (data) => {
      bytes += data.length;
      proxy.passed(bytes);
      if (pair.silenced !== 'everything') pair.server.write(data);
    });
    pair.server.on('data', (data) => {
      if (pair.silenced === 'nothing') client.write(data);
    });
    for (const [one, other] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => {
        // Whoever is silenced does not hear of the other's end; only the client's own is seen.
        if (one === pair.server && pair.silenced !== 'nothing') return;
        other.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const proxy: TcpProxy = {
    port: (listener.address() as AddressInfo).port,
    accepted: () => accepted,
    open: () => pairs.size,
    silence(what) {
      for (const pair of pairs) pair.silenced = what;
    },
    cut() {
      for (const { client } of pairs) client.resetAndDestroy();
    },
    passed: () => {},
    async close() {
      for (const { client, server } of pairs) {
        client.destroy();
        server.destroy();
      }
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return proxy;
}

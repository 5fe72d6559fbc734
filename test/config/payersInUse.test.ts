import { beforeEach, describe, expect, it } from 'vitest';
import { PayersInUse } from '../../src/config/payersInUse.ts';
import type { StoredConfiguration } from '../../src/ledger/ledger.ts';
import type { CopyMessage } from '../../src/queue/copyMessage.ts';
import type { ReactorEvent } from '../../src/telemetry/events.ts';
import { payerSource } from './payerSources.ts';

const MINUTE = 60_000;
const KEY = 'daily/data/BILLING_PERIOD=2026-10/daily-00001.snappy.parquet';

let now: number;
/** What the ledger has, or why it cannot be asked. */
let ledger: StoredConfiguration | Error | undefined;
let asked: number;
let events: ReactorEvent[];
let payers: PayersInUse;
beforeEach(() => {
  [now, asked, ledger, events] = [Date.UTC(2026, 9, 15), 0, undefined, []];
  const stored = async () => {
    asked += 1;
    if (ledger instanceof Error) throw ledger;
    return ledger;
  };
  const fallback = { sources: [payerSource({ bucket: 'file-cur' })] };
  payers = new PayersInUse({ stored, fallback, now: () => now });
});

const tableOf = (...buckets: readonly string[]): StoredConfiguration => ({
  from: 'table',
  readAt: 0,
  sources: buckets.map((bucket) => payerSource({ bucket })),
});

/** What an object of a bucket is taken for. */
async function placed(bucket: string, kind: CopyMessage['kind'] = 'object-created'): Promise<string> {
  const { placement, place } = await payers.placed({ bucket, key: KEY, kind }, (event) => void events.push(event));
  expect(place(bucket, KEY)).toEqual(placement);
  return placement.is;
}

describe('the payers in use', () => {
  it('are those of the payers file while the ledger has none', async () => {
    expect([await placed('file-cur'), await placed('table-cur')]).toEqual(['data', 'unknown-source']);
  });

  it('are those of the ledger alone, once it has a copy of the table', async () => {
    ledger = tableOf('table-cur');
    expect([await placed('file-cur'), await placed('table-cur')]).toEqual(['unknown-source', 'data']);
  });

  it('are those of the payers file again when the ledger says that there is no table any more', async () => {
    ledger = { ...tableOf('table-cur'), from: 'fallback' };
    expect([await placed('file-cur'), await placed('table-cur')]).toEqual(['data', 'unknown-source']);
  });

  it('are asked for once, for all messages of a batch', async () => {
    expect(await Promise.all(['file-cur', 'file-cur', 'file-cur'].map((bucket) => placed(bucket)))).toHaveLength(3);
    now += 5 * MINUTE - 1;
    await placed('file-cur');
    expect(asked).toBe(1);
  });

  it('are asked for again after five minutes', async () => {
    ledger = tableOf('one-cur', 'two-cur');
    await placed('one-cur');
    ledger = tableOf('two-cur');
    now += 5 * MINUTE;
    expect([await placed('one-cur'), asked]).toEqual(['unknown-source', 2]);
  });

  it('are asked for again for an object of nobody, once a minute', async () => {
    await placed('file-cur');
    ledger = tableOf('new-cur');
    now += MINUTE - 1;
    expect([await placed('new-cur'), asked]).toEqual(['unknown-source', 1]);
    now += 1;
    expect([await placed('new-cur'), asked]).toEqual(['data', 2]);
  });

  it('are asked for at once for an object of nobody that reconcile has queued: it knows whose it is', async () => {
    await placed('file-cur');
    ledger = tableOf('new-cur');
    const messages = [1, 2, 3].map(() => placed('new-cur', 'discovered'));
    expect(await Promise.all(messages)).toEqual(['data', 'data', 'data']);
    expect(asked).toBe(2);
  });
});

describe('a ledger that cannot be asked', () => {
  it('for the first time keeps the message, whoever it is of; the next message asks again', async () => {
    ledger = new Error('throttled');
    await expect(placed('file-cur')).rejects.toThrow('throttled');
    expect(events).toEqual([]);
    ledger = tableOf('table-cur');
    expect(await placed('table-cur')).toBe('data');
  });

  it('later leaves the payers as they are, reports it, and is asked again in five minutes', async () => {
    ledger = tableOf('table-cur');
    await placed('table-cur');
    ledger = new Error('throttled');
    now += 5 * MINUTE;
    expect([await placed('table-cur'), await placed('table-cur'), asked]).toEqual(['data', 'data', 2]);
    expect(events).toEqual([{ what: 'configuration-fallback', from: 'cache', reason: 'Error: throttled' }]);
    ledger = tableOf('new-cur');
    now += 5 * MINUTE;
    expect([await placed('new-cur'), asked]).toEqual(['data', 3]);
  });

  it('keeps the message of an object of nobody: it may be of somebody new', async () => {
    await placed('file-cur');
    ledger = new Error('throttled');
    now += MINUTE;
    await expect(placed('new-cur')).rejects.toThrow('throttled');
    await expect(placed('new-cur')).rejects.toThrow('throttled');
    expect([await placed('file-cur'), asked]).toEqual(['data', 2]);
    ledger = tableOf('new-cur');
    now += MINUTE;
    expect(await placed('new-cur')).toBe('data');
  });
});

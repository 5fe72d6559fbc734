import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { type LoadedPayers, loadPayers, type PayersOrigins } from '../../src/config/loadPayers.ts';
import type { StoredConfiguration } from '../../src/ledger/ledger.ts';
import type { ReactorEvent } from '../../src/telemetry/events.ts';
import { payerSource } from './payerSources.ts';

const NOW = Date.UTC(2026, 9, 15);
const FILE = { sources: [payerSource({ bucket: 'from-the-file' })] };
const COPY: StoredConfiguration = {
  from: 'table',
  sources: [payerSource({ bucket: 'from-the-copy' })],
  readAt: NOW - 1000,
};
const ROW = { PAYER_ID: '444455556666', BUCKET: 'from-the-table' };
const OF_ROW = payerSource({
  payer: parsePayer('444455556666'),
  bucketOwner: '444455556666',
  bucket: 'from-the-table',
});
const WRONG_ROW = { PAYER_ID: '1', BUCKET: 'x-cur' };
const REASON = 'PAYER_ID must be an AWS account id of 12 digits, got "1"';

async function load(
  origins: Partial<PayersOrigins>,
): Promise<LoadedPayers & { readonly events: readonly ReactorEvent[] }> {
  const events: ReactorEvent[] = [];
  const report = (event: ReactorEvent) => void events.push(event);
  const loaded = await loadPayers({
    cached: async () => undefined,
    fallback: FILE,
    now: () => NOW,
    report,
    ...origins,
  });
  return { ...loaded, events };
}

const refuse = async () => {
  throw new Error('the warehouse cannot be reached');
};

describe('without a payers table', () => {
  it('the payers file is the configuration, and nothing is wrong with that', async () => {
    expect(await load({})).toEqual({
      from: 'fallback',
      sources: FILE.sources,
      wrongRows: [],
      events: [{ what: 'configuration-loaded', from: 'fallback', payers: 1 }],
    });
  });

  it('any more, the copy of it counts no more', async () => {
    const { from, sources, toSave, events } = await load({ cached: async () => COPY });
    expect([from, sources]).toEqual(['fallback', FILE.sources]);
    expect(toSave).toEqual({ from: 'fallback', sources: FILE.sources, readAt: NOW });
    expect(events).toHaveLength(1);
  });

  it('it is saved in the ledger once', async () => {
    const saved = { from: 'fallback', sources: FILE.sources, readAt: NOW } as const;
    expect((await load({ cached: async () => saved })).toSave).toBeUndefined();
  });
});

describe('with a payers table', () => {
  it('its rows count, and are kept with the moment at which they were read', async () => {
    const answer = { from: 'table', sources: [OF_ROW], readAt: NOW };
    expect(await load({ readTable: async () => [ROW], cached: async () => COPY })).toEqual({
      ...answer,
      wrongRows: [],
      toSave: answer,
      events: [{ what: 'configuration-loaded', from: 'table', payers: 1 }],
    });
  });

  it('a payer with several places counts once', async () => {
    const { events } = await load({ readTable: async () => [ROW, { ...ROW, PREFIX: 'cur' }] });
    expect(events).toEqual([{ what: 'configuration-loaded', from: 'table', payers: 1 }]);
  });

  it('a wrong row is reported, left out, and stops nobody else', async () => {
    const { sources, wrongRows, toSave, events } = await load({ readTable: async () => [WRONG_ROW, ROW] });
    expect([sources, toSave?.sources]).toEqual([[OF_ROW], [OF_ROW]]);
    expect(wrongRows).toEqual([{ row: 1, reason: REASON }]);
    expect(events).toEqual([
      { what: 'payer-row-wrong', row: 1, reason: REASON },
      { what: 'configuration-loaded', from: 'table', payers: 1 },
    ]);
  });
});

describe.each([
  ['cannot be read', refuse, 'Error: the warehouse cannot be reached', 0],
  ['has wrong rows alone', async () => [WRONG_ROW], 'got 1 row, 1 of them wrong', 1],
] as const)('a payers table that %s', (_what, readTable, reason, wrong) => {
  it('is replaced by the last good copy, and that is reported', async () => {
    const { from, sources, readAt, why, toSave, events } = await load({ readTable, cached: async () => COPY });
    expect({ sources, readAt }).toEqual({ sources: COPY.sources, readAt: COPY.readAt });
    expect([from, toSave]).toEqual(['cache', undefined]);
    expect(why).toContain(reason);
    expect(events.slice(wrong)).toEqual([
      { what: 'configuration-fallback', from: 'cache', reason: why },
      { what: 'configuration-loaded', from: 'cache', payers: 1 },
    ]);
  });

  it.each([
    ['there is no copy', undefined],
    ['the payers file has replaced the copy', { ...COPY, from: 'fallback' } as const],
  ])('is replaced by the payers file where %s, and that is reported', async (_where, stored) => {
    const { from, sources, toSave, readAt, wrongRows, events } = await load({ readTable, cached: async () => stored });
    expect([from, sources, toSave, readAt]).toEqual(['fallback', FILE.sources, undefined, undefined]);
    expect(wrongRows).toHaveLength(wrong);
    expect(events.slice(wrong)).toMatchObject([
      { what: 'configuration-fallback', from: 'fallback', reason: expect.stringContaining(reason) },
      { what: 'configuration-loaded', from: 'fallback' },
    ]);
  });
});

describe.each([
  ['has no rows', async () => [], 'the payers table is empty: none of its 0 rows is enabled'],
  ['has nobody who is enabled', async () => [{ ...ROW, ENABLED: false }], 'none of its 1 rows is enabled'],
] as const)('a payers table that %s', (_what, readTable, reason) => {
  it.each([
    ['the payers file, where no copy of it was kept', undefined, 'fallback', FILE],
    ['the copy of when it had some', COPY, 'cache', COPY],
  ] as const)('is replaced by %s; that is said, and is no failure', async (_by, stored, from, { sources }) => {
    const loaded = await load({ readTable, cached: async () => stored });
    expect(loaded).toMatchObject({ from, sources, why: expect.stringContaining(reason) });
    expect(loaded.toSave).toBeUndefined();
    expect(loaded.events).toEqual([
      { what: 'configuration-empty', from, reason: loaded.why },
      { what: 'configuration-loaded', from, payers: 1 },
    ]);
  });
});

it('a ledger that cannot be read is an error: it is not the payers file that counts then', async () => {
  await expect(load({ readTable: refuse, cached: () => Promise.reject(new Error('throttled')) })).rejects.toThrow(
    'throttled',
  );
});

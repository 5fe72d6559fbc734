import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod/mini';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import type { Message } from '../../src/ledger/message.ts';
import type { MessageContext } from '../../src/outbox/compose.ts';
import { quarantined } from '../../src/outbox/copyMessages.ts';
import { analyticsFailed, finalized, verificationFailed } from '../../src/outbox/finalizeMessages.ts';
import { ownerDigest } from '../../src/outbox/ownerMessages.ts';
import { reconciled, reportsUndecided, stale, unreadable } from '../../src/outbox/reconcileMessages.ts';
import { BODIES, type What } from '../../src/outbox/schema.ts';
import { FINDINGS_EACH } from '../../src/warehouse/ownerDigest.ts';

const NOON = Date.UTC(2026, 9, 5, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PAYER = parsePayer('111122223333');
const PARTITION = { payer: PAYER, period: parsePeriod('2026-10') };
const OTHER = { payer: parsePayer('444455556666'), period: PARTITION.period };
const CONTEXT: MessageContext = { stage: 'prod', at: NOON, correlationId: 'e1-a' };

const FINALIZED = {
  publishedEpoch: 7,
  files: 3,
  rows: 1200,
  costs: [{ currency: 'USD', cost: 99.5 }],
  asOf: NOON - HOUR,
  deliveryId: '0123456789abcdef',
  findings: [{ check: 'idle-nat-gateway', currency: 'USD', count: 2, estimatedSaving: 65.7 }],
  failedChecks: [{ check: 'idle-vpn', reason: '100035: not recognized' }],
  unknownChecks: [{ check: 'never-off', reason: 'no column environment' }],
};
const OWNERS = { notified: 200, leftOut: 3 };
const OWNED = {
  check: 'idle-nat-gateway',
  account: '999988887777',
  accountName: 'Shop',
  region: 'eu-west-1',
  resource: 'nat-1',
  evidence: 'ran 300 h, 0.2 GB',
  currency: 'USD',
  estimatedSaving: 30,
  wholeMonthSaving: 32.5,
};
const DIGEST = {
  owner: 'team-a',
  findings: 9,
  belowThreshold: 5,
  savings: [{ currency: 'USD', estimatedSaving: 31, wholeMonthSaving: 34 }],
  largest: [OWNED],
};
const PUBLISHED = { publishedEpoch: 7, titles: new Map([['idle-nat-gateway', 'Idle NAT gateways']]) };
const PROBLEM = { what: 'verification-failed', message: 'rows differ', attempts: 2, changes: 5 } as const;
const ANALYTICS_PROBLEM = { ...PROBLEM, what: 'analytics-failed' } as const;
const FAILURE = { statement: 4, code: '000904', message: 'invalid identifier', queryId: '01b2-q' };
const SOURCE = { bucket: 'payer-cur', key: 'cur/a.parquet', etag: 'abc' };
const UNREADABLE = { payer: PAYER, bucket: 'payer-cur', prefix: 'cur', reason: 'AccessDenied: s3:ListBucket' };
const STALE = { payer: PAYER, hours: 40.5, lastDelivery: NOON - 40.5 * HOUR };
const RECONCILED = {
  periods: ['2026-09', '2026-10'],
  partitions: 4,
  upToDate: 100,
  stale: 1,
  missing: 2,
  quarantined: 1,
  queued: 3,
  unreadable: 1,
  ticks: 2,
  configuration: 'table',
  wrongRows: 0,
} as const;
const UNDECIDED = { report: 'payer-cur/cur/hourly', otherReports: ['payer-cur/cur/daily'] };
const OUTLINE = { ...RECONCILED, periods: [...RECONCILED.periods] };

/** Every kind, with each field that it may have, and with those alone that it must have. */
const KINDS: Readonly<Record<What, { readonly full: (context: MessageContext) => Message; readonly least: Message }>> =
  {
    finalized: {
      full: (context) => finalized(context, PARTITION, { ...FINALIZED, owners: OWNERS }),
      least: leastOf((context) => {
        const { deliveryId, ...rest } = FINALIZED;
        return finalized(context, PARTITION, rest);
      }),
    },
    owner: same((context) => ownerDigest(context, PARTITION, DIGEST, PUBLISHED)),
    'analytics-failed': {
      full: (context) => analyticsFailed(context, PARTITION, ANALYTICS_PROBLEM, FAILURE),
      least: leastOf((context) => analyticsFailed(context, PARTITION, ANALYTICS_PROBLEM)),
    },
    'verification-failed': same((context) => verificationFailed(context, PARTITION, PROBLEM)),
    quarantined: same((context) => quarantined(context, PARTITION, SOURCE, 'no Parquet file')),
    'reports-undecided': same((context) => reportsUndecided(context, PARTITION, UNDECIDED)),
    unreadable: same((context) => unreadable(context, UNREADABLE)),
    stale: same((context) => stale(context, STALE, 36)),
    reconciled: same((context) => reconciled(context, OUTLINE)),
  };

function leastOf(compose: (context: MessageContext) => Message): Message {
  return compose({ stage: 'prod', at: NOON });
}

function same(full: (context: MessageContext) => Message) {
  return { full, least: leastOf(full) };
}

const isWhat = (name: string): name is What => Object.hasOwn(BODIES, name);
const NAMES = Object.keys(BODIES).filter(isWhat);
const fieldsOf = (what: What): Readonly<Record<string, z.ZodMiniType>> => BODIES[what].shape;
const isOptional = (field: z.ZodMiniType) => field.safeParse(undefined).success;

describe.each(NAMES)('the message %s', (what) => {
  const { full, least } = KINDS[what];

  it('has the fields of its schema and no others', () => {
    const { body } = full(CONTEXT);
    expect(BODIES[what].parse(body)).toEqual(body);
    expect(Object.keys(body).sort()).toEqual(Object.keys(fieldsOf(what)).sort());
  });

  it('has without what is optional all that it must have', () => {
    expect(BODIES[what].parse(least.body)).toEqual(least.body);
    const needed = Object.entries(fieldsOf(what)).filter(([, field]) => !isOptional(field));
    expect(Object.keys(least.body).sort()).toEqual(needed.map(([name]) => name).sort());
  });

  it('names itself in its id, its routing key and its body', () => {
    const { id, routingKey, body, createdAt } = full(CONTEXT);
    expect(body).toMatchObject({ schema: 'cur-reactor/1', what, id, stage: 'prod', at: '2026-10-05T12:00:00.000Z' });
    expect(id.startsWith(`${what}/`)).toBe(true);
    const to = what === 'owner' ? '.team-a' : '';
    expect(routingKey).toBe(`cur.${body.payer ?? 'all'}.${body.period ?? 'all'}.${what}${to}`);
    expect(createdAt).toBe(NOON);
  });

  it('has the same id when the same is reported again later', () => {
    expect(full({ ...CONTEXT, at: NOON + HOUR }).id).toBe(full(CONTEXT).id);
  });
});

describe('the id', () => {
  it.each([
    ['of a publish', finalized(CONTEXT, PARTITION, FINALIZED), 'finalized/2026-10/111122223333/7'],
    [
      'of a failed analysis',
      analyticsFailed(CONTEXT, PARTITION, ANALYTICS_PROBLEM),
      'analytics-failed/2026-10/111122223333/5/2',
    ],
    [
      'of a failed audit',
      verificationFailed(CONTEXT, PARTITION, PROBLEM),
      'verification-failed/2026-10/111122223333/5/2/verification-failed',
    ],
    ['of a stale payer', stale(CONTEXT, STALE, 36), 'stale/111122223333/2026-10-03T19:30:00.000Z/2026-10-05'],
    [
      'of a payer that never delivered',
      stale(CONTEXT, { payer: PAYER, hours: 8784 }, 36),
      'stale/111122223333/never/2026-10-05',
    ],
    [
      'of a month with several reports',
      reportsUndecided(CONTEXT, PARTITION, UNDECIDED),
      'reports-undecided/2026-10/111122223333/2026-10-05',
    ],
    ['of a reconcile', reconciled(CONTEXT, OUTLINE), 'reconciled/e1-a'],
    [
      'of a reconcile that nobody named',
      reconciled({ stage: 'prod', at: NOON }, OUTLINE),
      'reconciled/2026-10-05T12:00:00.000Z',
    ],
  ])('%s says what happened to what', (_name, { id }, expected) => {
    expect(id).toBe(expected);
  });

  it('is another for each thing that happened', () => {
    const nextDay = { ...CONTEXT, at: NOON + DAY };
    const messages = [
      finalized(CONTEXT, PARTITION, FINALIZED),
      finalized(CONTEXT, PARTITION, { ...FINALIZED, publishedEpoch: 8 }),
      finalized(CONTEXT, OTHER, FINALIZED),
      analyticsFailed(CONTEXT, PARTITION, ANALYTICS_PROBLEM),
      analyticsFailed(CONTEXT, PARTITION, { ...ANALYTICS_PROBLEM, attempts: 3 }),
      analyticsFailed(CONTEXT, PARTITION, { ...ANALYTICS_PROBLEM, changes: 6 }),
      verificationFailed(CONTEXT, PARTITION, PROBLEM),
      verificationFailed(CONTEXT, PARTITION, { ...PROBLEM, what: 'registration-failed' }),
      quarantined(CONTEXT, PARTITION, SOURCE, 'bad'),
      quarantined(CONTEXT, PARTITION, { ...SOURCE, etag: 'def' }, 'bad'),
      quarantined(CONTEXT, PARTITION, { ...SOURCE, key: 'cur/b.parquet' }, 'bad'),
      unreadable(CONTEXT, UNREADABLE),
      unreadable(CONTEXT, { ...UNREADABLE, prefix: '' }),
      unreadable(nextDay, UNREADABLE),
      stale(CONTEXT, STALE, 36),
      stale(nextDay, STALE, 36),
      stale(CONTEXT, { ...STALE, lastDelivery: NOON - 39 * HOUR }, 36),
      reportsUndecided(CONTEXT, PARTITION, UNDECIDED),
      reportsUndecided(CONTEXT, OTHER, UNDECIDED),
      reportsUndecided(nextDay, PARTITION, UNDECIDED),
      reconciled(CONTEXT, OUTLINE),
      reconciled({ ...CONTEXT, correlationId: 'e2' }, OUTLINE),
    ];
    expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
  });

  it('of an unreadable source does not depend on the reason: it is reported once a day', () => {
    expect(unreadable(CONTEXT, { ...UNREADABLE, reason: 'request 17 timed out' }).id).toBe(
      unreadable(CONTEXT, UNREADABLE).id,
    );
  });
});

describe('the contents', () => {
  it('of a failed analysis say what the warehouse said, else what the ledger knows', () => {
    expect(analyticsFailed(CONTEXT, PARTITION, ANALYTICS_PROBLEM, FAILURE).body).toMatchObject(FAILURE);
    expect(analyticsFailed(CONTEXT, PARTITION, ANALYTICS_PROBLEM).body).toMatchObject({
      attempts: 2,
      message: 'rows differ',
    });
  });

  it('of an owner say how many findings are not listed, and what the checks are called', () => {
    const { body, routingKey } = ownerDigest(CONTEXT, PARTITION, DIGEST, PUBLISHED);
    expect(routingKey).toBe('cur.111122223333.2026-10.owner.team-a');
    expect(body).toMatchObject({
      ...DIGEST,
      largest: [{ ...OWNED, title: 'Idle NAT gateways' }],
      leftOut: 3,
      threshold: 1,
    });
    const unknown = ownerDigest(CONTEXT, PARTITION, DIGEST, { ...PUBLISHED, titles: new Map() });
    expect(unknown.body).toMatchObject({ largest: [{ title: null }] });
  });

  it('name the checks that save most first, and leave out what no broker would take', () => {
    const findings = Array.from({ length: 160 }, (_, index) => ({
      check: `check-${index}`,
      currency: null,
      count: 1,
      estimatedSaving: index,
    }));
    const { body } = finalized(CONTEXT, PARTITION, { ...FINALIZED, findings });
    const parsed = BODIES.finalized.parse(body);
    expect(parsed.findings).toHaveLength(100);
    expect(parsed.findings[0]).toEqual({ check: 'check-159', currency: null, count: 1, estimatedSaving: 159 });
    expect(parsed.findingsLeftOut).toBe(60);
    expect(parsed.checksFailed).toEqual(['idle-vpn']);
    expect(parsed.checksUnknown).toEqual([{ check: 'never-off', reason: 'no column environment' }]);
  });
});

/** Texts from outside at their worst: any characters, many of those that are escaped, and long. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\u001b', '\u202e', '\u{e0001}', '"', '\\', '\ud800', '\u0000'), maxLength: 5000 }),
  fc.constantFrom('\u{e0001}', '\\', '"', '😀').map((unit) => unit.repeat(20_000)),
);

function hostileDigest(context: MessageContext, [a, b, c]: readonly [string, string, string]): Message {
  const saving = { currency: c, estimatedSaving: 1e300, wholeMonthSaving: null };
  const finding = { ...saving, check: a, account: b, accountName: c, region: a, resource: b, evidence: c };
  const largest = Array.from({ length: FINDINGS_EACH }, () => finding);
  const savings = largest.map(() => saving);
  const digest = { owner: a, findings: 50, belowThreshold: 1, savings, largest };
  return ownerDigest(context, PARTITION, digest, { publishedEpoch: 7, titles: new Map([[a, b]]) });
}

describe('whatever the texts are', () => {
  it('a message fits the broker, its id and routing key are plain, and nothing in it moves a cursor', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (a, b, c) => {
        const findings = Array.from({ length: 80 }, () => ({ check: a, currency: b, count: 1, estimatedSaving: 1 }));
        const context = { stage: 'prod', at: NOON, correlationId: c };
        const messages: readonly (readonly [What, Message])[] = [
          [
            'finalized',
            finalized(context, PARTITION, {
              ...FINALIZED,
              costs: findings.map(() => ({ currency: a, cost: 1 })),
              deliveryId: c,
              findings,
              failedChecks: findings.map(() => ({ check: b, reason: c })),
              unknownChecks: findings.map(() => ({ check: a, reason: b })),
            }),
          ],
          ['analytics-failed', analyticsFailed(context, PARTITION, PROBLEM, { code: a, message: b, queryId: c })],
          ['verification-failed', verificationFailed(context, PARTITION, { ...PROBLEM, message: a })],
          ['quarantined', quarantined(context, PARTITION, { bucket: a, key: b, etag: c }, c)],
          ['unreadable', unreadable(context, { payer: PAYER, bucket: a, prefix: b, reason: c })],
          ['reconciled', reconciled(context, OUTLINE)],
          ['owner', hostileDigest(context, [a, b, c])],
        ];
        for (const [what, { id, routingKey, body }] of messages) {
          const json = JSON.stringify(body);
          expect(Buffer.byteLength(json)).toBeLessThanOrEqual(100_000);
          expect(JSON.stringify(BODIES[what].parse(body)).length).toBe(json.length);
          expect(id).toMatch(/^[\w./:-]{1,255}$/);
          expect(routingKey).toMatch(/^cur\.(\d{12}|all)\.(\d{4}-\d{2}|all)\.[a-z-]+(\.[\w-]+)?$/);
          expect(routingKey.length).toBeLessThanOrEqual(255);
          expect(JSON.parse(json)).toEqual(body);
          expect(Object.values(body).filter((value) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(String(value)))).toEqual([]);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('resources/MESSAGES.md', () => {
  it('has a row for each message and none for others, with its routing key and exactly its fields', async () => {
    const rows = await messageRows();
    const [common] = rows.filter(({ what }) => what === undefined);
    const envelope = common?.fields ?? [];
    expect(envelope.toSorted()).toEqual(['at', 'correlationId?', 'id', 'schema', 'stage', 'what']);
    expect(rows.flatMap(({ what }) => what ?? []).sort()).toEqual([...NAMES].sort());
    for (const { what, routingKey, fields } of rows) {
      if (what === undefined || !isWhat(what)) continue;
      const shape = fieldsOf(what);
      const coded = Object.entries(shape).map(([name, field]) => (isOptional(field) ? `${name}?` : name));
      expect([...envelope, ...fields].sort(), what).toEqual(coded.sort());
      const [payer, period] = ['payer' in shape ? 'PAYER' : 'all', 'period' in shape ? 'PERIOD' : 'all'];
      const to = what === 'owner' ? '.NAME' : '';
      expect(routingKey, what).toBe(`cur.${payer}.${period}.${what}${to}`);
    }
  });
});

/** The rows of its table of messages; the one that speaks of all of them has no `what`. */
async function messageRows() {
  const document = await readFile(new URL('../../resources/MESSAGES.md', import.meta.url), 'utf8');
  const lines = document.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => {
    const [what = '', routingKey = '', , fields = ''] = line.split('|').slice(1).map(namesIn);
    return { what: what[0], routingKey: routingKey[0], fields: [...fields] };
  });
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

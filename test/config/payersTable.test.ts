import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PayerSource } from '../../src/billing/source.ts';
import { parsePayers } from '../../src/config/payers.ts';
import { type PayerRow, parsePayerRows, payersTableQuery } from '../../src/config/payersTable.ts';
import { payerSource, payerSources } from './payerSources.ts';

const PAYERS_TABLE = { database: 'aws_az_share', schema: 'metadata', table: 'pro_refresh_config' };

const KMS_KEY = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000';
const RIGHT: PayerRow = {
  PAYER_ID: '111122223333',
  BUCKET: 'payer-one-billing',
  PREFIX: null,
  BUCKET_OWNER: null,
  KMS_KEY: null,
  MANIFESTS: null,
  REPORT: null,
  ENABLED: null,
};

/** Why a row does not count; empty when it does. */
function complaint(change: PayerRow): string {
  return parsePayerRows([{ ...RIGHT, ...change }])
    .wrong.map(({ reason }) => reason)
    .join();
}

function rowOf({ payer, bucket, prefix, bucketOwner, kmsKey, manifests, report }: PayerSource): PayerRow {
  return {
    PAYER_ID: payer,
    BUCKET: bucket,
    PREFIX: prefix,
    BUCKET_OWNER: bucketOwner,
    KMS_KEY: kmsKey ?? null,
    MANIFESTS: manifests,
    REPORT: report ?? null,
    ENABLED: true,
  };
}

describe('a row of the payers table', () => {
  it('needs payer and bucket; the rest has the defaults of a payers file', () => {
    expect(parsePayerRows([RIGHT])).toEqual({ sources: [payerSource()], wrong: [] });
    expect(parsePayerRows([{ PAYER_ID: RIGHT.PAYER_ID, BUCKET: RIGHT.BUCKET }]).sources).toEqual([payerSource()]);
  });

  it('means the default by an empty text, as by null', () => {
    const empty = { ...RIGHT, PREFIX: '', BUCKET_OWNER: '', KMS_KEY: '', REPORT: '' };
    expect(parsePayerRows([empty]).sources).toEqual([payerSource()]);
  });

  it('may say where in the bucket, whose bucket, which key, which report, and that there are no manifests', () => {
    const more = { bucketOwner: 'self', kmsKey: KMS_KEY, manifests: false, report: 'cur/daily' };
    const source = payerSource({ prefix: 'cur', ...more });
    expect(parsePayerRows([rowOf(source)]).sources).toEqual([source]);
  });

  it('that is not enabled is left out, and nothing of it is wrong', () => {
    const parked = { PAYER_ID: 'to be announced', BUCKET: null, ENABLED: false };
    expect(parsePayerRows([parked, { ...RIGHT, ENABLED: false }])).toEqual({ sources: [], wrong: [] });
  });

  it('may have columns that nobody asks for', () => {
    expect(parsePayerRows([{ ...RIGHT, COMMENT: 'ours', payer_id: '1' }]).sources).toEqual([payerSource()]);
  });

  it.each<[PayerRow, string]>([
    [{ PAYER_ID: 111122223333 }, 'PAYER_ID must be a string, got 111122223333'],
    [{ PAYER_ID: null }, 'PAYER_ID is missing'],
    [{ PAYER_ID: '1234' }, 'PAYER_ID must be an AWS account id of 12 digits, got "1234"'],
    [{ BUCKET: '' }, 'BUCKET is missing'],
    [{ BUCKET: 's3://payer-one' }, 'BUCKET must be the name of a bucket, without s3:// and without a path'],
    [{ PREFIX: 'cur/' }, 'PREFIX must not begin or end with a slash, got "cur/"'],
    [{ PREFIX: 'cur*' }, 'PREFIX must hold only letters'],
    [{ BUCKET_OWNER: 'me' }, 'BUCKET_OWNER must be an AWS account id of 12 digits, or self, got "me"'],
    [{ KMS_KEY: 'alias/billing' }, 'KMS_KEY must be the ARN of a KMS key, not of an alias, got "alias/billing"'],
    [{ REPORT: 'daily/' }, 'REPORT must not begin or end with a slash, got "daily/"'],
    [{ REPORT: true }, 'REPORT must be a string, got true'],
    [{ MANIFESTS: 'false' }, 'MANIFESTS must be true or false, got "false"'],
    [{ ENABLED: 'true' }, 'ENABLED must be true or false, got "true"'],
    [{ ENABLED: 0 }, 'ENABLED must be true or false, got 0'],
  ])('%j is wrong, and the column and its value are named', (change, reason) => {
    expect(complaint(change)).toContain(reason);
  });

  it('names all of its wrong columns at once', () => {
    const reason = complaint({ PAYER_ID: 1, BUCKET: 'x', PREFIX: '/', ENABLED: 'no' });
    for (const column of ['PAYER_ID', 'BUCKET', 'PREFIX', 'ENABLED']) expect(reason).toContain(`${column} must`);
  });
});

describe('rows of the payers table', () => {
  const at = (bucket: string, change: PayerRow = {}): PayerRow => ({ ...RIGHT, BUCKET: bucket, ...change });

  it('that are wrong say nothing about the others, and are named by their number from 1', () => {
    const { sources, wrong } = parsePayerRows([
      at('one-cur'),
      at('TWO'),
      at('three-cur'),
      at('four-cur', { PREFIX: '/' }),
    ]);
    expect(sources.map(({ bucket }) => bucket)).toEqual(['one-cur', 'three-cur']);
    expect(wrong.map(({ row }) => row)).toEqual([2, 4]);
  });

  it('that name the same place twice: the first counts, also when the payers differ', () => {
    const other = at('one-cur', { PAYER_ID: '444455556666', BUCKET_OWNER: '111122223333' });
    const { sources, wrong } = parsePayerRows([at('one-cur'), at('one-cur'), other]);
    expect(sources).toEqual([payerSource({ bucket: 'one-cur' })]);
    const reason = 'BUCKET and PREFIX must differ from those of row 1, got "one-cur/"';
    expect(wrong).toEqual([2, 3].map((row) => ({ row, reason })));
  });

  it('that give one bucket two owners: the first counts', () => {
    const { sources, wrong } = parsePayerRows([
      at('one-cur'),
      at('one-cur', { PREFIX: 'a', BUCKET_OWNER: 'self' }),
      at('one-cur', { PREFIX: 'a' }),
    ]);
    expect(sources.map(({ prefix }) => prefix)).toEqual(['', 'a']);
    expect(wrong).toEqual([
      {
        row: 2,
        reason: 'BUCKET_OWNER must be that of row 1, 111122223333: it is the same bucket, got "self"',
      },
    ]);
  });

  it('that are wrong or not enabled do not count as the first', () => {
    const { sources } = parsePayerRows([
      at('one-cur', { ENABLED: false }),
      at('one-cur', { KMS_KEY: 'x' }),
      at('one-cur'),
    ]);
    expect(sources).toHaveLength(1);
  });

  it('say the same as a payers file with the same entries', () => {
    fc.assert(
      fc.property(payerSources, (generated) => {
        const sources = oneOwnerEach(generated);
        expect(parsePayerRows(sources.map(rowOf))).toEqual({ sources, wrong: [] });
      }),
    );
  });

  it('whatever they hold, end in sources that a payers file could have, and in reasons fit for a log', () => {
    const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.anything(), fc.constantFrom(...Object.values(RIGHT)));
    const change = fc.dictionary(fc.constantFrom(...Object.keys(RIGHT)), hostile, { maxKeys: 3 });
    const rows = fc.array(fc.tuple(fc.constantFrom('a', 'b'), change));
    fc.assert(
      fc.property(rows, (changes) => {
        const mixed = changes.map(([name, change]): PayerRow => ({ ...at(`${name}-cur`), ...change }));
        const { sources, wrong } = parsePayerRows(mixed);
        const off = mixed.filter(({ ENABLED }) => ENABLED === false);
        expect(sources.length + wrong.length + off.length).toBe(mixed.length);
        if (sources.length > 0) expect(parsePayers(sources).sources).toEqual(sources);
        expect(wrong.filter(({ reason }) => reason === '' || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(reason))).toEqual([]);
      }),
    );
  });
});

/** The same sources; of a bucket with several owners only those of the first. */
function oneOwnerEach(sources: readonly PayerSource[]): PayerSource[] {
  const owners = new Map(sources.toReversed().map(({ bucket, bucketOwner }) => [bucket, bucketOwner]));
  return sources.filter(({ bucket, bucketOwner }) => owners.get(bucket) === bucketOwner);
}

describe('the query of the payers table', () => {
  it('names the table, its columns and an order', () => {
    expect(payersTableQuery(PAYERS_TABLE)).toBe(
      'select payer_id, bucket, prefix, bucket_owner, kms_key, manifests, report, enabled ' +
        'from AWS_AZ_SHARE.METADATA.PRO_REFRESH_CONFIG ' +
        'order by payer_id, bucket, prefix, bucket_owner, kms_key, manifests, report',
    );
  });

  it.each(['', '1table', 'a b', 'a;drop table x', 'a.b', '"a"', "a'", 'a--', 'x'.repeat(256), 'tablé'])(
    'refuses %j for a name, and names the field',
    (text) => {
      for (const field of ['database', 'schema', 'table']) {
        expect(() => payersTableQuery({ ...PAYERS_TABLE, [field]: text })).toThrow(
          new RegExp(`^${field} of the payers table must be an identifier that needs no quotes .*, got "`),
        );
      }
    },
  );
});

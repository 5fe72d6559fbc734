import { describe, expect, it } from 'vitest';
import { type Asked, type BucketFacts, findingsOf } from '../../../src/programs/payer/findings.ts';

const known = <Value>(value: Value): Asked<Value> => ({ is: 'known', value });
const COPY = 'arn:aws:iam::999988887777:role/cur-reactor-prod-copy';
const RECONCILE = 'arn:aws:iam::999988887777:role/cur-reactor-prod-reconcile';
const KEY = 'arn:aws:kms:us-east-1:111122223333:key/a';
const EXPECTED: Parameters<typeof findingsOf>[1] = { readers: [COPY, RECONCILE], kmsKey: undefined, isOwn: false };

const WELL: BucketFacts = {
  region: known('us-east-1'),
  policy: known(JSON.stringify({ Statement: [COPY, RECONCILE] })),
  sendsEvents: known(true),
  requesterPays: known(false),
  objects: known({ count: 3, foreign: [] }),
  encryptionKey: known(undefined),
  keyPolicy: undefined,
};

const badOnes = (facts: Partial<BucketFacts>, expected: Partial<typeof EXPECTED> = {}) =>
  findingsOf({ ...WELL, ...facts }, { ...EXPECTED, ...expected })
    .filter(({ is }) => is !== 'good')
    .map(({ is, text }) => `${is}: ${text}`);

describe('the check of a payer', () => {
  it('finds nothing where all is well', () => {
    expect(badOnes({})).toEqual([]);
    expect(badOnes({ encryptionKey: known(KEY), keyPolicy: known(`${COPY} kms:Decrypt`) }, { kmsKey: KEY })).toEqual(
      [],
    );
  });

  it.each<[string, Partial<BucketFacts>, RegExp]>([
    ['a region that is not enabled everywhere', { region: known('me-south-1') }, /^bad: .*me-south-1, which has to be/],
    [
      'a policy without one of the roles',
      { policy: known(COPY) },
      /^bad: the bucket policy does not name .*-reconcile/,
    ],
    ['a bucket without events', { sendsEvents: known(false) }, /^bad: the bucket sends no events/],
    ['Requester Pays', { requesterPays: known(true) }, /^bad: Requester Pays is on/],
    ['others’ objects', { objects: known({ count: 2, foreign: ['a/b'] }) }, /^bad: .* 1 of 2 objects, such as a\/b/],
    ['an empty prefix', { objects: known({ count: 0, foreign: [] }) }, /^bad: there is nothing below the prefix/],
    ['the AWS managed key', { encryptionKey: known('') }, /^bad: the bucket encrypts with the key aws\/s3/],
    ['a key that the payers file does not name', { encryptionKey: known(KEY) }, /^bad: .*name this key as kmsKey/],
    ['a key policy without the role', { keyPolicy: known('kms:Decrypt') }, /^bad: the key's policy does not let copy/],
    [
      'what could not be asked',
      { policy: { is: 'unknown', why: 'AccessDenied: no' } },
      /^unknown: bucket policy: Access/,
    ],
  ])('finds %s', (_, facts, text) => {
    expect(badOnes(facts)).toEqual([expect.stringMatching(text)]);
  });

  it('asks for no region to be enabled where the bucket is in the reactor’s own account', () => {
    expect(badOnes({ region: known('me-south-1') }, { isOwn: true })).toEqual([]);
  });

  it.each(['us-gov-west-1', 'cn-north-1', 'eu-central-1', 'ap-northeast-3'])(
    'knows that %s is always enabled',
    (region) => {
      expect(badOnes({ region: known(region) })).toEqual([]);
    },
  );
});

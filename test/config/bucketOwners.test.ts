import { expect, it } from 'vitest';
import { BucketOwners } from '../../src/config/bucketOwners.ts';
import { payerSource } from './payerSources.ts';

const STAGING = 'staging';

it('a payer’s bucket must belong to the account that is configured, ours to the one that the function runs in', () => {
  const owners = new BucketOwners(STAGING);
  owners.runsIn('999988887777');
  owners.learn([
    payerSource({ bucket: 'theirs', bucketOwner: '111122223333' }),
    payerSource({ bucket: 'here', bucketOwner: 'self' }),
  ]);
  const buckets = ['theirs', 'here', STAGING, 'nobody-s'];
  expect(buckets.map((bucket) => owners.ownerOf(bucket))).toEqual([
    '111122223333',
    '999988887777',
    '999988887777',
    undefined,
  ]);
});

it('nothing is expected before it is known, and what was known before does not stay', () => {
  const owners = new BucketOwners(STAGING);
  owners.learn([payerSource({ bucket: 'gone', bucketOwner: '111122223333' })]);
  owners.learn([payerSource({ bucket: 'here', bucketOwner: 'self' })]);
  expect(['gone', 'here', STAGING].map((bucket) => owners.ownerOf(bucket))).toEqual([undefined, undefined, undefined]);
});

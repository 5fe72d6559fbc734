import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { findSource } from '../../src/billing/source.ts';
import { PayersInvalid, parsePayers } from '../../src/config/payers.ts';

const least = { payer: '111122223333', bucket: 'payer-one-billing' };

/** What is wrong with a payers file; empty when nothing is. */
function complaint(document: unknown): string {
  try {
    parsePayers(document);
    return '';
  } catch (error) {
    if (error instanceof PayersInvalid) return error.message;
    throw error;
  }
}

describe('a payers file', () => {
  test('needs payer and bucket; the rest has defaults', () => {
    expect(parsePayers([least]).sources).toEqual([
      { payer: '111122223333', bucket: 'payer-one-billing', prefix: '', manifests: true, bucketOwner: '111122223333' },
    ]);
  });

  test('may say where in the bucket, whose bucket, which key, which report, and that there are no manifests', () => {
    const kmsKey = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000';
    const about = { bucketOwner: 'self', kmsKey, manifests: false, report: 'cur/daily' };
    const entry = { ...least, prefix: 'cur', ...about };
    expect(parsePayers([entry]).sources).toEqual([entry]);
  });

  test('keeps leading zeros that are in quotes', () => {
    const document = parse("- payer: '000000000012'\n  bucket: payer-one-billing\n");
    expect(parsePayers(document).sources[0]?.payer).toBe('000000000012');
  });

  test('may give two payers prefixes within each other: the longest one counts', () => {
    const inner = { ...least, prefix: 'cur/two', payer: '444455556666', bucketOwner: '111122223333' };
    const { sources } = parsePayers([{ ...least, prefix: 'cur' }, inner]);
    expect(findSource(sources, least.bucket, 'cur/two/report.parquet')?.payer).toBe('444455556666');
    expect(findSource(sources, least.bucket, 'cur/one/report.parquet')?.payer).toBe('111122223333');
  });

  test('is the one that is packaged when a stage has none of its own', async () => {
    const document = parse(await readFile(new URL('../../resources/payers.yml', import.meta.url), 'utf8'));
    expect(complaint(document)).toBe('');
  });
});

describe('a payers file is refused, and the field is named with its value', () => {
  test.each([
    ['payer: 012345678901', /payers\[0\]\.payer must be 12 digits in quotes .*leading zeros are lost.*got 12345678901/],
    ["payer: '1234'", /payers\[0\]\.payer must be an AWS account id of 12 digits, got "1234"/],
    ['bucket: s3://payer-one-billing', /payers\[0\]\.bucket must be .*without s3:\/\/.*got "s3:\/\/payer-one-billing"/],
    ['bucket: payer-one-billing/cur', /payers\[0\]\.bucket .*without a path/],
    ['bucket: Payer-One', /payers\[0\]\.bucket/],
    ['bucket: null', /payers\[0\]\.bucket must be a string, got null/],
    ['report: daily/', /payers\[0\]\.report must not begin or end with a slash, got "daily\/"/],
    ["report: ''", /payers\[0\]\.report must not be empty, got ""/],
    ['report: true', /payers\[0\]\.report must be a string, got true/],
    ['prefix: /cur', /payers\[0\]\.prefix must not begin or end with a slash, got "\/cur"/],
    ['prefix: cur/', /payers\[0\]\.prefix must not begin or end with a slash, got "cur\/"/],
    ['prefix: cur*', /payers\[0\]\.prefix must hold only .*got "cur\*"/],
    [`prefix: "cur\${x}"`, /payers\[0\]\.prefix must hold only /],
    ['prefix: "cur?"', /payers\[0\]\.prefix must hold only /],
    ['prefix: "c\\u00fcr"', /payers\[0\]\.prefix must hold only /],
    [`prefix: ${'x'.repeat(513)}`, /payers\[0\]\.prefix must be at most 512 characters/],
    ['bucketOwner: 111122223333', /payers\[0\]\.bucketOwner must be .*in quotes, or self, got 111122223333/],
    ['bucketOwner: me', /payers\[0\]\.bucketOwner must be .*or self, got "me"/],
    ['kmsKey: alias/billing', /payers\[0\]\.kmsKey must be the ARN of a KMS key, not of an alias/],
    ['manifests: "no"', /payers\[0\]\.manifests must be true or false, got "no"/],
    ['bukcet: payer-one-billing', /payers\[0\]\.bukcet is an unknown field of a payer, got "payer-one-billing"/],
  ])('%s', (line, words) => {
    expect(complaint([{ ...least, ...parse(line) }])).toMatch(words);
  });

  test.each([
    [undefined, /payers must be a list of payers, got undefined/],
    [{ payers: [least] }, /payers must be a list of payers, got \{/],
    [[], /payers must name a payer/],
    [['111122223333'], /payers\[0\] must be a payer with its fields, got "111122223333"/],
    [[{ bucket: 'payer-one-billing' }], /payers\[0\]\.payer is missing/],
  ])('%j', (document, words) => {
    expect(complaint(document)).toMatch(words);
  });

  test('all wrong fields of all entries at once', () => {
    const message = complaint([
      { payer: 1, bucket: 'x' },
      least,
      { ...least, bucket: 'another-bucket', manifest: true, prefix: 'a/' },
    ]);
    for (const field of ['[0].payer', '[0].bucket', '[2].manifest ', '[2].prefix']) {
      expect(message).toContain(`payers${field}`);
    }
    expect(message).not.toContain('payers[1]');
  });

  test('the same place twice, also when the payers differ', () => {
    const again = { ...least, payer: '444455556666', bucketOwner: '111122223333' };
    const message = complaint([{ ...least, prefix: 'cur' }, least, again, { ...least, prefix: 'cur' }]);
    expect(message).toContain('payers[2].bucket and prefix must differ from those of payers[1]');
    expect(message).toContain('payers[3].bucket and prefix must differ from those of payers[0]');
  });

  test('one bucket with two owners', () => {
    const other = { ...least, payer: '444455556666', prefix: 'cur' };
    expect(complaint([least, other])).toMatch(/payers\[1\]\.bucketOwner must be that of payers\[0\], 111122223333/);
  });

  test('whatever else it may be', () => {
    fc.assert(
      fc.property(fc.anything(), (document) => {
        expect(complaint(document)).toMatch(/^wrong payers: payers/);
        expect(complaint([{ ...least, payer: document, extra: document }])).toContain(
          'payers[0].extra is an unknown field',
        );
      }),
    );
  });
});

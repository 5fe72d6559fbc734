import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedMessage } from '../../src/billing/messageFields.ts';
import { type CopyRequest, copyRequest, parseCopyMessage } from '../../src/queue/copyMessage.ts';

const OBJECT = { bucket: 'payer-cur', key: 'cur/daily-00001.snappy.parquet' };

/** An event in S3's shape, as earlier releases sent it for their requests too. */
function eventFor(reason: string, source = 'cur-reactor') {
  return {
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source,
    time: '2026-10-12T00:00:00.000Z',
    detail: {
      bucket: { name: OBJECT.bucket },
      object: { key: OBJECT.key, size: 5, etag: 'abc', 'version-id': 'v1', sequencer: '0A' },
      reason,
    },
  };
}
const EVENT_FIELDS = {
  ...OBJECT,
  sizeBytes: 5,
  etag: 'abc',
  versionId: 'v1',
  sequencer: '0A',
  eventEpochMs: Date.UTC(2026, 9, 12),
};

describe('an event of S3', () => {
  it('is an object that was created, whatever its reason', () => {
    for (const reason of ['PutObject', 'CopyObject', 'something new']) {
      expect(parseCopyMessage(eventFor(reason, 'aws.s3'))).toEqual({ ...EVENT_FIELDS, kind: 'object-created' });
    }
  });
});

describe('a request', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 });
  const request = fc
    .record(
      {
        kind: fc.constantFrom<CopyRequest['kind']>('copy', 'discovered', 'second-look', 'restore-copy'),
        bucket: fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
        key: text,
        etag: fc.stringMatching(/^[0-9a-f]{32}(-[1-9]\d{0,3})?$/),
        versionId: fc.stringMatching(/^[A-Za-z0-9._]{32}$/),
        sequencer: fc.stringMatching(/^[0-9A-F]{16,18}$/),
        sizeBytes: fc.nat(),
        eventEpochMs: fc.integer({ min: 0, max: Date.UTC(2099, 0) }),
        correlationId: fc.stringMatching(/^[\w-]{1,64}$/),
      },
      { requiredKeys: ['kind', 'bucket', 'key'] },
    )
    .filter(({ key }) => Buffer.byteLength(key) <= 1024);

  it('is read back as it was, also after a way through JSON', () => {
    fc.assert(
      fc.property(request, (fields) => {
        const sent = copyRequest(fields.kind, fields as CopyRequest, fields.correlationId);
        expect(parseCopyMessage(JSON.parse(JSON.stringify(sent)))).toEqual(fields);
      }),
    );
  });

  it('has nothing of the object that no message knows', () => {
    const listed = { ...OBJECT, etag: 'abc', sizeBytes: 5, lastModified: 7 };
    expect(copyRequest('copy', listed)).toStrictEqual({ kind: 'copy', ...OBJECT, etag: 'abc', sizeBytes: 5 });
  });

  it.each([
    [{ kind: 'delete' }, /^not a copy request: kind must be one of copy, .*, got "delete"/],
    [{ kind: undefined }, /kind is missing/],
    [{ bucket: '../up' }, /bucket must be the name of a bucket, got "\.\.\/up"/],
    [{ key: '' }, /key must not be empty/],
    [{ key: 'k'.repeat(1025) }, /key must be at most 1024 bytes/],
    [{ etag: 5 }, /etag must be a string, got 5/],
    [{ sizeBytes: -1 }, /sizeBytes must be a whole number of bytes, got -1/],
    [{ eventEpochMs: 'soon' }, /eventEpochMs must be milliseconds since 1970, got "soon"/],
  ])('with %j is malformed, and the field is named', (change, message) => {
    const body = { ...copyRequest('copy', OBJECT), ...change };
    expect(() => parseCopyMessage(body)).toThrow(MalformedMessage);
    expect(() => parseCopyMessage(body)).toThrow(message);
  });
});

describe('a request of an earlier release, which may be in the queue during a deployment', () => {
  it.each([
    ['reconcile', 'discovered'],
    ['second-look', 'second-look'],
    ['copy-lost', 'restore-copy'],
  ])('with the reason %s asks for %s', (reason, kind) => {
    expect(parseCopyMessage(eventFor(reason))).toEqual({ ...EVENT_FIELDS, kind });
  });

  it.each(['manifest', 'removed'])('with the reason %s is worked on as an event', (reason) => {
    expect(parseCopyMessage(eventFor(reason))).toEqual({ ...EVENT_FIELDS, kind: 'object-created' });
  });
});

describe('a body that is neither', () => {
  it('is malformed, and nothing else is ever thrown', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        expect(() => parseCopyMessage(body)).toThrow(MalformedMessage);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteValue } from '../../src/base/printable.ts';
import { MalformedMessage } from '../../src/billing/messageFields.ts';
import { parseObjectCreated } from '../../src/billing/objectCreated.ts';

interface EventShape {
  detail: { bucket: Record<string, unknown>; object: Record<string, unknown>; [field: string]: unknown };
  [field: string]: unknown;
}

/** As the S3 User Guide shows it. */
function s3Event(): EventShape {
  return {
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '111122223333',
    time: '2026-10-12T00:00:00Z',
    region: 'us-east-1',
    resources: ['arn:aws:s3:::payer-cur'],
    detail: {
      version: '0',
      bucket: { name: 'payer-cur' },
      object: {
        key: 'cur/daily/data/BILLING_PERIOD=2026-10/daily-00001.snappy.parquet',
        size: 5,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        'version-id': 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
        sequencer: '617f08299329d189',
      },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '123456789012',
      'source-ip-address': '1.2.3.4',
      reason: 'PutObject',
    },
  };
}

function withObject(change: Record<string, unknown>): EventShape {
  const event = s3Event();
  event.detail.object = { ...event.detail.object, ...change };
  return event;
}

describe('an event of S3', () => {
  test('is read with all that it says', () => {
    expect(parseObjectCreated(s3Event())).toEqual({
      bucket: 'payer-cur',
      key: 'cur/daily/data/BILLING_PERIOD=2026-10/daily-00001.snappy.parquet',
      etag: 'b1946ac92492d2347c6235b4d2611184',
      versionId: 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
      sequencer: '617f08299329d189',
      sizeBytes: 5,
      eventEpochMs: Date.UTC(2026, 9, 12),
      reason: 'PutObject',
      account: '111122223333',
    });
  });

  test('needs no account, etag, size, sequencer, version, time or reason', () => {
    const { time, account: _, ...event } = s3Event();
    event.detail = { bucket: event.detail.bucket, object: { key: 'a.parquet' } };
    expect(parseObjectCreated(event)).toEqual({ bucket: 'payer-cur', key: 'a.parquet', reason: 'unknown' });
    expect(time).toBeDefined();
  });

  test.each(['PutObject', 'POST Object', 'CopyObject', 'CompleteMultipartUpload', 'ObjectCreated', 'something new'])(
    'is taken whatever its reason: %s',
    (reason) => {
      const event = s3Event();
      event.detail.reason = reason;
      expect(parseObjectCreated(event).reason).toBe(reason);
    },
  );

  test.each([
    'a+b.parquet',
    'a%2Bb.parquet',
    'a%.parquet',
    'x/2026-04-16T15:24:15.653Z-1/ü ä.parquet',
    '../../x',
    'a\nb',
  ])('keeps its key as it is: %j', (key) => expect(parseObjectCreated(withObject({ key })).key).toBe(key));

  test('may spell the etag eTag, put it in quotes, and say "null" for no version, as other servers do', () => {
    const { etag, ...object } = withObject({ eTag: '"abc-2"', 'version-id': 'null' }).detail.object;
    const event = s3Event();
    event.detail.object = object;
    const created = parseObjectCreated(event);
    expect(etag).toBeDefined();
    expect(created.etag).toBe('abc-2');
    expect(created).not.toHaveProperty('versionId');
  });

  test('may carry a key of 1,024 bytes and no more', () => {
    expect(parseObjectCreated(withObject({ key: 'ü'.repeat(512) })).key).toHaveLength(512);
    expect(() => parseObjectCreated(withObject({ key: `${'ü'.repeat(512)}x` }))).toThrow(/detail\.object\.key .*1024/);
  });
});

describe('a body that is no such event', () => {
  test.each([undefined, null, 'Object Created', 5, [[]], {}, { Records: [] }, { ...s3Event(), detail: null }])(
    'is malformed: %j',
    (body) => expect(() => parseObjectCreated(body)).toThrow(MalformedMessage),
  );

  test.each([
    [{ key: '' }, 'detail.object.key'],
    [{ key: 'lone \ud800 surrogate' }, 'detail.object.key'],
    [{ size: -1 }, 'detail.object.size'],
    [{ size: '5' }, 'detail.object.size'],
    [{ etag: 5 }, 'detail.object.etag'],
    [{ sequencer: {} }, 'detail.object.sequencer'],
  ])('is malformed, and the field is named: %j', (change, field) => {
    expect(() => parseObjectCreated(withObject(change))).toThrow(`${field} must`);
  });

  test.each(['', 'a/b', '..', '...', 'a', 'x'.repeat(256), 'ü-bucket'])('names no bucket: %j', (name) => {
    const event = s3Event();
    event.detail.bucket = { name };
    expect(() => parseObjectCreated(event)).toThrow('detail.bucket.name must be the name of a bucket');
  });

  test('is refused with every wrong field and its value', () => {
    const event = { ...withObject({ key: 7, size: 1.5 }), 'detail-type': 'Object Deleted', source: 'me', time: 'soon' };
    expect(() => parseObjectCreated(event)).toThrow(
      /detail-type .*"Object Deleted".*source .*"me".*time .*"soon".*key .*7.*size .*1\.5/,
    );
  });

  test('is refused in one short line without control characters', () => {
    const event = { ...s3Event(), source: `\u001b[2J\u202e\u2028\n${'x'.repeat(5000)}` };
    let message = '';
    try {
      parseObjectCreated(event);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('source');
    expect(message.length).toBeLessThan(400);
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  test('never throws anything else', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        expect(() => parseObjectCreated(body)).toThrow(MalformedMessage);
      }),
    );
  });
});

test('a quoted value never holds a character that disturbs a line of a log', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(quoteValue(text))),
  );
});

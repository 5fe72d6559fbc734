import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failureOf, kindOf, SnowflakeFailure, wasAnswered } from '../../../src/adapters/snowflake/failures.ts';

/** An error as the driver makes them. */
function driverError(fields: {
  code?: string | number;
  message?: string;
  sqlState?: string;
  response?: object;
}): Error {
  return Object.assign(new Error(fields.message ?? 'said the driver'), fields);
}

describe('a code', () => {
  test.each(['000625', '401001', '000603', '402001'])('%s means: the same again, later', (code) => {
    expect(kindOf(code)).toBe('transient');
  });

  test.each(['390104', '390111', '390112', '390114', '407002'])('%s means: the same again in a new session', (code) => {
    expect(kindOf(code)).toBe('reconnect');
  });

  test.each(['390100', '390144'])('%s means: read the credentials again', (code) => {
    expect(kindOf(code)).toBe('auth');
  });

  test.each(['000604', '000630', '001003', '002003', '003001'])('%s means: give up', (code) => {
    expect(kindOf(code)).toBe('permanent');
  });

  test('that nobody knows is permanent, and is named', () => {
    const failure = failureOf(driverError({ code: '123456', message: 'something new', sqlState: 'ABCDE' }));
    expect(failure).toMatchObject({ code: '123456', kind: 'permanent', sqlState: 'ABCDE' });
    expect(failure.message).toBe('Snowflake: 123456: something new');
  });
});

describe('an error of the driver', () => {
  test.each([
    [500, 'transient'],
    [503, 'transient'],
    [429, 'transient'],
    [408, 'transient'],
    [401, 'reconnect'],
    [403, 'permanent'],
    [404, 'permanent'],
  ])('with the HTTP status %d means: %s', (statusCode, kind) => {
    const failure = failureOf(driverError({ code: 401002, response: { statusCode, headers: { token: 'SECRET' } } }));
    expect(failure).toMatchObject({ code: `HTTP ${statusCode}`, kind });
  });

  test('about the network leaves open whether the statement ran', () => {
    const failure = failureOf(driverError({ code: 401001, message: 'connect ECONNREFUSED 127.0.0.1:1' }));
    expect(failure).toMatchObject({ code: 'NETWORK', kind: 'transient' });
    expect(wasAnswered(failure)).toBe(false);
    expect(wasAnswered(failureOf(driverError({ code: '000625' })))).toBe(true);
    expect(wasAnswered(failureOf(driverError({ code: 407002 })))).toBe(false);
  });

  test('carries no object of the driver along', () => {
    const failure = failureOf(driverError({ code: 401002, response: { statusCode: 503, body: 'SECRET' } }));
    expect(failure.cause).toBeUndefined();
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('SECRET');
  });

  test('that is a failure already stays the same', () => {
    const failure = new SnowflakeFailure({ code: 'DEADLINE', kind: 'transient', message: 'late' });
    expect(failureOf(failure)).toBe(failure);
  });

  test('may be anything at all', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const failure = failureOf(thrown);
        expect(failure).toBeInstanceOf(SnowflakeFailure);
        expect(['transient', 'reconnect', 'auth', 'permanent']).toContain(failure.kind);
      }),
    );
  });
});

describe('a message', () => {
  test('is one line of limited length, whatever Snowflake says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 700 }), fc.string(), (message, code) => {
        const { message: shown } = failureOf(driverError({ code, message }));
        expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u);
        expect(shown.startsWith('Snowflake: ')).toBe(true);
      }),
    );
    const long = failureOf(driverError({ code: '001003', message: 'x'.repeat(100_000) }));
    expect(long.message).toBe(`Snowflake: 001003: ${'x'.repeat(500)}…`);
  });

  test('holds neither a key nor a token', () => {
    const message = [
      'no key in -----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----,',
      'JWT eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJTRUNSRVQifQ.c2ln,',
      'Token="ver:1-hint:123-SECRET"',
      '-----BEGIN RSA PRIVATE KEY-----SECRET',
    ].join(' ');
    expect(failureOf(driverError({ code: 390144, message })).message).toBe(
      'Snowflake: 390144: no key in [key], JWT [token], Token="[token]" [key]',
    );
  });
});

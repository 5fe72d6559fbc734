import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CredentialsInvalid,
  readSnowflakeEnvironment,
  readSnowflakeSecret,
} from '../../../src/adapters/snowflake/credentials.ts';

const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const plain = rsa.export({ type: 'pkcs8', format: 'pem' }).toString();
const passphrase = 'open sesame';
const encrypted = rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();
const who = { account: 'example-account', username: 'REACTOR' };

const read = (secret: unknown, workloadUser = 'WORKLOAD') =>
  readSnowflakeSecret(typeof secret === 'string' ? secret : JSON.stringify(secret), workloadUser);

function messageOf(secret: unknown): string {
  try {
    read(secret);
  } catch (error) {
    expect(error).toBeInstanceOf(CredentialsInvalid);
    return error instanceof Error ? error.message : '';
  }
  throw new Error('nothing was wrong');
}

describe('a secret', () => {
  test('is who signs in, where, and with which key', () => {
    const secret = { ...who, role: 'R', accessUrl: 'https://example.privatelink.snowflakecomputing.com' };
    expect(read({ ...secret, privateKey: plain, rotatedBy: 'x' })).toEqual({
      ...secret,
      privateKey: plain,
    });
  });

  test('may have its line ends as two characters', () => {
    const privateKey = plain.replaceAll('\n', '\\n');
    expect(read({ ...who, privateKey }).privateKey).toBe(plain);
  });

  test('may hold an encrypted key and its passphrase, or an older form of a key', () => {
    const opened = read({ ...who, privateKey: encrypted, privateKeyPassphrase: passphrase });
    expect(opened.privateKey).toBe(plain);
    const pkcs1 = rsa.export({ type: 'pkcs1', format: 'pem' }).toString();
    expect(read({ ...who, privateKey: pkcs1 }).privateKey).toBe(plain);
  });

  test('needs no key where the workload vouches, and is that workload’s user', () => {
    const { account } = who;
    const own = { account, username: 'REACTOR_FINALIZE' };
    expect(read({ account, authenticator: 'WORKLOAD_IDENTITY' }, 'REACTOR_FINALIZE')).toEqual(own);
    expect(read({ ...who, authenticator: 'WORKLOAD_IDENTITY' }, 'REACTOR_FINALIZE')).toEqual(own);
  });

  test('with a key names the user itself', () => {
    expect(read({ ...who, privateKey: plain }, 'REACTOR_FINALIZE')).toMatchObject(who);
  });

  test('names every field that is missing or wrong, with its value', () => {
    expect(messageOf({ account: 'https://x', role: 'a b', privateKey: plain })).toBe(
      'the Snowflake secret is wrong: ' +
        'account must be an account identifier, such as organization-account, got "https://x"; ' +
        'username is missing; role must be the name of a role, got "a b"',
    );
    expect(messageOf(who)).toBe('the Snowflake secret is wrong: privateKey is missing');
    expect(messageOf({ ...who, authenticator: 'PASSWORD' })).toContain('must be SNOWFLAKE_JWT or WORKLOAD_IDENTITY');
    expect(messageOf({ ...who, accessUrl: 'http://example.snowflakecomputing.com' })).toContain(
      'accessUrl must be the https:// URL of an account, without a path',
    );
    expect(messageOf([])).toContain('the Snowflake secret is wrong');
    expect(messageOf('null')).toBe('the Snowflake secret is wrong: it must be a JSON object');
  });

  test('with a key that cannot be used says so', () => {
    expect(messageOf({ ...who, privateKey: encrypted })).toMatch(/privateKey must be an RSA key in PEM/);
    expect(messageOf({ ...who, privateKey: encrypted, privateKeyPassphrase: 'no' })).toMatch(
      /that the passphrase opens/,
    );
    const { privateKey: curve } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(messageOf({ ...who, privateKey: curve.export({ type: 'pkcs8', format: 'pem' }) })).toMatch(/RSA/);
  });

  test('shows nothing of a key, of a passphrase, or of a text that is no JSON', () => {
    const marked = fc.string({ minLength: 1 }).map((text) => `SECRET${text}`);
    const anything = fc.oneof(marked, fc.array(marked), fc.record({ marked }), fc.constant(null));
    fc.assert(
      fc.property(anything, anything, (privateKey, privateKeyPassphrase) => {
        expect(messageOf({ ...who, privateKey, privateKeyPassphrase })).not.toContain('SECRET');
      }),
    );
    expect(messageOf('SECRET{')).toBe('the Snowflake secret is not JSON');
  });
});

describe('the environment', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snowflake-'));
    await writeFile(join(folder, 'key.p8'), encrypted);
  });
  afterAll(() => rm(folder, { recursive: true }));
  const readKey = (path: string) => readFile(path, 'utf8');

  test('names the file of the key', async () => {
    const credentials = await readSnowflakeEnvironment(
      {
        SNOWFLAKE_ACCOUNT: 'example-account',
        SNOWFLAKE_USER: 'REACTOR',
        SNOWFLAKE_ROLE: '',
        SNOWFLAKE_PRIVATE_KEY_PATH: join(folder, 'key.p8'),
        SNOWFLAKE_PRIVATE_KEY_PASSPHRASE: passphrase,
      },
      readKey,
    );
    expect(credentials).toEqual({ ...who, privateKey: plain });
    expect(createPrivateKey(credentials.privateKey ?? '').asymmetricKeyType).toBe('rsa');
  });

  test('names its variables when they are missing or wrong', async () => {
    await expect(readSnowflakeEnvironment({ SNOWFLAKE_ACCOUNT: 'a b' }, readKey)).rejects.toThrow(
      'the environment for Snowflake is wrong: ' +
        'SNOWFLAKE_ACCOUNT must be an account identifier, such as organization-account, got "a b"; ' +
        'SNOWFLAKE_USER is missing',
    );
    const path = join(folder, 'none.p8');
    await expect(readSnowflakeEnvironment({ SNOWFLAKE_PRIVATE_KEY_PATH: path }, readKey)).rejects.toThrow(
      `SNOWFLAKE_PRIVATE_KEY_PATH cannot be read (ENOENT): "${path}"`,
    );
  });
});

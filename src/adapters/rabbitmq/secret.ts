import { X509Certificate } from 'node:crypto';
import * as z from 'zod/mini';
import { fieldName, wrongFields } from '../../base/wrongFields.ts';

/** Where the broker is, and who signs in. The stage decides the virtual host, never the secret. */
export interface BrokerCredentials {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /**
   * Without it, the password can be read on the way: only for a broker on this machine or in the
   * function's own network.
   */
  readonly tls: boolean;
  /** Certificates in PEM that are trusted instead of the public authorities'. */
  readonly ca?: string | undefined;
}

/**
 * The secret is incomplete or malformed. Consequence: messages wait and are sent again; this error
 * shows no value of it.
 */
export class BrokerSecretInvalid extends Error {
  override readonly name = 'BrokerSecretInvalid';
}

const TLS_PORT = 5671;
const PLAIN_PORT = 5672;

const mustBe = (what: string) => `must be ${what}`;
const text = (pattern: RegExp, what: string) => z.string(mustBe(what)).check(z.regex(pattern, mustBe(what)));
const host = text(
  /^([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/,
  'a host name or an address',
);
// Secrets Manager's console saves every value as a string.
const port = z.pipe(
  z.union([z.number(), z.string()], mustBe('a port')).check(z.refine(isPort, mustBe('a port'))),
  z.transform(Number),
);
const tls = z.pipe(
  z.union([z.boolean(), z.enum(['true', 'false'])], mustBe('true or false')),
  z.transform((given) => String(given) === 'true'),
);
// AMQP 0-9-1 Reference, shortstr; SASL PLAIN (RFC 4616) ends both by a NUL.
const username = text(/^[^\p{Cc}]{1,255}$/u, 'the name of a user');
const password = text(/^[^\0]{1,4096}$/, 'a string that is not empty');
const ca = z.pipe(
  z
    .string(mustBe('a certificate in PEM'))
    .check(z.refine((pem) => isCertificate(withLines(pem)), mustBe('a certificate in PEM'))),
  z.transform(withLines),
);
const JSON_OBJECT = 'must be a JSON object';

const parts = z.object(
  { host, port: z.optional(port), username, password, tls: z.optional(tls), ca: z.optional(ca) },
  JSON_OBJECT,
);
const byUrl = z.object({ url: z.string(mustBe('a string')), ca: z.optional(ca) }, JSON_OBJECT);
const URL_RULE = 'amqps://user:password@host or amqps://user:password@host:port, without a path (or amqp://)';

/**
 * Reads the text of a secret: JSON with `url` (amqps://user:password@host:port), or with `host`,
 * `username`, `password` and, where they are needed, `port` (5671, without TLS 5672) and `tls`
 * (true); `ca` (PEM, line ends also as `\n` in two characters) may stand with both. Other fields
 * are ignored: rotation may have its own there. Throws BrokerSecretInvalid, whose message names
 * every missing or wrong field.
 */
export function readBrokerSecret(json: string): BrokerCredentials {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    // The parser's own message quotes the text.
    throw new BrokerSecretInvalid('the RabbitMQ secret is not JSON');
  }
  const hasUrl = typeof document === 'object' && document !== null && 'url' in document;
  const given = hasUrl ? partsOfUrl(check(byUrl, document)) : document;
  const { host: where, port: at, tls: isSafe = true, ca: trusted, ...who } = check(parts, given, hasUrl ? 'url: ' : '');
  return {
    ...who,
    host: where,
    port: at ?? (isSafe ? TLS_PORT : PLAIN_PORT),
    tls: isSafe,
    ca: trusted,
  };
}

function partsOfUrl({ url, ca: trusted }: z.output<typeof byUrl>): object {
  const parsed = URL.parse(url);
  const isPlain = parsed?.protocol === 'amqp:';
  const isBroker = isPlain || parsed?.protocol === 'amqps:';
  if (!parsed || !isBroker || !['', '/'].includes(parsed.pathname) || parsed.search || parsed.hash) throw wrongUrl();
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port || undefined,
    username: decoded(parsed.username),
    password: decoded(parsed.password),
    tls: !isPlain,
    ca: trusted,
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw wrongUrl();
  }
}

function wrongUrl(): BrokerSecretInvalid {
  return new BrokerSecretInvalid(`the RabbitMQ secret is wrong: url must be ${URL_RULE}`);
}

function check<Shape extends z.ZodMiniType>(shape: Shape, document: unknown, prefix = ''): z.output<Shape> {
  const parsed = shape.safeParse(document);
  if (parsed.success) return parsed.data;
  const wrong = wrongFields(parsed.error.issues, document, {
    whole: 'it',
    nameOf: (path) => `${prefix}${fieldName(path)}`,
    isSecret: () => true,
  });
  throw new BrokerSecretInvalid(`the RabbitMQ secret is wrong: ${wrong.join('; ')}`);
}

function isPort(given: number | string): boolean {
  return /^\d{1,5}$/.test(String(given)) && Number(given) > 0 && Number(given) < 65_536;
}

function withLines(pem: string): string {
  return pem.replaceAll('\\n', '\n');
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

import { printable } from '../../base/printable.ts';

/**
 * What to do about a failure. None is lost: a message that was not confirmed stays with its sender, for another day.
 *
 *   retry    nothing is wrong with the message: again, on a new connection, after a wait
 *   refused  the broker did not let the user in, or not do this: the secret may have changed, read it again, once
 *   giveUp   the same would fail again until somebody mends the broker or the configuration: not within this call
 */
type FailureKind = 'retry' | 'refused' | 'giveUp';

/** The broker, or the way to it, failed. `kind` tells the consequence; the message holds no secret and fits a log line. */
export class BrokerFailure extends Error {
  override readonly name = 'BrokerFailure';
  /** Three digits as AMQP writes them, a word of Node.js such as ECONNREFUSED, or one of this project such as DEADLINE. */
  readonly code: string;
  readonly kind: FailureKind;

  constructor(code: string, message: string) {
    super(lineOf(message));
    this.code = code;
    this.kind = kindOf(code);
  }
}

/**
 * One row per code; every other one means: give up. The numbers are AMQP 0-9-1's reply codes (its specification, 1.2),
 * used as RabbitMQ's documentation tells (Access and Permissions; Virtual Hosts; Exchanges).
 */
const KINDS = new Map<string, FailureKind>([
  // The network and the broker's life: CONNECTION_FORCED (an operator, a shutdown), RESOURCE_ERROR, INTERNAL_ERROR.
  ['320', 'retry'],
  ['506', 'retry'],
  ['541', 'retry'],
  // Frames that one side did not understand, which a connection without that past may be spared.
  ['501', 'retry'],
  ['504', 'retry'],
  ['505', 'retry'],
  // ACCESS_REFUSED: who signs in, or what he may do.
  ['403', 'refused'],
  // NOT_FOUND, PRECONDITION_FAILED (such as an exchange of another type), NOT_ALLOWED, and NO_VIRTUAL_HOST of our own.
  ['404', 'giveUp'],
  ['406', 'giveUp'],
  ['530', 'giveUp'],
  ['NO_VIRTUAL_HOST', 'giveUp'],
  ['BLOCKED', 'retry'],
  ['CLOSED', 'retry'],
  ['DEADLINE', 'retry'],
  ['NACKED', 'retry'],
  ['ECONNREFUSED', 'retry'],
  ['ECONNRESET', 'retry'],
  ['ECONNABORTED', 'retry'],
  ['EPIPE', 'retry'],
  ['ETIMEDOUT', 'retry'],
  ['EHOSTUNREACH', 'retry'],
  ['ENETUNREACH', 'retry'],
  ['ENOTFOUND', 'retry'],
  ['EAI_AGAIN', 'retry'],
]);

/** The kind of a failure by its code. */
export function kindOf(code: string): FailureKind {
  return KINDS.get(code) ?? 'giveUp';
}

/** amqplib tells of a handshake's end in words only, and of a virtual host that is closed to us without RabbitMQ's. */
const HANDSHAKE_ENDED = /^Handshake terminated by server: (\d{3}) /;
const OPEN_REFUSED = /^Expected ConnectionOpenOk; got <ConnectionClose /;
const NO_VIRTUAL_HOST = 'there is no such virtual host, or it is closed to this user';

const MAX_CHARACTERS = 400;

/** Any error of amqplib or of Node.js as a BrokerFailure, without the words in `secrets`. */
export function failureOf(error: unknown, secrets: readonly string[] = []): BrokerFailure {
  if (error instanceof BrokerFailure) return error;
  const message = error instanceof Error ? error.message : 'an error that is none';
  if (OPEN_REFUSED.test(message)) return new BrokerFailure('NO_VIRTUAL_HOST', NO_VIRTUAL_HOST);
  // amqplib gives no code to a connection or channel that has ended without the broker's word.
  const code = codeOf(error) ?? HANDSHAKE_ENDED.exec(message)?.[1] ?? 'CLOSED';
  const safe = secrets.reduce((text, secret) => (secret ? text.replaceAll(secret, '[secret]') : text), message);
  return new BrokerFailure(code, safe || code);
}

function lineOf(message: string): string {
  const line = message.replace(/\s+/g, ' ').trim();
  return printable(line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS)}…` : line);
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'number' || (typeof code === 'string' && code !== '') ? String(code) : undefined;
}

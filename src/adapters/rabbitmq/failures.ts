import { DeadlineMissed } from '../../base/deadline.ts';
import { printable } from '../../base/printable.ts';

/**
 * What to do about a failure. No message is lost: one that was not confirmed stays with its sender,
 * to be sent later.
 *
 *   transient  nothing is wrong with the message: send it again, on a new connection, after a wait
 *   auth       the broker refused the user, or what it wants to do: read the secret again, once
 *   permanent  it would fail again until the broker or the configuration is mended: not in this call
 */
type FailureKind = 'transient' | 'auth' | 'permanent';

/**
 * The broker, or the way to it, failed. `kind` decides the consequence; the message holds no secret
 * and fits a log line.
 */
export class BrokerFailure extends Error {
  override readonly name = 'BrokerFailure';
  /**
   * Three digits as AMQP writes them, a word of Node.js such as ECONNREFUSED, or one of this
   * project such as DEADLINE.
   */
  readonly code: string;
  readonly kind: FailureKind;

  constructor(code: string, message: string) {
    super(lineOf(message));
    this.code = code;
    this.kind = kindOf(code);
  }
}

/**
 * One row per code; every other one is permanent. The numbers are AMQP 0-9-1's reply codes (its
 * specification, 1.2), used as RabbitMQ's documentation says (Access and Permissions; Virtual
 * Hosts; Exchanges).
 */
const KINDS = new Map<string, FailureKind>([
  // The network and the broker's life: CONNECTION_FORCED (an operator, a shutdown), RESOURCE_ERROR,
  // INTERNAL_ERROR.
  ['320', 'transient'],
  ['506', 'transient'],
  ['541', 'transient'],
  // Frames that one side did not understand, which a connection without that past may be spared.
  ['501', 'transient'],
  ['504', 'transient'],
  ['505', 'transient'],
  // ACCESS_REFUSED: who signs in, or what that user may do.
  ['403', 'auth'],
  // NOT_FOUND, PRECONDITION_FAILED (such as an exchange of another type), NOT_ALLOWED, and
  // NO_VIRTUAL_HOST of our own.
  ['404', 'permanent'],
  ['406', 'permanent'],
  ['530', 'permanent'],
  ['NO_VIRTUAL_HOST', 'permanent'],
  ['BLOCKED', 'transient'],
  ['CLOSED', 'transient'],
  ['DEADLINE', 'transient'],
  ['NACKED', 'transient'],
  ['ECONNREFUSED', 'transient'],
  ['ECONNRESET', 'transient'],
  ['ECONNABORTED', 'transient'],
  ['EPIPE', 'transient'],
  ['ETIMEDOUT', 'transient'],
  ['EHOSTUNREACH', 'transient'],
  ['ENETUNREACH', 'transient'],
  ['ENOTFOUND', 'transient'],
  ['EAI_AGAIN', 'transient'],
]);

/** The kind of a failure by its code. */
export function kindOf(code: string): FailureKind {
  return KINDS.get(code) ?? 'permanent';
}

/**
 * amqplib reports the end of a handshake in words only, and a virtual host that is closed to us
 * without the broker's reason.
 */
const HANDSHAKE_ENDED = /^Handshake terminated by server: (\d{3}) /;
const OPEN_REFUSED = /^Expected ConnectionOpenOk; got <ConnectionClose /;
const NO_VIRTUAL_HOST = 'there is no such virtual host, or it is closed to this user';

const MAX_CHARACTERS = 400;

/** Any error of amqplib or of Node.js as a BrokerFailure, without the strings in `secrets`. */
export function failureOf(error: unknown, secrets: readonly string[] = []): BrokerFailure {
  if (error instanceof BrokerFailure) return error;
  if (error instanceof DeadlineMissed) return new BrokerFailure('DEADLINE', error.message);
  const message = error instanceof Error ? error.message : 'a non-Error was thrown';
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

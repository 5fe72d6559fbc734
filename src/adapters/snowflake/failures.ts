import { DeadlineMissed } from '../../base/deadline.ts';
import { printable } from '../../base/printable.ts';

/**
 * What to do about a failure:
 *
 *   transient  nothing is wrong with the statement: the same again, later
 *   reconnect  the session is gone: the same again in a new one
 *   auth       Snowflake did not let the user in: credentials may have been rotated, read them again, once
 *   permanent  the same statement would fail again: stop with an alarm
 */
type FailureKind = 'transient' | 'reconnect' | 'auth' | 'permanent';

/**
 * Snowflake, or the way to it, failed. `kind` decides the consequence; the message holds no secret
 * and fits a log line.
 */
export class SnowflakeFailure extends Error {
  override readonly name = 'SnowflakeFailure';
  /**
   * Six digits as Snowflake writes them, `HTTP 503`, or one of this project's own such as `NETWORK`
   * and `DEADLINE`.
   */
  readonly code: string;
  readonly sqlState: string | undefined;
  readonly kind: FailureKind;
  /** Which statement of a submission's head was refused; undefined for every other failure. */
  readonly headIndex: number | undefined;

  constructor(failure: FailureFields) {
    super(messageOf(failure.code, failure.message));
    this.headIndex = failure.headIndex;
    this.code = failure.code;
    this.sqlState = failure.sqlState;
    this.kind = failure.kind;
  }
}

interface FailureFields {
  readonly code: string;
  readonly kind: FailureKind;
  readonly message: string;
  readonly sqlState?: string | undefined;
  readonly headIndex?: number | undefined;
}

const MAX_MESSAGE_CHARACTERS = 500;

/**
 * One row per code. Codes of Snowflake come from its documentation and connectors (gs_errors of
 * snowflake-sdk), those from 400001 on are the driver's (error_code of snowflake-sdk). Every code
 * that is not here is permanent.
 */
const KINDS = new Map<string, FailureKind>([
  // Signing in. 390144 and 39430x: the JWT is not valid, which is what a key looks like that was
  // rotated.
  ['390100', 'auth'],
  ['390101', 'auth'],
  ['390144', 'auth'],
  ['394300', 'auth'],
  ['394301', 'auth'],
  ['394302', 'auth'],
  ['394303', 'auth'],
  ['394304', 'auth'],
  // Session and master tokens: gone, expired, not valid.
  ['390104', 'reconnect'],
  ['390108', 'reconnect'],
  ['390110', 'reconnect'],
  ['390111', 'reconnect'],
  ['390112', 'reconnect'],
  ['390113', 'reconnect'],
  ['390114', 'reconnect'],
  ['390115', 'reconnect'],
  ['401004', 'reconnect'],
  ['405503', 'reconnect'],
  ['407001', 'reconnect'],
  ['407002', 'reconnect'],
  // The network, and answers of something in between that is not Snowflake.
  ['401001', 'transient'],
  ['401003', 'transient'],
  ['402001', 'transient'],
  ['402002', 'transient'],
  // Too many statements wait for the same lock (000625), or this one has waited for too long
  // (000628).
  ['000625', 'transient'],
  ['000628', 'transient'],
  // An internal error of the execution: Snowflake's connectors advise their users to try again.
  ['000603', 'transient'],
  // Ended by Snowflake's own choice: cancelled (000604), over its time (000630), no warehouse
  // (000606), unknown or forbidden object (002003, 002043, 003001), syntax (001003, 000904). The
  // same again would end the same.
  ['000604', 'permanent'],
  ['000606', 'permanent'],
  ['000630', 'permanent'],
  ['000904', 'permanent'],
  ['001003', 'permanent'],
  ['002003', 'permanent'],
  ['002043', 'permanent'],
  ['003001', 'permanent'],
]);

/** The kind of a failure by its code; an unknown code is permanent. */
export function kindOf(code: string): FailureKind {
  return KINDS.get(code) ?? 'permanent';
}

/** Codes of Snowflake's own that say that the same statement may go well later. */
export const REPEATABLE_CODES: readonly string[] = [...KINDS.keys()].filter(
  (code) => KINDS.get(code) === 'transient' && isSnowflakes(code),
);
/** Codes that say that the query was ended, or finds no warehouse: whatever statement is next. */
export const ENDED_CODES: readonly string[] = ['000604', '000606', '000630'];

/** Any error of the driver, of Node or of this folder as a SnowflakeFailure. */
export function failureOf(error: unknown): SnowflakeFailure {
  if (error instanceof SnowflakeFailure) return error;
  if (error instanceof DeadlineMissed) {
    return new SnowflakeFailure({ code: 'DEADLINE', kind: 'transient', message: error.message });
  }
  const { code, sqlState, message, status } = driverError(error);
  if (code === '401002') {
    return new SnowflakeFailure({ code: `HTTP ${status ?? 'failure'}`, kind: kindOfStatus(status), message });
  }
  const kind = kindOf(code);
  return new SnowflakeFailure({ code: code === '401001' ? 'NETWORK' : code, kind, message, sqlState });
}

/**
 * Whether Snowflake itself has answered that the statement failed. Everything else leaves open
 * whether it ran: sent again in the same session it must have the same request id, which Snowflake
 * runs once (FailureKind `transient`).
 */
export function wasAnswered({ code }: SnowflakeFailure): boolean {
  return isSnowflakes(code);
}

function isSnowflakes(code: string): boolean {
  return /^[0-3]\d{5}$/.test(code);
}

/**
 * Whether Snowflake cannot be reached, or does not answer: whatever the statement, and whoever
 * sends it. Not so where Snowflake itself has answered.
 */
export function isUnreachable(failure: SnowflakeFailure): boolean {
  return failure.kind === 'reconnect' || (failure.kind === 'transient' && !wasAnswered(failure));
}

/**
 * 5xx, 408 and 429 pass (Snowflake's connectors retry these); 401 is about the token; the rest will
 * not change.
 */
function kindOfStatus(status: number | undefined): FailureKind {
  if (status === undefined || status >= 500 || status === 408 || status === 429) return 'transient';
  return status === 401 ? 'reconnect' : 'permanent';
}

interface DriverError {
  readonly code: string;
  readonly message: string;
  readonly sqlState: string | undefined;
  readonly status: number | undefined;
}

/**
 * What the driver's errors say in their own fields: `code` is a number for its own, a string for
 * Snowflake's.
 */
function driverError(error: unknown): DriverError {
  const message = error instanceof Error ? error.message : 'a non-Error was thrown';
  const code = field(error, 'code');
  const sqlState = field(error, 'sqlState');
  const response = field(error, 'response');
  const status = field(response, 'statusCode') ?? field(response, 'status');
  return {
    code: typeof code === 'number' || (typeof code === 'string' && code !== '') ? String(code) : 'UNKNOWN',
    message,
    sqlState: typeof sqlState === 'string' ? sqlState : undefined,
    status: typeof status === 'number' ? status : undefined,
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** Snowflake's message, without what looks like a private key or a token, on one line, cut. */
function messageOf(code: string, message: string): string {
  const safe = message
    .replace(/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, '[key]')
    .replace(/\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, '[token]')
    .replace(/\b(ver:\d+-hint:)[^"\s]*/g, '[token]')
    .replace(/\s+/g, ' ')
    .trim();
  const short = safe.length > MAX_MESSAGE_CHARACTERS ? `${safe.slice(0, MAX_MESSAGE_CHARACTERS)}…` : safe;
  return `Snowflake: ${printable(code)}: ${printable(short)}`;
}

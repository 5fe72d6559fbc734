import { failureOf, type SnowflakeFailure, wasAnswered } from '../../adapters/snowflake/failures.ts';
import type { SnowflakeNames } from '../../adapters/snowflake/names.ts';
import type { Session } from '../../adapters/snowflake/session.ts';
import type { Grant } from './grants.ts';

/**
 * What Snowflake's documentation leaves open, or what an account may have otherwise than setup left
 * it. A question is independent of all others: it has sessions of its own, and makes what it needs.
 */
export interface Question {
  readonly id: string;
  /** In a few words. */
  readonly asks: string;
  /** What the documentation says, or what setup has made. */
  readonly expected: string;
  /** Where it may take longer than the others. */
  readonly seconds?: number;
  /** What it throws makes the answer `unknown`. */
  ask(asking: Asking): Promise<Answer>;
}

/**
 *   as-expected  nothing follows
 *   other-way    the documentation leaves it open, and the code handles it both ways: this is the other one
 *   trouble      something has to be changed
 *   unknown      it could not be asked
 */
export interface Answer {
  readonly is: 'as-expected' | 'other-way' | 'trouble' | 'unknown';
  readonly found: string;
  /** What that means, or what to change. */
  readonly follows: string;
}

/** Who owns everything but what the reactor owns, the reactor, and whoever reads. */
export type Asker = 'administrator' | 'reactor' | 'reader';

/** What a question is asked with. */
export interface Asking {
  readonly stage: VerifiedStage;
  /** Sixteen hexadecimal digits: this run's name. */
  readonly run: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /**
   * A new session as one of the roles, which is closed when the question is answered. What it runs
   * is cancelled when nobody waits for the answer any more, and what it has submitted.
   */
  session(asker: Asker): Promise<Session>;
  /** The names of a small warehouse of this run's own, over the files of its own. */
  scratch(): Promise<SnowflakeNames>;
  /** The same, once it knows the sample files. */
  samples(): Promise<SnowflakeNames>;
  readonly files: RunFiles;
}

/** What setup has made for a stage. */
export interface VerifiedStage {
  readonly names: SnowflakeNames;
  readonly bucket: string;
  readonly integration: string;
  readonly role: string;
  readonly readerRole: string;
  readonly grants: readonly Grant[];
}

/**
 * Files of this run in the staging bucket, by the keys that the scratch warehouse knows them by.
 * Throws NotAsked without credentials for AWS.
 */
export interface RunFiles {
  /** Where they lie in the bucket, slash included. */
  readonly folder: string;
  put(stagedKey: string, bytes: Uint8Array): Promise<void>;
  remove(stagedKey: string): Promise<void>;
}

/** Something that a question needs is not there. Consequence: its answer is unknown. */
export class NotAsked extends Error {
  override readonly name = 'NotAsked';
}

export const asExpected = (found: string, follows = 'nothing to do'): Answer => ({ is: 'as-expected', found, follows });
export const otherWay = (found: string, follows: string): Answer => ({ is: 'other-way', found, follows });
export const trouble = (found: string, follows: string): Answer => ({ is: 'trouble', found, follows });
export const unknown = (found: string, follows: string): Answer => ({ is: 'unknown', found, follows });

/** What the work answers, or Snowflake's refusal. Throws where Snowflake has not answered. */
export async function refusable<Result>(
  work: Promise<Result>,
): Promise<{ readonly result: Result } | { readonly refusal: SnowflakeFailure }> {
  try {
    return { result: await work };
  } catch (error) {
    const refusal = failureOf(error);
    if (!wasAnswered(refusal)) throw error;
    return { refusal };
  }
}

/** A refusal without the words that every message of this project begins with. */
export function wordsOf({ message }: Error): string {
  return message.replace(/^Snowflake: /, '');
}

import { join } from 'node:path';
import * as z from 'zod';
import { readPart, writeWhole } from './stateFormat.ts';

const RETRYING_FILE = 'retrying.json';

/** An object that a process goes on trying to take in. `since` is an ISO 8601 time. */
export type Retried = z.output<typeof Retried>;

const Retried = z.object({ key: z.string(), reason: z.string(), attempts: z.number(), since: z.string() });

/**
 * What a process goes on trying, beside its state: so that its status, which another process asks
 * for, can say it.
 */
export interface Retrying {
  readonly failed: (key: string, reason: string, attempts: number) => Promise<void>;
  readonly succeeded: (key: string) => Promise<void>;
}

/** Begins with nothing. `now` answers milliseconds since 1970. */
export async function newRetrying(keep: string, now: () => number): Promise<Retrying> {
  const retried = new Map<string, Retried>();
  const path = join(keep, RETRYING_FILE);
  const save = () => writeWhole(path, `${JSON.stringify([...retried.values()])}\n`);
  await save();
  return {
    failed: async (key, reason, attempts) => {
      const since = retried.get(key)?.since ?? new Date(now()).toISOString();
      retried.set(key, { key, reason, attempts, since });
      await save();
    },
    succeeded: async (key) => {
      if (retried.delete(key)) await save();
    },
  };
}

/**
 * What the process that works on a state goes on trying; nothing where it has not said. Throws
 * StateUnusable.
 */
export async function readRetrying(keep: string): Promise<readonly Retried[]> {
  return (await readPart(join(keep, RETRYING_FILE), z.array(Retried), 'nothing is lost')) ?? [];
}

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

export const RETRYING_FILE = 'retrying.json';

/** An object that a process goes on trying to take in. `since` is an ISO 8601 time. */
export type Retried = z.output<typeof Retried>;

const Retried = z.object({ key: z.string(), reason: z.string(), attempts: z.number(), since: z.string() });

/** What a process goes on trying, beside its state: so that its status, which another process asks for, can say it. */
export interface Retrying {
  readonly failed: (key: string, reason: string, attempts: number) => Promise<void>;
  readonly succeeded: (key: string) => Promise<void>;
}

/** Begins with nothing. `now` answers milliseconds since 1970. */
export async function newRetrying(keep: string, now: () => number): Promise<Retrying> {
  const retried = new Map<string, Retried>();
  const path = join(keep, RETRYING_FILE);
  const save = async () => {
    await writeFile(`${path}.new`, `${JSON.stringify([...retried.values()])}\n`);
    await rename(`${path}.new`, path);
  };
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

/** What the process that works on a state goes on trying; nothing where it has not said. */
export async function readRetrying(keep: string): Promise<readonly Retried[]> {
  const text = await readFile(join(keep, RETRYING_FILE), 'utf8').catch(() => '[]');
  const read = z.array(Retried).safeParse(JSON.parse(text));
  return read.success ? read.data : [];
}

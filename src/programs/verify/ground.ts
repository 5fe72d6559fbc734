import type { SnowflakeNames } from '../../adapters/snowflake/names.ts';
import type { Statements } from '../../adapters/snowflake/statements.ts';
import { counted } from '../../base/counted.ts';
import type { Moment } from '../../base/moment.ts';
import type { Asking, VerifiedStage } from './question.ts';
import type { StagingFolder } from './runFiles.ts';
import { addSamples, leftSchemas, makeScratch, scratchNames, scratchPrefix } from './scratchWarehouse.ts';

/** What a run works on, and how it is removed. */
export interface Ground extends Pick<Asking, 'scratch' | 'samples'> {
  /** Removes what killed runs have left in Snowflake. Says what it was. */
  clearLeft(): Promise<string[]>;
  /** Removes what this run has made. Says what older runs have left in the bucket. */
  clear(now: Moment): Promise<string[]>;
}

interface GroundOptions {
  /**
   * As the administrator. It is not interrupted: what was begun has to be known when it is removed.
   */
  readonly session: Statements;
  readonly stage: VerifiedStage;
  /** The stage's schema, unqualified. */
  readonly schema: string;
  readonly run: string;
  readonly files: StagingFolder;
  /** By which setup makes a warehouse in the run's schema. */
  readonly warehouse: readonly string[];
}

const DAY_MS = 86_400_000;

/** The schema that a run works in, unqualified. */
export function scratchSchema(schema: string, run: string): string {
  return `${scratchPrefix(schema)}${run.toUpperCase()}`;
}

/** The run's ground: nothing is made before a question asks for it, and all of it once. */
export function createGround({ session, stage, schema, run, files, warehouse }: GroundOptions): Ground {
  const names = scratchNames(stage.names, scratchSchema(schema, run), files.folder);
  let made: Promise<SnowflakeNames> | undefined;
  let filled: Promise<SnowflakeNames> | undefined;

  function scratch(): Promise<SnowflakeNames> {
    made ??= makeScratch(session, names, warehouse).then(() => names);
    return made;
  }

  return {
    scratch,
    samples() {
      filled ??= scratch().then(async () => {
        await addSamples(session, names, files);
        return names;
      });
      return filled;
    },
    async clearLeft() {
      const left = await leftSchemas(session, stage.names.database, scratchPrefix(schema));
      for (const one of left) await session.run(`drop schema if exists ${one} cascade`);
      return left.map((one) => `removed the schema ${one}, which an earlier run had left`);
    },
    async clear(now) {
      await Promise.allSettled([made, filled]);
      const [dropped, cleared] = await Promise.allSettled([
        made === undefined ? undefined : session.run(`drop schema if exists ${names.schema} cascade`),
        files.clear(now - DAY_MS),
      ]);
      for (const one of [dropped, cleared]) if (one.status === 'rejected') throw one.reason;
      const count = cleared.status === 'fulfilled' ? cleared.value : 0;
      return count === 0 ? [] : [`removed ${counted(count, 'file')} below verify/, which earlier runs had left`];
    },
  };
}

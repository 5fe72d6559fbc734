import { existsSync } from 'node:fs';
import { open, rm, stat, truncate } from 'node:fs/promises';
import { relative } from 'node:path';
import { between, pick, type Random } from '../../src/programs/sample/random.ts';
import { filesBelow } from './ground.ts';

const WAYS = ['delete', 'cut off', 'write over', 'blank'] as const;

/** Damages one file of a state; answers which and how. */
export async function damageState(keep: string, random: Random): Promise<string> {
  // A run that was killed at once has made no state.
  const files = existsSync(keep) ? await filesBelow(keep) : [];
  const byKind = Object.entries(Object.groupBy(files, (file) => kindOf(relative(keep, file))));
  if (byKind.length === 0) return 'nothing is there to damage';
  const [, ofKind = []] = pick(random, byKind);
  const file = pick(random, ofKind);
  const way = pick(random, WAYS);
  const said = await damage(file, way, random);
  return `${relative(keep, file)}: ${said}`;
}

/**
 * Staged copies are many, and every other file is its own kind: each kind is as likely as the next.
 */
function kindOf(path: string): string {
  return path.startsWith('staging/') ? 'a staged copy' : path;
}

async function damage(file: string, way: (typeof WAYS)[number], random: Random): Promise<string> {
  const { size } = await stat(file);
  switch (way) {
    case 'delete':
      await rm(file);
      return 'deleted';
    case 'cut off': {
      const length = Math.floor(random() * size);
      await truncate(file, length);
      return `cut off at ${length} of ${size} bytes`;
    }
    default: {
      const length = Math.min(size, 2 ** Math.floor(between(random, 4, 13)));
      const at = Math.floor(random() * (size - length + 1));
      const bytes = Buffer.from(Array.from({ length }, () => (way === 'blank' ? 0 : Math.floor(random() * 256))));
      await writeAt(file, at, bytes);
      return `${length} bytes from ${at} of ${size} ${way === 'blank' ? 'blanked' : 'written over'}`;
    }
  }
}

async function writeAt(file: string, at: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.write(bytes, 0, bytes.length, at);
  } finally {
    await handle.close();
  }
}

import { globSync, readFileSync } from 'node:fs';
import { type Measures, measure } from './measure.ts';

/** Measures all code of the project, by its paths from the root, which is the working folder. */
export function measureAll(): readonly Measures[] {
  const files = ['src', 'functions', 'test'].flatMap((folder) => globSync(`${folder}/**/*.{ts,cjs}`));
  return files.toSorted().map((file) => measure(file, readFileSync(file, 'utf8')));
}

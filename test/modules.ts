import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A source file, what it imports of ours, and the names that it exports. */
export interface Module {
  readonly file: string;
  readonly imports: readonly Import[];
  readonly exports: readonly string[];
}

export interface Import {
  readonly file: string;
  /** `*` where a module is imported as a whole; empty where it is for its effects. */
  readonly names: readonly string[];
}

/**
 * The modules of some folders, by their paths from the project's root, which is the working folder.
 */
export function readModules(...folders: readonly string[]): readonly Module[] {
  const files = folders.flatMap((folder) => globSync(`${folder}/**/*.ts`)).filter((file) => !file.endsWith('.d.ts'));
  return files.toSorted().map((file) => readModule(file, readFileSync(file, 'utf8')));
}

/** Reads a module's text. Imports of packages, and of what is no TypeScript, are left out. */
export function readModule(file: string, text: string): Module {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
  const fixed = [...code.matchAll(/^(?:import|export) (?:type )?([^'";]*?)(?: from )?'(\.[^']+\.ts)';/gm)];
  const late = [...code.matchAll(/import\('(\.[^']+\.ts)'\)\)?(?:\.(\w+))?/g)].map(
    ([, target = '', name = '']) => ['', `{ ${name} }`, target] as const,
  );
  const imports = [...fixed, ...late].map(([, names = '', target = '']) => ({
    file: path.join(path.dirname(file), target),
    names: namesIn(names),
  }));
  const exports = [...code.matchAll(/^export (?:async )?(?:type|interface|class|function\*?|const) (\w+)/gm)];
  return { file, imports, exports: exports.flatMap(([, name]) => name ?? []) };
}

/** The names between braces, as the other module calls them; `*` for a module as a whole. */
function namesIn(clause: string): string[] {
  if (clause.startsWith('* as ')) return ['*'];
  const [, inBraces] = /\{([\s\S]*)\}/.exec(clause) ?? [];
  return (inBraces ?? '').split(',').flatMap((name) => /(?:type )?(\w+)/.exec(name.trim())?.[1] ?? []);
}

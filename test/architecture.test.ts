import { describe, expect, it } from 'vitest';
import { type Module, readModule, readModules } from './modules.ts';

/** The rooms, from the ground up: a room imports from those before it, never from one behind it. */
const ROOMS = [
  'base',
  'billing',
  'store',
  'queue',
  'ledger',
  'warehouse',
  'telemetry',
  'outbox',
  'analytics',
  'config',
  'copy',
  'finalize',
  'sweep',
  'reconcile',
  'status',
  'adapters',
  'programs',
  'functions',
];
/**
 * Imported by no file of ours: handlers by AWS, the other by the bundler, in a package's place
 * (esbuild.config.cjs).
 */
const IMPORTED_ELSEWHERE = ['handler', 'defaultProvider'];
/** Where everything is put together. */
const ROOTS = ['programs', 'functions'];

const modules = readModules('src', 'functions');

function roomOf(file: string): string {
  const [top = '', room = ''] = file.split('/');
  return top === 'src' ? room : top;
}

/** Imports that lead to a room behind their own. */
function arrowsBack(all: readonly Module[]): string[] {
  return all.flatMap(({ file, imports }) =>
    imports
      .filter((target) => ROOMS.indexOf(roomOf(target.file)) > ROOMS.indexOf(roomOf(file)))
      .map((target) => `${file} imports ${target.file}`),
  );
}

/** Imports of an adapter from anywhere but a root, and from one adapter to another. */
function strayAdapters(all: readonly Module[]): string[] {
  const vendorOf = (file: string) => (roomOf(file) === 'adapters' ? file.split('/')[2] : undefined);
  return all.flatMap(({ file, imports }) =>
    imports
      .filter((target) => {
        const vendor = vendorOf(target.file);
        return vendor !== undefined && vendor !== vendorOf(file) && !ROOTS.includes(roomOf(file));
      })
      .map((target) => `${file} imports ${target.file}`),
  );
}

/**
 * Files that import each other, directly or by way of others: one circle for each way back that is
 * found.
 */
function circles(all: readonly Module[]): string[] {
  const importsOf = new Map(all.map(({ file, imports }) => [file, imports.map((target) => target.file)]));
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    const start = way.indexOf(file);
    if (start >= 0) found.push([...way.slice(start), file].join(' → '));
    if (start >= 0 || done.has(file)) return;
    for (const next of importsOf.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const { file } of all) visit(file, []);
  return found;
}

/** Exports that no other file imports. Handlers are imported by AWS. */
function unusedExports(all: readonly Module[], importers: readonly Module[]): string[] {
  const used = new Set(
    importers.flatMap(({ imports }) => imports.flatMap(({ file, names }) => names.map((name) => `${file} ${name}`))),
  );
  return all.flatMap(({ file, exports }) =>
    exports
      .filter((name) => !IMPORTED_ELSEWHERE.includes(name) && !used.has(`${file} *`) && !used.has(`${file} ${name}`))
      .map((name) => `${file} exports ${name}`),
  );
}

describe('the rooms', () => {
  it('are all known to this test', () => {
    expect(new Set(modules.map(({ file }) => roomOf(file)))).toEqual(new Set(ROOMS));
  });

  it('import from those below them, never from those above', () => {
    expect(arrowsBack(modules)).toEqual([]);
  });

  it('name adapters at the roots alone, and no adapter knows another', () => {
    expect(strayAdapters(modules)).toEqual([]);
  });
});

describe('files', () => {
  it('never import each other in a circle', () => {
    expect(circles(modules)).toEqual([]);
  });

  it('export nothing that no other file imports', () => {
    expect(unusedExports(modules, [...modules, ...readModules('test')])).toEqual([]);
  });
});

describe('this test', () => {
  const planted = (file: string, target: string) => readModule(file, `import { x } from '${target}';\n`);

  it('sees an arrow that runs back', () => {
    const module = planted('src/ledger/a.ts', '../outbox/b.ts');
    expect(arrowsBack([module])).toEqual(['src/ledger/a.ts imports src/outbox/b.ts']);
  });

  it('sees an adapter in a workflow, and one adapter in another', () => {
    const inWorkflow = planted('src/copy/a.ts', '../adapters/s3/b.ts');
    const inAdapter = planted('src/adapters/sqs/a.ts', '../s3/b.ts');
    expect(strayAdapters([inWorkflow, inAdapter])).toHaveLength(2);
  });

  it('sees a circle of files', () => {
    const [a, b] = [planted('src/base/a.ts', './b.ts'), planted('src/base/b.ts', './a.ts')];
    expect(circles([a, b])).toEqual(['src/base/a.ts → src/base/b.ts → src/base/a.ts']);
  });

  it('sees an export without an importer', () => {
    const module = readModule('src/base/a.ts', 'export const used = 1;\nexport type Unused = string;\n');
    const importer = readModule('src/base/b.ts', "import { used } from './a.ts';\n");
    expect(unusedExports([module], [importer])).toEqual(['src/base/a.ts exports Unused']);
  });
});

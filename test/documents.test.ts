import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { brokenLinks, type Lookup, missingDocuments, missingPaths } from './documents.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What programs leave in the folder, and what is not ours. */
const NOT_OURS = new Set([
  'node_modules',
  '.git',
  '.local',
  '.esbuild',
  '.serverless',
  'package-lock.json',
  'coverage',
]);
const FILES = filesBelow('');
const DOCUMENTS = FILES.filter((file) => file.endsWith('.md'));
/** It makes documents up, below. */
const THIS_FILE = 'test/documents.test.ts';
const MOST_README_LINES = 200;

const repository: Lookup = (file) => {
  const found = path.join(ROOT, file);
  if (!existsSync(found)) return undefined;
  return statSync(found).isDirectory() ? '' : readFileSync(found, 'utf8');
};
const read = (file: string) => repository(file) ?? '';

function filesBelow(folder: string): string[] {
  const entries = readdirSync(path.join(ROOT, folder), { withFileTypes: true }).filter(
    ({ name }) => !NOT_OURS.has(name),
  );
  return entries.flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(name);
    return entry.isFile() ? [name] : [];
  });
}

describe('the documents', () => {
  it('are there', () => {
    expect(DOCUMENTS.length).toBeGreaterThan(10);
  });

  it.each(DOCUMENTS)('%s has only links that lead somewhere', (document) => {
    expect(brokenLinks(document, repository)).toEqual([]);
  });

  it.each(DOCUMENTS)('%s names only files that are there', (document) => {
    expect(missingPaths(document, repository)).toEqual([]);
  });

  it('are all that any file refers to', () => {
    const missing = FILES.filter((file) => file !== THIS_FILE).flatMap((file) =>
      missingDocuments(read(file), DOCUMENTS).map((name) => `${file}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it('name only scripts that package.json has, and functions that serverless.yml has', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const { functions } = parse(read('serverless.yml'), { logLevel: 'silent' });
    const named = (pattern: RegExp) =>
      DOCUMENTS.flatMap((document) => [...read(document).matchAll(pattern)].map(([, name = '']) => name));
    expect(named(/\bnpm run ([\w:-]+)/g).filter((name) => !(name in scripts))).toEqual([]);
    expect(named(/\bsls invoke (?:local )?-f ([\w-]+)/g).filter((name) => !(name in functions))).toEqual([]);
  });
});

describe('README.md', () => {
  it(`has at most ${MOST_README_LINES} lines`, () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(MOST_README_LINES);
  });

  it('leads to every other document', () => {
    const reached = new Set(['README.md']);
    for (const document of reached) {
      for (const [, target = ''] of read(document).matchAll(/\]\(([^()\s#]+\.md)/g)) {
        reached.add(target.startsWith('/') ? target.slice(1) : path.posix.join(path.posix.dirname(document), target));
      }
    }
    expect(DOCUMENTS.filter((document) => !reached.has(document))).toEqual([]);
  });
});

describe('.github/CHANGELOG.md', () => {
  it('has a heading for the version of package.json', () => {
    const { version } = JSON.parse(read('package.json'));
    expect(
      read('.github/CHANGELOG.md')
        .split('\n')
        .filter((line) => line.startsWith('## '))[0],
    ).toContain(version);
  });
});

describe('what checks the documents', () => {
  const lookup: Lookup = (file) =>
    ({ 'a.md': text, 'rooms/b.md': '# The `way` of data, twice\n```\n# no heading\n```\n', rooms: '', 'src/c.ts': '' })[
      file
    ];
  let text = '';

  it.each([
    ['[b](rooms/b.md#the-way-of-data-twice), [folder](rooms), [root](/rooms/b.md), [far](https://example.com/x)', []],
    ['[gone](rooms/c.md), [no heading](rooms/b.md#no-heading)', ['rooms/c.md', 'rooms/b.md#no-heading']],
    ['`[code](gone.md)` and\n```\n[code](gone.md)\n```\n', []],
  ])('follows links: %j', (given, broken) => {
    text = given;
    expect(brokenLinks('a.md', lookup)).toEqual(broken);
  });

  it.each([
    ['`src/c.ts`, src/c.ts., `a.md`', []],
    ['`src/gone.ts`, `cat sql/gone.sql`, `gone.yml`', ['src/gone.ts', 'sql/gone.sql', 'gone.yml']],
  ])('looks for files: %j', (given, missing) => {
    text = given;
    expect(missingPaths('a.md', lookup)).toEqual(missing);
  });

  it.each([
    ['// As PLAN.md says, and a.md', ['PLAN.md']],
    ['[up](../rooms/b.md), b.md, `/rooms/b.md`, x/b.md', ['x/b.md']],
  ])('looks for documents that anything cites: %j', (cited, missing) => {
    expect(missingDocuments(cited, ['a.md', 'rooms/b.md'])).toEqual(missing);
  });
});

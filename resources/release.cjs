'use strict';
const { execFile } = require('node:child_process');
const { createHash } = require('node:crypto');
const { readdir, readFile } = require('node:fs/promises');
const { join, resolve } = require('node:path');
const { promisify } = require('node:util');

const run = promisify(execFile);

/** What a deployment is made of. */
const PARTS = [
  'package.json',
  'package-lock.json',
  'serverless.yml',
  'esbuild.config.cjs',
  'functions',
  'resources',
  'sql',
  'src',
];
/** Documents lie beside what they describe, and are not deployed. */
const isDocument = (path) => path.endsWith('.md');

/**
 * Names what a folder would deploy: the package's version, and after a + the commit
 * (`0.1.0+4f1c2d3e5a6b`), the commit and a digest of the files where they differ from it
 * (`0.1.0+4f1c2d3e5a6b.changed.9a8b7c6d5e4f`), or the digest alone where git knows nothing of the
 * folder or is not there (`0.1.0+files.9a8b7c6d5e4f`).
 */
async function releaseOf(folder) {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const commit = await commitOf(folder);
  if (commit?.isClean) return `${version}+${commit.id}`;
  const digest = await digestOf(folder);
  return commit ? `${version}+${commit.id}.changed.${digest}` : `${version}+files.${digest}`;
}

/** Undefined without git, or outside of a repository that the folder's own files belong to. */
async function commitOf(folder) {
  const git = async (...args) => (await run('git', ['-C', folder, ...args])).stdout.trim();
  try {
    await git('ls-files', '--error-unmatch', 'package.json');
    const id = await git('rev-parse', '--short=12', 'HEAD');
    const changes = await git('status', '--porcelain', '--', ...PARTS, ':(exclude)*.md');
    return { id, isClean: changes === '' };
  } catch {
    return undefined;
  }
}

async function digestOf(folder) {
  const hash = createHash('sha256');
  for (const path of await filesOf(folder)) {
    const content = await readFile(join(folder, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 12);
}

/**
 * The paths of all files of these parts, the same on every system, in an order that does not depend
 * on it.
 */
async function filesOf(folder) {
  const top = await readdir(folder, { withFileTypes: true });
  const parts = top.filter(({ name }) => PARTS.includes(name));
  const paths = await Promise.all(
    parts.map(async (part) => {
      if (!part.isDirectory()) return [part.name];
      const inside = await readdir(join(folder, part.name), { recursive: true, withFileTypes: true });
      const files = inside.filter((entry) => entry.isFile());
      return files.map(({ parentPath, name }) =>
        join(parentPath, name)
          .slice(folder.length + 1)
          .replaceAll('\\', '/'),
      );
    }),
  );
  return paths
    .flat()
    .filter((path) => !isDocument(path))
    .sort();
}

module.exports = {
  /** For `${file(resources/release.cjs):release}`. */
  release: () => releaseOf(resolve(__dirname, '..')),
  releaseOf,
};

import path from 'node:path';

/**
 * The path of a key under a bucket's folder, or undefined when the key cannot be a file there. S3
 * takes any UTF-8 text as a key; a folder does not:
 *
 *   `.`, `..` or an empty segment, a slash at an end    would name another file, or leave the folder
 *   NUL, lone surrogates                                no file name can hold them
 *   a backslash                                         a slash on Windows, and to chokidar
 *   a part file's name                                  is ours: see {@link partName}
 */
export function pathOfKey(folder: string, key: string): string | undefined {
  const segments = key.split('/');
  return segments.every(isObjectName) ? path.join(folder, ...segments) : undefined;
}

/**
 * The key of a path, or undefined when the path is not below the folder or cannot be a key (see
 * {@link pathOfKey}).
 */
export function keyOfPath(folder: string, filePath: string): string | undefined {
  const key = path.relative(folder, filePath).split(path.sep).join('/');
  return pathOfKey(folder, key) === undefined ? undefined : key;
}

/** Whether a name may be one segment of a key, and so of a path. */
export function isObjectName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !FORBIDDEN.test(name) && name.isWellFormed() && !isPart(name);
}

/**
 * The name under which a file is written before it gets its key's name. It lies in the same folder,
 * so that giving it the final name is one atomic step. `id` is a UUID: a leftover of a crash must
 * not be in the way of a later write.
 */
export function partName(id: string): string {
  return `.cur-reactor-${id}.part`;
}

const PART = /^\.cur-reactor-[0-9a-f-]{36}\.part$/;

/**
 * Whether a name is a part file's. No key may have such a segment, so a part file never collides
 * with an object.
 */
export function isPart(name: string): boolean {
  return PART.test(name);
}

const FORBIDDEN = /[\0/\\]/;

import path from 'node:path';

/**
 * What a document can point to: answers the text of a file of the repository, `''` for a folder,
 * undefined where nothing is.
 */
export type Lookup = (file: string) => string | undefined;

/** A link in Markdown, `[text](target)` with the target captured; a target with a space is none. */
const LINK = /\[[^\]]*\]\(([^()\s]+)\)/g;
/**
 * A path below one of the repository's folders, wherever it is written: in prose, in backticks, in
 * a command.
 */
const OUR_PATH = /(?<![\w./:-])((?:src|test|resources|sql|functions|\.ci|\.github)\/[\w./-]*)/g;
/** The name of a file at the root, or beside the document that names it. */
const FILE_NAME = /`([\w.-]+\.(?:md|yml|json|cjs|ts))`/g;
const DOCUMENT_NAME = /(?<![\w:*?\\])[\w./-]*\w\.md\b/g;

/**
 * The links of a document that lead nowhere: to no file of the repository, or to no heading of it.
 * Others' addresses are not asked.
 */
export function brokenLinks(document: string, lookup: Lookup): string[] {
  const text = withoutCode(lookup(document) ?? '');
  return captured(text, LINK).filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const found = lookup(file === '' ? document : resolved(document, file));
    return found === undefined || (anchor !== undefined && !anchorsOf(found).has(anchor));
  });
}

/** The paths and file names in a document that the repository does not have. */
export function missingPaths(document: string, lookup: Lookup): string[] {
  const text = lookup(document) ?? '';
  const paths = captured(text, OUR_PATH).map((found) => found.replace(/[./]+$/, ''));
  const names = captured(text, FILE_NAME).filter(
    (name) => lookup(name) === undefined && lookup(resolved(document, name)) === undefined,
  );
  return [...paths.filter((found) => lookup(found) === undefined), ...names];
}

/**
 * The documents that a text names, by a path or by the name alone, and that are none of
 * `documents`.
 */
export function missingDocuments(text: string, documents: readonly string[]): string[] {
  return [...text.matchAll(DOCUMENT_NAME)]
    .map(([name]) => name)
    .filter((name) => {
      const end = `/${name.replace(/^(?:\.{0,2}\/)+/, '')}`;
      return !documents.some((document) => `/${document}`.endsWith(end));
    });
}

/** A target as a path from the root; GitHub takes one that begins with a slash from there. */
function resolved(document: string, target: string): string {
  const joined = target.startsWith('/') ? target.slice(1) : path.posix.join(path.posix.dirname(document), target);
  return joined.replace(/\/$/, '');
}

function captured(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

function withoutCode(text: string): string {
  return text.replaceAll(/^( *)```[\s\S]*?^\1```/gm, '').replaceAll(/`[^`\n]*`/g, '``');
}

/**
 * The anchors that GitHub gives a document's headings: lower case, without punctuation, hyphens for
 * spaces.
 */
function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/^( *)```[\s\S]*?^\1```/gm, '').matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { PAYER_FIELDS } from '../../src/config/payersTable.ts';
import { PARAM_NAMES, parseStageParams } from '../../src/programs/packaging/stageParams.ts';

const DOCUMENT = read('resources/CONFIGURATION.md');
const SCHEMA = read('src/programs/packaging/stageParams.ts').split('const stageParams = ')[1] ?? '';
const { params: PARAMS } = parse(read('serverless.yml'), { logLevel: 'silent' });
/** No param may be null: what is said of it is what the param may be. */
const ALLOWED = new Map(
  parseStageParams(Object.fromEntries(PARAM_NAMES.map((name) => [name, null]))).wrong.map((sentence) => {
    const [, name = '', allowed = ''] = /^(\w+) must be (.*), got null$/.exec(sentence) ?? [];
    return [name, allowed];
  }),
);

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** What the code says above a param, on one line. */
function commentOn(name: string): string {
  const [, comment = ''] = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s+${name}:`).exec(SCHEMA) ?? [];
  return comment.replaceAll(/\s*\n\s*\*\s*/g, ' ').trim();
}

const code = (value: unknown) => `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;

function expectedRow(name: string): string {
  const others = ['dev', 'prod'].flatMap((stage) =>
    name in PARAMS[stage] ? [`; ${stage}: ${code(PARAMS[stage][name])}`] : [],
  );
  const values = `${code(PARAMS.default[name])}${others.join('')}`;
  return `| \`${name}\` | ${commentOn(name)} | ${ALLOWED.get(name)} | ${values} |`;
}

/** The rows of the table below a heading, without its head. */
function rowsBelow(heading: string): string[] {
  const [, section = ''] = DOCUMENT.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return own
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2);
}

it('resources/CONFIGURATION.md has each param with its meaning, what it may be and its values, and no other', () => {
  expect(ALLOWED.size).toBe(PARAM_NAMES.length);
  expect(PARAM_NAMES.filter((name) => commentOn(name).length < 10)).toEqual([]);
  expect(rowsBelow('The params of a stage')).toEqual(PARAM_NAMES.map(expectedRow));
});

it('resources/CONFIGURATION.md has each field of a payer’s entry, with its column in the payers table, and no other', () => {
  const found = rowsBelow('The payers file').map((row) =>
    row
      .split('|')
      .slice(1, 3)
      .map((cell) => cell.trim()),
  );
  expect(found).toEqual(Object.entries(PAYER_FIELDS).map(([column, field]) => [`\`${field}\``, `\`${column}\``]));
});

it('resources/payers.yml explains each field of an entry', () => {
  const explained = [...read('resources/payers.yml').matchAll(/^# {3}(\w+) {2,}/gm)].map(([, name]) => name);
  expect(explained.toSorted()).toEqual(Object.values(PAYER_FIELDS).toSorted());
});

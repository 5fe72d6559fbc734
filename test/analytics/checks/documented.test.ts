import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Check } from '../../../src/analytics/checks/check.ts';
import { readChecks } from '../../../src/analytics/checks/readChecks.ts';
import { sqlPath } from '../lineItems.ts';

const HEAD = '| service | check | what it finds | confidence |';

/** A row per check, by the services that it is about, so that what belongs together is so here. */
function tableOf(checks: readonly Check[]): string[] {
  const rows = checks.map(({ id, header }) => {
    const services = header.services.join(', ');
    return {
      order: `${services} ${id}`.toLowerCase(),
      line: `| ${services} | \`${id}\` | ${header.title} | ${header.confidence} |`,
    };
  });
  return [HEAD, '|---|---|---|---|', ...rows.toSorted((a, b) => (a.order < b.order ? -1 : 1)).map(({ line }) => line)];
}

/** A team's own: their files are all that there is of them. */
const OWN = 'own-';

it('the checks of the folder are those of the table in sql/README.md', async () => {
  const checks = await readChecks(sqlPath('checks'));
  const expected = tableOf(checks.filter(({ id }) => !id.startsWith(OWN)));
  const lines = (await readFile(sqlPath('README.md'), 'utf8')).split('\n');
  const start = lines.indexOf(HEAD);
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  expect(lines.slice(start, end), `the table should be\n${expected.join('\n')}\n`).toEqual(expected);
});

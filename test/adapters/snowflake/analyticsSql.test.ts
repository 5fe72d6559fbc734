import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { renderScript } from '../../../src/analytics/placeholders.ts';
import { loadScript } from '../../../src/analytics/script.ts';
import { DEFAULT_TAG_KEYS } from '../../../src/analytics/tagKeys.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { parseSnowflake } from './snowflakeGrammar.ts';

const script = (file: string) => loadScript(fileURLToPath(new URL(`../../../sql/${file}`, import.meta.url)));

describe('the analytics in Snowflake', () => {
  it('are statements that Snowflake’s grammar knows, and end with one transaction that replaces rows', async () => {
    const scope = {
      period: parsePeriod('2026-09'),
      payers: [parsePayer('111122223333'), parsePayer('444455556666')],
      tagKeys: DEFAULT_TAG_KEYS,
    };
    const statements = await parseSnowflake(renderScript(await script('analytics_wastage_queries.sql'), scope));
    const kinds = statements.map(({ kind }) => kind);
    const begin = kinds.indexOf('transaction_statement');
    expect(new Set(kinds.slice(0, begin))).toEqual(new Set(['create_table_statement', 'insert_statement']));
    expect(new Set(kinds.slice(begin + 1, -1))).toEqual(new Set(['delete_statement', 'insert_statement']));
    expect(kinds.at(-1)).toBe('transaction_statement');
  });

  it('have tables for what they find and how they went, also where an older release has made them', async () => {
    const statements = await parseSnowflake(await script('findings_tables.sql'));
    const [created, ...others] = statements.map(({ kind }) => kind);
    const altered = Array(12).fill('alter_table_statement');
    expect([created, ...others]).toEqual(['create_table_statement', ...altered, 'create_table_statement']);
  });
});

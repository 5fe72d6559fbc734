import { ALPHA, BETA } from '../ledger/records.ts';

export const insert = (payer: string, year: number) =>
  `insert into cur_findings (payer, year, month) values ('${payer}', ${year}, 4)`;
/**
 * Never deleted: each time that it runs leaves a row. In the years after 2026, so that no
 * transaction deletes it.
 */
export const BARE = insert(ALPHA.payer, 2101);
/**
 * A bare statement, a transaction that replaces the month's findings, one that only adds, and a
 * bare one.
 */
export const SCRIPT: readonly string[] = [
  BARE,
  'begin',
  'delete from cur_findings where year = 2026 and month = 4',
  insert(ALPHA.payer, 2026),
  insert(BETA.payer, 2026),
  insert(ALPHA.payer, 2102),
  'commit',
  'begin',
  insert(BETA.payer, 2103),
  'commit',
  insert(BETA.payer, 2104),
];
/** What is left when every step took effect once. */
export const ONCE = [
  `${ALPHA.payer} 2026`,
  `${ALPHA.payer} 2101`,
  `${ALPHA.payer} 2102`,
  `${BETA.payer} 2026`,
  `${BETA.payer} 2103`,
  `${BETA.payer} 2104`,
];

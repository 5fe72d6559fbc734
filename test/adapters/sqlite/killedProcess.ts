import { writeSync } from 'node:fs';
import { openSqliteLedger } from '../../../src/adapters/sqlite/ledger.ts';
import { START, versionOf } from '../../ledger/records.ts';

/**
 * A process to be killed. Its arguments are a ledger's file and a number to count from. It records
 * one version after the other without end, and says the id of each on standard output (unbuffered)
 * once the ledger has taken it.
 */
const [file = '', firstIndex = '0'] = process.argv.slice(2);
const ledger = openSqliteLedger(file);
for (let index = Number(firstIndex); ; index += 1) {
  const version = versionOf({ key: `file-${index}`, lastModified: START + index * 1000 });
  await ledger.recordVersion(version, START);
  writeSync(1, `${version.id}\n`);
}

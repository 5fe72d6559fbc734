import { readFile } from 'node:fs/promises';
import { readSnowflakeEnvironment } from '../../../src/adapters/snowflake/credentials.ts';
import { openSession } from '../../../src/adapters/snowflake/session.ts';

/**
 * A process that does a bit of everything on Snowflake, and must end by itself. Its environment
 * says where and who.
 */
const session = await openSession({
  readCredentials: () => readSnowflakeEnvironment(process.env, (path) => readFile(path, 'utf8')),
  database: 'COSTS',
  schema: 'CUR',
  warehouse: 'CUR_WH',
  application: 'cur-reactor',
  queryTag: 'cur-reactor',
  statementTimeoutSeconds: 3600,
  lockTimeoutSeconds: 60,
});
await session.run('select 1');
await session.transaction(({ run }) => run('select 2'));
await session.status(await session.submit('select 3', 'tag'));
await session.close();

import { readOptions, UsageError } from '../../base/commandLine.ts';
import { quoteValue } from '../../base/printable.ts';
import type { PayersTable } from '../../config/payersTable.ts';

/** What the administrator asked for. */
export interface SetupOptions {
  readonly stage: string;
  readonly print: boolean;
  /** Whether the native table is filled with what is published in the external one. */
  readonly fill: boolean;
  /** The AWS account of the staging bucket; absent only for printing. */
  readonly accountId?: string | undefined;
  /** Instead of the stage's own: database.schema.table, or `none` when somebody else keeps it. */
  readonly payersTable?: string | undefined;
  /** Whether functions sign in by their AWS roles. */
  readonly workloadIdentity: boolean;
  /** Whether readers' roles see the payers only that are allotted to them. */
  readonly payersPolicy: boolean;
}

export const HELP = `Sets up a stage's warehouse in Snowflake: roles, the way to the staging bucket, tables, views, grants.

  npm run snowflake:setup -- --print --stage prod             shows every statement and runs none
  npm run snowflake:setup -- --stage prod --account ID        runs them

Options
  --stage NAME       whose names to take from serverless.yml (default dev)
  --account ID       the AWS account of the staging bucket: 12 digits
  --payers-table T   the table that payers are configured in, as database.schema.table (default: the stage's payersTable);
                     none: it is not made, as when somebody else keeps it
  --workload-identity
                     makes the users that finalize and reconcile sign in as by their AWS roles, without a key: for a secret
                     with "authenticator": "WORKLOAD_IDENTITY"
  --payers-policy    lets a reader's role see those payers' rows only that CUR_READER_PAYERS allots to it (Enterprise Edition);
                     a policy that is there stays without this option, too
  --fill             for a stage that changes to warehouseTarget: table: fills the table with what is published in the
                     external table, before the view is replaced. Rows that are there already stay as they are
  --print            one script on stdout; needs no account and no network
  --help             this text

It can be run again at any time: what is there stays, and nothing is ever dropped.

Running needs a user who may use the roles useradmin, sysadmin, securityadmin and accountadmin, with a key pair, from
SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER and SNOWFLAKE_PRIVATE_KEY_PATH (and SNOWFLAKE_PRIVATE_KEY_PASSPHRASE, SNOWFLAKE_URL).
The first run may stop at the stage or the external table, because AWS does not trust Snowflake yet: by then it has printed
which user of Snowflake's the role in the AWS account has to trust, and under which external id. Then run it again.
Without --workload-identity the reactor's own user is made by hand (create user … type = service rsa_public_key = '…';
grant role … to user …).

It ends by looking into the staging bucket as Snowflake. An external id that serverless.yml has before the first run
(snowflakeExternalId) becomes that of the storage integration.

Exit status: 0 done, and Snowflake reaches the bucket; 1 an error; 2 a wrong option or setting.
`;

/**
 * Reads the command line; 'help' when it asks for help. Throws UsageError, which names the option
 * and its value.
 */
export function parseSetupOptions(args: readonly string[]): SetupOptions | 'help' {
  const values = readOptions(args, {
    stage: { type: 'string' },
    account: { type: 'string' },
    'payers-table': { type: 'string' },
    'workload-identity': { type: 'boolean' },
    'payers-policy': { type: 'boolean' },
    print: { type: 'boolean' },
    fill: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return 'help';
  const { account, stage = 'dev', print = false, fill = false, 'payers-table': payersTable } = values;
  const { 'workload-identity': workloadIdentity = false, 'payers-policy': payersPolicy = false } = values;
  if (account !== undefined && !/^\d{12}$/.test(account)) {
    throw new UsageError(`--account must be an AWS account id of 12 digits, got ${quoteValue(account)}`);
  }
  if (!print && account === undefined) throw new UsageError('--account ID is needed, unless with --print');
  if (payersTable !== undefined) parsePayersTable(payersTable);
  return { stage, print, fill, payersTable, workloadIdentity, payersPolicy, accountId: account };
}

/**
 * Reads the name of a payers table; undefined for `none`. Throws UsageError, which names the value.
 */
export function parsePayersTable(text: string): PayersTable | undefined {
  if (text === 'none') return undefined;
  const [database, schema, table, ...rest] = text.split('.');
  if (database && schema && table && rest.length === 0) return { database, schema, table };
  throw new UsageError(`the payers table must be database.schema.table, or none, got ${quoteValue(text)}`);
}

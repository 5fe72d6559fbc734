import { readOptions, UsageError } from '../../base/commandLine.ts';
import { quoteValue } from '../../base/printable.ts';

/** Whose bucket is checked, and for which stage. */
export interface CheckOptions {
  readonly payer: string;
  readonly stage: string;
  /**
   * The account that the reactor runs in: without it, roles are recognized by their names alone.
   */
  readonly account?: string | undefined;
  /** In place of the payers file's, for a payer that is not in it. */
  readonly bucket?: string | undefined;
  readonly prefix?: string | undefined;
  readonly kmsKey?: string | undefined;
}

export const HELP = `Looks for what would keep a stage from reading a payer's bucket, and changes nothing.

  npm run payer:check -- --payer 111122223333 --stage prod --account 999988887777

Options
  --payer ID         the payer: its entries in the stage's payers file are checked
  --stage NAME       for which stage (default dev)
  --account ID       the account that the reactor runs in (default: any account with roles of these names)
  --bucket NAME      instead of the payers file's, as for a payer that only the payers table has
  --prefix PATH      … and the path in it
  --kms-key ARN      … and the key that encrypts it
  --help             this text

It asks with the credentials of whoever runs it, best those of the bucket's account: s3:ListBucket, s3:GetBucketPolicy,
s3:GetBucketNotification, s3:GetBucketRequestPayment, s3:GetBucketAcl, s3:GetEncryptionConfiguration, kms:GetKeyPolicy.
What it may not ask it reports as unknown.

Exit status: 0 nothing found; 1 trouble; 2 a wrong option or setting; 3 something was found, or could not be asked.
`;

/**
 * Reads the command line; 'help' when it asks for help. Throws UsageError, which names the option
 * and its value.
 */
export function parseCheckOptions(args: readonly string[]): CheckOptions | 'help' {
  const values = readOptions(args, {
    payer: { type: 'string' },
    stage: { type: 'string' },
    account: { type: 'string' },
    bucket: { type: 'string' },
    prefix: { type: 'string' },
    'kms-key': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return 'help';
  const { payer, stage = 'dev', account, bucket, prefix, 'kms-key': kmsKey } = values;
  if (payer === undefined) throw new UsageError('--payer ID is needed');
  for (const [name, id] of Object.entries({ payer, account })) {
    if (id === undefined || /^\d{12}$/.test(id)) continue;
    throw new UsageError(`--${name} must be an AWS account id of 12 digits, got ${quoteValue(id)}`);
  }
  if (bucket === undefined && (prefix ?? kmsKey) !== undefined) {
    throw new UsageError('--prefix and --kms-key need --bucket');
  }
  return { payer, stage, account, bucket, prefix, kmsKey };
}

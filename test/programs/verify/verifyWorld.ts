import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { loadScript } from '../../../src/analytics/script.ts';
import { statementsOf } from '../../../src/analytics/statements.ts';
import { setupSteps } from '../../../src/programs/setup/snowflakeSetup.ts';
import { type Grant, grantsOf } from '../../../src/programs/verify/grants.ts';
import { startMotoServer } from '../../aws/motoServer.ts';
import { fakeAccount, type Rule } from './fakeAccount.ts';
import { type Ended, runVerify } from './verifyProcess.ts';

/** The stage dev, as serverless.yml has it. */
const STAGE = {
  stage: 'dev',
  service: 'cur-reactor',
  region: 'us-east-2' as const,
  stagingBucket: 'example-cur-staging-dev',
  database: 'CUR_REACTOR_DEV',
  schema: 'CUR',
  warehouse: 'CUR_REACTOR_DEV',
  warehouseSize: 'xsmall',
  analyticsWarehouse: 'none',
  analyticsWarehouseSize: 'medium',
  monthlyCredits: 0,
  role: 'CUR_REACTOR_DEV',
  externalId: '0000',
  target: 'external' as const,
  fill: false,
  accountId: '111122223333',
  payersFile: 'resources/payers.yml',
  rolePath: '/',
  payersTable: { database: 'CUR_REACTOR_DEV', schema: 'CONFIG', table: 'PAYERS' },
};

export interface VerifyWorld {
  readonly bucket: string;
  readonly s3: S3Client;
  /** What an account has where setup has run. */
  readonly grants: readonly Grant[];
  /** The credentials and the address of S3, for processes. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs the program against an account as it should be, but for `rules`. */
  verify(args: readonly string[], ...rules: readonly Rule[]): Promise<Ended>;
  /** The keys below verify/ in the staging bucket. */
  filesLeft(): Promise<string[]>;
  close(): Promise<void>;
}

/** A staging bucket on moto, and an account on which setup has run. */
export async function startVerifyWorld(): Promise<VerifyWorld> {
  const moto = await startMotoServer();
  const s3 = new S3Client({ ...moto.clientConfig, forcePathStyle: true });
  const { stagingBucket: bucket, region } = STAGE;
  const CreateBucketConfiguration = { LocationConstraint: region };
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }));
  const steps = await setupSteps(STAGE, (file) =>
    loadScript(fileURLToPath(new URL(`../../../sql/${file}`, import.meta.url))),
  );
  const grants = grantsOf(steps.flatMap(({ sql }) => statementsOf(sql)));
  return {
    bucket,
    s3,
    grants,
    env: moto.env,
    verify: (args, ...rules) => runVerify(args, () => fakeAccount(grants, rules), moto.env),
    async filesLeft() {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'verify/' }));
      return Contents.map(({ Key = '' }) => Key);
    },
    async close() {
      s3.destroy();
      await moto.close();
    },
  };
}

/** The schemas that a run has created and dropped. */
export function schemasOf({ queries }: Ended): { readonly created: string[]; readonly dropped: string[] } {
  const named = (pattern: RegExp) => queries.flatMap(({ sql }) => pattern.exec(sql)?.[1] ?? []);
  return {
    created: named(/^create schema if not exists (\S+) comment/),
    dropped: named(/^drop schema if exists (\S+) cascade$/),
  };
}

import { describe, expect, it } from 'vitest';
import { PARAM_NAMES, parseStageParams } from '../../../src/programs/packaging/stageParams.ts';
import { paramsOf } from '../../config/stageInput.ts';

const wrongOf = (changes: object) => parseStageParams({ ...paramsOf('prod'), ...changes }).wrong;
const KEY = 'arn:aws:kms:us-east-1:999988887777:key/11112222-3333-4444-5555-666677778888';
const topic = 'arn:aws:sns:us-east-1:999988887777:on-call';

describe('the params of serverless.yml', () => {
  it.each(['dev', 'prod', 'someone'])('are right for the stage %s', (stage) => {
    expect(parseStageParams(paramsOf(stage)).wrong).toEqual([]);
  });

  it('are all known, and no others are', () => {
    expect(Object.keys(paramsOf('dev')).toSorted()).toEqual(PARAM_NAMES.toSorted());
  });
});

describe('a param', () => {
  it.each([
    ['region', 'us_east', 'the code of an AWS region'],
    ['stagingBucket', 'My-Bucket', 'the name of a bucket'],
    ['stagingBucket', 'a', 'the name of a bucket'],
    ['stagingBucket', '192.168.1.1', 'the name of a bucket'],
    ['stagingBucket', 'two..dots', 'the name of a bucket'],
    ['stagingBucket', 'ends-s3alias', 'the name of a bucket'],
    ['payersFile', '', 'the path of a file'],
    ['organizationId', 'r-a1b2', 'empty, or o- and 10 to 32'],
    ['quietSeconds', 'five', 'a whole number of seconds from 0 to 86400'],
    ['quietSeconds', -1, 'a whole number of seconds'],
    ['maxWaitSeconds', 1.5, 'a whole number of seconds'],
    ['supersededGraceSeconds', '36h', 'a whole number of seconds'],
    ['copyMemoryMb', 64, 'a whole number of MB from 128 to 10240'],
    ['finalizeMemoryMb', 20_000, 'a whole number of MB'],
    ['reconcileMemoryMb', true, 'a whole number of MB'],
    ['copyConcurrency', 1, 'a whole number of invocations from 2 to 1000'],
    ['finalizeConcurrency', 1001, 'a whole number of invocations'],
    ['reconcileConcurrency', 1, 'a whole number of invocations from 2 to 1000'],
    ['staleAfterHours', '36h', 'a whole number of hours from 1 to 1464'],
    ['reconcileSchedule', 'daily', 'a schedule such as'],
    ['sweepSchedule', 'rate(1 hour)', 'at least every 15 minutes'],
    ['logLevel', 'verbose', 'one of TRACE, DEBUG'],
    ['logRetentionDays', 10, 'a number of days that CloudWatch Logs knows'],
    ['alarmTopics', topic, 'a list of ARNs'],
    ['ledgerDeletionProtection', 'yes', 'true or false'],
    ['snowflakeSecret', 'arn:aws:secretsmanager:us-east-1:1:secret:x', 'the name of a secret'],
    ['snowflakeDatabase', 'cur-reactor', 'a name in Snowflake'],
    ['snowflakeSchema', '1CUR', 'a name in Snowflake'],
    ['snowflakeWarehouse', 'A B', 'a name in Snowflake'],
    ['snowflakeWarehouseSize', 'huge', 'one of xsmall, small'],
    ['snowflakeAnalyticsWarehouse', '', 'a name in Snowflake'],
    ['snowflakeMonthlyCredits', -1, 'a whole number of credits from 0'],
    ['snowflakeQueueSeconds', 90_000, 'a whole number of seconds from 0 to 86400'],
    ['snowflakeRole', '', 'a name in Snowflake'],
    ['warehouseTarget', 'native', 'external or table'],
    ['payersTable', 'metadata.pro_refresh_config', 'database.schema.table, or none'],
    ['payersTable', 'a.b.c; drop table d', 'database.schema.table, or none'],
    ['snowflakeUserArn', 'snowflake', 'the ARN of an IAM user'],
    ['snowflakeExternalId', 1234, 'an external id in quotes'],
    ['rabbitmqSecret', 'two words', 'the name of a secret'],
    ['rabbitmqVirtualHost', 'two words', 'the name of a virtual host'],
    ['region', 'us-iso-east-1', 'the code of an AWS region'],
    ['payerAccess', 'all', 'exact or organization'],
    ['payerMetrics', 'worst', 'all, or a whole number of payers from 0 to 1000'],
    ['payerMetrics', 1001, 'all, or a whole number of payers'],
    ['rolePath', '/reactor', 'a path that begins and ends with a slash'],
    ['permissionsBoundary', 'bounds', 'empty, or the ARN of a managed policy'],
    ['vpcSubnets', 'subnet-0123456789abcdef0', 'a list of ids of subnets'],
    ['vpcSecurityGroups', 'sg-1', 'a list of ids of security groups'],
    ['bucketKey', 'alias/reports', 'empty, or the ARN of a KMS key, not of an alias'],
    ['logsKey', 'arn:aws:kms:us-east-1:999988887777:alias/a', 'empty, or the ARN of a KMS key'],
  ])('is refused with its name, what is allowed, and the value: %s %j', (name, value, allowed) => {
    const [problem, ...others] = wrongOf({ [name]: value });
    expect(others).toEqual([]);
    expect(problem).toContain(`${name} must be ${allowed}`);
    expect(problem).toContain(`got ${JSON.stringify(value)}`);
  });

  it.each([
    ['quietSeconds', '60'],
    ['copyMemoryMb', '1024'],
    ['logRetentionDays', '30'],
    ['ledgerDeletionProtection', 'false'],
    ['payersTable', 'aws_az_share.metadata.pro_refresh_config'],
    ['alarmTopics', [topic]],
    ['organizationId', 'o-a1b2c3d4e5'],
    ['snowflakeUserArn', 'arn:aws:iam::123456789012:user/abc/snow-flake'],
    ['rabbitmqVirtualHost', '/'],
    ['rabbitmqSecret', 'none'],
    ['payerMetrics', 'all'],
    ['payerMetrics', '0'],
    ['rolePath', '/teams/reactor/'],
    ['permissionsBoundary', 'arn:aws-us-gov:iam::999988887777:policy/team/bounds'],
    ['queuesKey', KEY],
    ['region', 'eusc-de-east-1'],
  ])('is taken as --param gives it, or as AWS and Snowflake name things: %s %j', (name, value) => {
    const other = name === 'snowflakeUserArn' ? { snowflakeExternalId: 'AB_SFCRole=2_x=' } : {};
    expect(wrongOf({ [name]: value, ...other })).toEqual([]);
  });

  it('that nobody knows is named with its value, and one that is not there is named', () => {
    const { region: _, ...rest } = paramsOf('prod');
    expect(parseStageParams({ ...rest, quietSecond: 5 }).wrong).toEqual([
      'region is missing',
      'quietSecond is an unknown param, got 5',
    ]);
  });

  it('of a list is named by its place', () => {
    expect(wrongOf({ alarmTopics: [topic, 'on-call'] })).toEqual([
      expect.stringMatching(/^alarmTopics\[1\] must be the ARN of an SNS topic.*got "on-call"$/),
    ]);
    expect(wrongOf({ alarmTopics: Array(6).fill(topic) })).toEqual([expect.stringContaining('at most 5 topics')]);
  });
});

describe('params that do not fit each other', () => {
  it.each([
    [
      { ownerDigests: 'on', rabbitmqSecret: 'none' },
      'ownerDigests must be off where rabbitmqSecret is none: nobody would get one',
    ],
    [{ quietSeconds: '900', maxWaitSeconds: 60 }, 'maxWaitSeconds must not be below quietSeconds, got 60 and "900"'],
    [
      { alarmTopics: [topic], region: 'us-east-2' },
      `alarmTopics must be in the stage's region, us-east-2, got "${topic}"`,
    ],
    [
      { snowflakeUserArn: 'arn:aws:iam::123456789012:user/x', snowflakeExternalId: '0000' },
      'snowflakeExternalId must be what desc integration answers beside snowflakeUserArn, got "0000"',
    ],
    [{ payerAccess: 'organization' }, 'payerAccess must be exact where no organizationId is given, got "organization"'],
    [
      { ledgerKey: KEY.replace('us-east-1', 'eu-west-1') },
      `ledgerKey must be in the stage's region, us-east-1, got "${KEY.replace('us-east-1', 'eu-west-1')}"`,
    ],
    [{ vpcSubnets: ['subnet-0123456789abcdef0'] }, 'vpcSubnets and vpcSecurityGroups must both have ids, or neither'],
  ])('are refused: %j', (changes, problem) => expect(wrongOf(changes)).toEqual([problem]));

  it('are compared only where each is right by itself', () => {
    expect(wrongOf({ quietSeconds: 'five', maxWaitSeconds: 0 })).toEqual([
      expect.stringMatching(/^quietSeconds must be/),
    ]);
  });
});

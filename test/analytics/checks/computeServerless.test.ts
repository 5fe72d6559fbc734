import { describeChecks } from './describeChecks.ts';
import { daily, onDay, type UsageFields, wholeMonth } from './usageLines.ts';

const lambda = (usageType: string, over: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AWSLambda',
  usageType,
  operation: 'Invoke',
  resource: 'arn:aws:lambda:us-east-1:777788889999:function:f',
  amount: 1000,
  ...over,
});
const provided = (amount: number, cost = 10) => lambda('USE1-Lambda-Provisioned-Concurrency', { amount, cost });
const used = (amount: number) => lambda('USE1-Lambda-Provisioned-GB-Second', { amount });
const task = (usageType: string, over: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AmazonECS',
  usageType,
  operation: 'FargateTask',
  resource: 'arn:aws:ecs:us-east-1:777788889999:task/t',
  ...over,
});
const covered = { lineType: 'SavingsPlanCoveredUsage', columns: { savings_plan_savings_plan_effective_cost: 1 } };
const instance: UsageFields = { service: 'AmazonEC2', usageType: 'BoxUsage:m5.large', resource: 'i-1' };

describeChecks({
  'lambda-on-x86': {
    'computing time': {
      lines: daily(2, lambda('USW2-Lambda-GB-Second')),
      finds: [{ cost: 2, saving: 0.4, evidence: '2000 GB-seconds on x86' }],
    },
    'computing time under provisioned concurrency': {
      lines: [onDay(1, lambda('Lambda-Provisioned-GB-Second'))],
      finds: [{ saving: 0.2 }],
    },
    'provisioned concurrency': {
      lines: [onDay(1, lambda('Lambda-Provisioned-Concurrency'))],
      finds: [{ saving: 0.2 }],
    },
    'arm64 already': { lines: [onDay(1, lambda('USW2-Lambda-GB-Second-ARM'))] },
    'arm64, provisioned': {
      lines: [
        onDay(1, lambda('Lambda-Provisioned-GB-Second-ARM')),
        onDay(1, lambda('Lambda-Provisioned-Concurrency-ARM')),
      ],
    },
    requests: { lines: [onDay(1, lambda('Request'))] },
    'at the edge, where there is no arm64': { lines: [onDay(1, lambda('Lambda-Edge-GB-Second'))] },
    'under a savings plan': { lines: [onDay(1, lambda('Lambda-GB-Second', covered))] },
    'another service': {
      lines: [onDay(1, lambda('Lambda-GB-Second', { service: 'AmazonECS' }))],
      status: 'no-such-usage',
    },
  },
  'unused-provisioned-concurrency': {
    'never used': {
      lines: [onDay(1, provided(1000))],
      finds: [{ cost: 10, saving: 10, evidence: 'used 0 % of 1000 GB-seconds' }],
    },
    'used by 59 %': {
      lines: [onDay(1, provided(1000)), onDay(1, used(590))],
      finds: [{ cost: 11, saving: 4.1, evidence: 'used 59 % of 1000 GB-seconds' }],
    },
    'on arm64': {
      lines: [
        onDay(1, lambda('Lambda-Provisioned-Concurrency-ARM', { cost: 10 })),
        onDay(1, lambda('Lambda-Provisioned-GB-Second-ARM', { amount: 250 })),
      ],
      finds: [{ saving: 7.5 }],
    },
    'used by 61 %': { lines: [onDay(1, provided(1000)), onDay(1, used(610))] },
    'not provisioned': { lines: [onDay(1, lambda('Lambda-GB-Second'))] },
    'under a savings plan': { lines: [onDay(1, { ...provided(1000), ...covered })] },
    'another service': { lines: [onDay(1, { ...provided(1000), service: 'AmazonECS' })], status: 'no-such-usage' },
  },
  'fargate-on-x86': {
    'processors and memory': {
      lines: [onDay(1, task('USE1-Fargate-vCPU-Hours:perCPU')), onDay(1, task('USE1-Fargate-GB-Hours'))],
      finds: [{ cost: 2, saving: 0.4, evidence: '24 vCPU hours on x86' }],
    },
    'memory alone': { lines: [onDay(1, task('Fargate-GB-Hours'))], finds: [{ saving: 0.2 }] },
    'no id, judged per region': {
      lines: ['eu-west-1', 'us-east-1'].map((region) =>
        onDay(1, task('Fargate-vCPU-Hours:perCPU', { resource: '', region })),
      ),
      finds: [{ region: 'eu-west-1' }, { region: 'us-east-1' }],
    },
    'ARM already': {
      lines: [onDay(1, task('USE1-Fargate-ARM-vCPU-Hours:perCPU')), onDay(1, task('USE1-Fargate-ARM-GB-Hours'))],
    },
    Spot: { lines: [onDay(1, task('USE1-SpotUsage-Fargate-vCPU-Hours:perCPU'))] },
    Windows: { lines: [onDay(1, task('Fargate-Windows-vCPU-Hours:perCPU'))] },
    'ephemeral storage': { lines: [onDay(1, task('Fargate-EphemeralStorage-GB-Hours'))] },
    'under a savings plan': { lines: [onDay(1, task('Fargate-GB-Hours', covered))] },
    'pods of EKS': { lines: [onDay(1, task('Fargate-GB-Hours', { service: 'AmazonEKS' }))], status: 'no-such-usage' },
  },
  'uncommitted-compute': {
    'an instance that was never off': {
      lines: daily(30, instance),
      finds: [{ resource: 'i-1', cost: 30, saving: 6, evidence: '720 h on demand in 30 days' }],
    },
    'for 95 % of the hours, a dedicated one': {
      lines: daily(30, { ...instance, usageType: 'DedicatedUsage:m5.large', amount: 22.9 }),
      finds: [{ saving: 6 }],
    },
    'two weeks of a month that is not over': { lines: daily(14, instance), finds: [{ cost: 14, saving: 2.8 }] },
    'a function that is called every day': {
      lines: daily(30, lambda('Lambda-GB-Second')),
      finds: [{ cost: 30, saving: 3.6, evidence: '30 days on demand in 30 days' }],
    },
    'tasks of ECS and of EKS': {
      lines: [
        ...daily(29, task('Fargate-GB-Hours')),
        ...daily(30, task('Fargate-ARM-vCPU-Hours:perCPU', { service: 'AmazonEKS', resource: 'pod' })),
      ],
      finds: [
        { cost: 29, saving: 5.8 },
        { resource: 'pod', cost: 30, saving: 6 },
      ],
    },
    'a task in a monthly report': { lines: [wholeMonth(task('Fargate-GB-Hours'))], finds: [{ saving: 0.2 }] },
    'off at night': { lines: daily(30, { ...instance, amount: 22.5 }) },
    'off most of the time': { lines: daily(30, { ...instance, amount: 19 }) },
    'a function of two weeks': { lines: [...daily(24, lambda('Lambda-GB-Second')), onDay(30, lambda('Request'))] },
    '12 days': { lines: daily(12, instance) },
    Spot: {
      lines: [
        ...daily(30, { ...instance, usageType: 'SpotUsage:m5.large' }),
        ...daily(30, task('SpotUsage-Fargate-GB-Hours')),
      ],
    },
    'under a savings plan': { lines: daily(30, { ...instance, ...covered }) },
    'no ids': { lines: daily(30, { ...instance, resource: '' }), status: 'cannot-be-told' },
    'the storage of a function': { lines: daily(30, lambda('Lambda-Storage-GB-Hours')) },
    'a database': { lines: daily(30, { ...instance, service: 'AmazonRDS' }), status: 'no-such-usage' },
  },
});

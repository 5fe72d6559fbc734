import { describeChecks } from './describeChecks.ts';
import { daily, onDay, type UsageFields, wholeMonth } from './usageLines.ts';

const glue = (usageType: string, over: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AWSGlue',
  usageType,
  resource: 'endpoint',
  ...over,
});
const notebook = (over: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AmazonSageMaker',
  usageType: 'USE1-Notebk:ml.t3.medium',
  resource: 'notebook',
  ...over,
});
const seat = (account: string, over: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AmazonQuickSight',
  usageType: 'QS-User-Enterprise-Month',
  account,
  resource: `arn:aws:quicksight:us-east-1:${account}:user/default/jane`,
  cost: 18,
  ...over,
});
const [FIRST, SECOND, THIRD] = ['111111111111', '222222222222', '333333333333'] as const;
const desktop = (usageType: string, over: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AmazonWorkSpaces',
  usageType,
  resource: 'ws-1',
  ...over,
});
const fee = desktop('EU-AW-HW-2-AutoStop-User', { amount: 1, cost: 9.75 });
const hours = (amount: number) => desktop('EU-AW-HW-2-AutoStop-Usage', { amount });
const KEY = 'arn:aws:kms:us-east-1:777788889999:key/k';
const key = (over: Partial<UsageFields> = {}): UsageFields => ({
  service: 'awskms',
  usageType: 'us-east-1-KMS-Keys',
  resource: KEY,
  amount: 1 / 30,
  cost: 1 / 30,
  ...over,
});
const request = (operation: string) =>
  onDay(3, key({ usageType: 'us-east-1-KMS-Requests', operation, amount: 5, cost: 0 }));

describeChecks({
  'idle-glue-dev-endpoint': {
    'an endpoint': {
      lines: daily(2, glue('USE1-DEVED-DPU-Hour')),
      finds: [{ resource: 'endpoint', cost: 2, saving: 2, evidence: '48 DPU hours' }],
    },
    'in another region': { lines: [onDay(1, glue('EU-DEVED-DPU-Hour'))], finds: [{ saving: 1 }] },
    'no id, judged per region': {
      lines: ['eu-west-1', 'us-east-1'].map((region) => onDay(1, glue('DEVED-DPU-Hour', { resource: '', region }))),
      finds: [{ region: 'eu-west-1' }, { region: 'us-east-1' }],
    },
    'a job': { lines: [onDay(1, glue('USE1-ETL-DPU-Hour'))] },
    'a crawler': { lines: [onDay(1, glue('USE1-Crawler-DPU-Hour'))] },
    'an interactive session': { lines: [onDay(1, glue('USE1-GlueInteractiveSession-DPU-Hour'))] },
  },
  'never-off-notebook': {
    'a notebook': {
      lines: daily(30, notebook()),
      finds: [
        { resource: 'notebook', saving: (30 * 118) / 168, evidence: 'notebook ran 720 h of ml.t3.medium in 30 days' },
      ],
    },
    'an endpoint, whose saving nobody can say': {
      lines: daily(30, notebook({ usageType: 'USE1-Host:ml.m5.large', resource: 'endpoint' })),
      finds: [{ cost: 30, saving: null, evidence: 'endpoint ran 720 h of ml.m5.large in 30 days' }],
    },
    'two weeks, 95 % of the hours': { lines: daily(14, notebook({ amount: 22.9 })), finds: [{ cost: 14 }] },
    'off at times': { lines: daily(30, notebook({ amount: 22.5 })) },
    'off at night': { lines: daily(30, notebook({ amount: 19 })) },
    '12 days': { lines: daily(12, notebook()) },
    'a training': { lines: daily(30, notebook({ usageType: 'USE1-Train:ml.m5.large' })) },
    'its volume': { lines: daily(30, notebook({ usageType: 'USE1-Notebk:VolumeUsage.gp2' })) },
    'no ids': { lines: daily(30, notebook({ resource: '' })), status: 'cannot-be-told' },
    'another service': { lines: daily(30, notebook({ service: 'AmazonEC2' })), status: 'no-such-usage' },
  },
  'quicksight-user-twice': {
    'two accounts, the dearer seat stays': {
      lines: [wholeMonth(seat(FIRST)), wholeMonth(seat(SECOND, { cost: 24 }))],
      finds: [{ account: FIRST, cost: 18, saving: 18, evidence: `user jane has a seat in account ${SECOND}, too` }],
    },
    'three accounts, two of them too many': {
      lines: [FIRST, SECOND, THIRD].map((account) => wholeMonth(seat(account))),
      finds: [{ account: SECOND }, { account: THIRD }],
    },
    'a reader in one, an author in the other': {
      lines: [
        wholeMonth(seat(FIRST)),
        wholeMonth(seat(SECOND, { usageType: 'USE1-Reader-Enterprise-Month', cost: 3 })),
      ],
      finds: [{ account: SECOND, saving: 3 }],
    },
    'one account': { lines: [wholeMonth(seat(FIRST))] },
    'two users': {
      lines: [
        wholeMonth(seat(FIRST)),
        wholeMonth(seat(SECOND, { resource: `arn:aws:quicksight:us-east-1:${SECOND}:user/default/john` })),
      ],
    },
    'two lines of one account': { lines: [onDay(1, seat(FIRST)), onDay(2, seat(FIRST))] },
    'two namespaces of one account': {
      lines: [
        wholeMonth(seat(FIRST)),
        wholeMonth(seat(FIRST, { resource: `arn:aws:quicksight:us-east-1:${FIRST}:user/other/jane` })),
      ],
    },
    'a free seat': { lines: [wholeMonth(seat(FIRST)), wholeMonth(seat(SECOND, { cost: 0 }))] },
    'storage of the same name': {
      lines: [wholeMonth(seat(FIRST)), wholeMonth(seat(SECOND, { usageType: 'QS-Enterprise-SPICE' }))],
    },
    'data sets of the same name': {
      lines: [FIRST, SECOND].map((account) =>
        wholeMonth(seat(account, { resource: `arn:aws:quicksight:us-east-1:${account}:dataset/jane` })),
      ),
    },
    'another service': {
      lines: [FIRST, SECOND].map((account) => wholeMonth(seat(account, { service: 'AmazonWorkSpaces' }))),
      status: 'no-such-usage',
    },
  },
  'idle-autostop-workspace': {
    'a fee and no hours': {
      lines: [...daily(30, fee)],
      finds: [
        { resource: 'ws-1', cost: 292.5, saving: 292.5, evidence: 'ran 0 h in the month, EU-AW-HW-2-AutoStop-User' },
      ],
    },
    'hours of the amount 0': { lines: [wholeMonth(fee), wholeMonth(hours(0))], finds: [{ cost: 10.75 }] },
    'another one ran': {
      lines: [wholeMonth(fee), onDay(30, { ...hours(5), resource: 'ws-2' })],
      finds: [{ resource: 'ws-1', cost: 9.75 }],
    },
    'it ran for an hour': { lines: [...daily(30, fee), onDay(3, hours(1))] },
    'a month that is not over': { lines: daily(29, fee), status: 'cannot-be-told' },
    'always on': { lines: daily(30, desktop('EU-AW-HW-2')) },
    'no ids': { lines: daily(30, { ...fee, resource: '' }), status: 'cannot-be-told' },
    'another service': { lines: daily(30, { ...fee, service: 'AmazonAppStream' }), status: 'no-such-usage' },
  },
  'unused-kms-key': {
    'a fee and no request': {
      lines: daily(30, key()),
      finds: [{ resource: KEY, cost: 1, saving: 1, evidence: '1.00 key-months without a request' }],
    },
    'administrative requests alone': {
      lines: [...daily(30, key()), request('DescribeKey'), request('GetKeyPolicy'), request('ListGrants')],
      finds: [{ cost: 1 }],
    },
    'another key was used': {
      lines: [
        ...daily(30, key()),
        onDay(3, { ...key({ usageType: 'KMS-Requests', operation: 'Decrypt', resource: 'k2' }) }),
      ],
      finds: [{ resource: KEY }],
    },
    'it decrypted': { lines: [...daily(30, key()), request('Decrypt')] },
    'it made data keys': { lines: [...daily(30, key()), request('GenerateDataKey')] },
    "a key of AWS's own, which has no fee": {
      lines: [request('DescribeKey'), onDay(30, key({ usageType: 'KMS-Other' }))],
    },
    'a month that is not over': { lines: daily(29, key()), status: 'cannot-be-told' },
    'another service': { lines: daily(30, key({ service: 'AWSSecretsManager' })), status: 'no-such-usage' },
  },
});

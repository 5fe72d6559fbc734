import { describeChecks } from './describeChecks.ts';
import { daily, hourly, onDay, wholeMonth } from './usageLines.ts';

const config = { service: 'AWSConfig', usageType: 'USE1-ConfigurationItemRecorded', operation: 'None', amount: 100 };
const rules = { ...config, usageType: 'ConfigRuleEvaluations', amount: 10 };
const machine = { service: 'AmazonEC2', usageType: 'BoxUsage:m5.large', resource: 'i-1' };
const trail = { service: 'AWSCloudTrail', usageType: 'USE1-PaidEventsRecorded', operation: 'None', amount: 1000 };
const workspace = {
  service: 'AmazonWorkSpaces',
  usageType: 'USE1-AW-HW-2-AutoStop-Usage',
  resource: 'ws',
  amount: 10,
  cost: 3,
};
const workspaceFee = { ...workspace, usageType: 'USE1-AW-HW-2-AutoStop-User', amount: 1, cost: 9.75 };

describeChecks({
  'high-config-cost': {
    'half of the account': {
      lines: [...daily(10, config), ...daily(10, rules), ...daily(10, { ...machine, cost: 2 })],
      finds: [
        {
          resource: '',
          region: 'us-east-1',
          cost: 20,
          saving: null,
          evidence: '50 % of the account: 1000 items recorded, 100 rules evaluated',
        },
      ],
    },
    'recorded daily, 5.6 per cent': {
      lines: [
        ...daily(10, { ...config, usageType: 'ConfigurationItemRecordedDaily', cost: 0.56 }),
        ...daily(10, { ...machine, cost: 9.44 }),
      ],
      finds: [{ cost: 5.6, evidence: '6 % of the account: 1000 items recorded, 0 rules evaluated' }],
    },
    'of one region of two': {
      lines: [...daily(6, config), ...daily(4, { ...config, region: 'eu-west-1' })],
      finds: [{ region: 'us-east-1', cost: 6 }],
    },
    '4.5 per cent': { lines: [...daily(10, { ...config, cost: 4.5 }), ...daily(10, { ...machine, cost: 95.5 })] },
    'all of a small account': { lines: [...daily(4, config), onDay(5, { ...rules, cost: 0.5 })] },
    'a credit for it': { lines: daily(10, { ...config, lineType: 'Credit' }), status: 'no-such-usage' },
    'of another service': { lines: daily(10, { ...config, service: 'AWSSecurityHub' }), status: 'no-such-usage' },
  },

  'duplicate-cloudtrail': {
    'in a region': {
      lines: [...daily(10, trail), ...daily(10, { ...trail, usageType: 'USE1-FreeEventsRecorded', cost: 0 })],
      finds: [{ resource: '', cost: 10, saving: 10, evidence: '10000 management events recorded again' }],
    },
    'in two regions': {
      lines: [onDay(1, trail), onDay(1, { ...trail, usageType: 'EU-PaidEventsRecorded', region: 'eu-west-1' })],
      finds: [{ region: 'eu-west-1' }, { region: 'us-east-1' }],
    },
    'by the trail, in a monthly report': {
      lines: [wholeMonth({ ...trail, resource: 'arn:aws:cloudtrail:us-east-1:777788889999:trail/second' })],
      finds: [{ resource: 'arn:aws:cloudtrail:us-east-1:777788889999:trail/second', cost: 1 }],
    },
    'the first copy': { lines: daily(30, { ...trail, usageType: 'USE1-FreeEventsRecorded', cost: 0 }) },
    'data events': { lines: daily(30, { ...trail, usageType: 'USE1-DataEventsRecorded' }) },
    'paid by a credit': { lines: daily(30, { ...trail, lineType: 'Credit' }), status: 'no-such-usage' },
    'of another service': { lines: daily(30, { ...trail, service: 'AmazonGuardDuty' }), status: 'no-such-usage' },
  },

  'workspace-auto-stop': {
    '125 hours and the monthly fee': {
      lines: [...daily(12, workspace), onDay(13, { ...workspace, amount: 5, cost: 1.5 }), onDay(1, workspaceFee)],
      finds: [{ resource: 'ws', cost: 37.5, saving: 7.5, evidence: 'ran 125 h, billed by the hour' }],
    },
    '81 hours, hour by hour': {
      lines: hourly(81, { ...workspace, amount: 1, cost: 0.3 }),
      finds: [{ cost: 24.3, saving: 0, evidence: 'ran 81 h, billed by the hour' }],
    },
    '110 hours in a monthly report': {
      lines: [wholeMonth({ ...workspace, amount: 110, cost: 33 })],
      finds: [{ cost: 33, saving: 3 }],
    },
    '80 hours': { lines: daily(8, workspace) },
    AlwaysOn: { lines: [wholeMonth({ ...workspace, usageType: 'USE1-AW-HW-2', amount: 1 })] },
    'the monthly fee of 90 users on one line': { lines: [wholeMonth({ ...workspaceFee, amount: 90 })] },
    'no id': { lines: daily(30, { ...workspace, resource: '' }), status: 'cannot-be-told' },
    'of another service': { lines: daily(30, { ...workspace, service: 'AmazonAppStream' }), status: 'no-such-usage' },
  },
});

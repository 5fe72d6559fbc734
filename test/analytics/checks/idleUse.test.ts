import { describeChecks } from './describeChecks.ts';
import { idleCases } from './idleCases.ts';
import { daily, onDay, wholeMonth } from './usageLines.ts';

const address = { service: 'AmazonVPC', usageType: 'USE1-PublicIPv4:IdleAddress', resource: 'eip' };
const lb = { service: 'AWSELB', usageType: 'LoadBalancerUsage', resource: 'lb' };
const lcu = { ...lb, usageType: 'LCUUsage', cost: 0 };
const acl = { service: 'awswaf', usageType: 'USE1-WebACLV2', resource: 'acl', amount: 1 / 30 };
const rule = { ...acl, usageType: 'USE1-RuleV2' };
const request = { ...acl, usageType: 'USE1-RequestV2-Tier1', amount: 100 };
const shard = { service: 'AmazonKinesis', usageType: 'USE1-Storage-ShardHour', resource: 'stream' };
const put = { ...shard, usageType: 'USE1-PutRequestPayloadUnits', amount: 10 };
const cache = { service: 'AmazonApiGateway', usageType: 'USE1-ApiGatewayCacheUsage:0.5GB', resource: 'stage' };
/** Makes the report hold the whole month. */
const otherUsage = daily(30, { ...cache, usageType: 'USE1-ApiGatewayRequest', resource: 'api' });

describeChecks({
  'idle-public-ipv4': {
    'some minutes': {
      lines: [onDay(3, { ...address, amount: 0.0167, cost: 0.0001 })],
      finds: [{ resource: 'eip', cost: 0.0001, saving: 0.0001, evidence: 'idle for 0.02 h' }],
    },
    'as it was billed until 2024, without an id, in two regions': {
      lines: [
        ...daily(3, { service: 'AmazonEC2', usageType: 'ElasticIP:IdleAddress', amount: 2 }),
        ...daily(2, { service: 'AmazonEC2', usageType: 'EU-ElasticIP:IdleAddress', amount: 2, region: 'eu-west-1' }),
      ],
      finds: [
        { resource: '', region: 'eu-west-1', cost: 2, evidence: 'idle for 4.00 h' },
        { resource: '', region: 'us-east-1', cost: 3, evidence: 'idle for 6.00 h' },
      ],
    },
    'a line without a region': {
      lines: [onDay(3, address), onDay(4, { ...address, region: '' })],
      finds: [{ resource: 'eip', region: 'us-east-1', cost: 2 }],
    },
    'in use': { lines: daily(30, { ...address, usageType: 'USE1-PublicIPv4:InUseAddress' }) },
    'remapped, which is billed by its own name': {
      lines: daily(30, { ...address, usageType: 'ElasticIP:Remap', service: 'AmazonEC2' }),
    },
    'a credit for it': { lines: [onDay(3, { ...address, lineType: 'Credit', cost: 5 })], status: 'no-such-usage' },
    'costs nothing': { lines: daily(30, { ...address, cost: 0 }) },
  },
  'nearly-idle-load-balancer': {
    'as the real one of 2026': {
      lines: [
        ...daily(15, { ...lb, cost: 0.5 }),
        ...daily(15, { ...lcu, amount: 0.42 / 15 }),
        onDay(3, { ...lb, usageType: 'DataTransfer-Out-Bytes', amount: 0.43, cost: 0 }),
      ],
      finds: [{ resource: 'lb', cost: 7.5, saving: 7.5, evidence: 'ran 360 h, 0.42 LCU-h, 0.43 GB out' }],
    },
    'just under the limit': {
      lines: [...daily(30, lb), onDay(3, { ...lcu, amount: 7.1 })],
      finds: [{ resource: 'lb' }],
    },
    'in a monthly report': {
      lines: [wholeMonth({ ...lb, amount: 720 }), wholeMonth({ ...lcu, amount: 5 })],
      finds: [{ resource: 'lb', cost: 1 }],
    },
    'just above the limit': { lines: [...daily(30, lb), onDay(3, { ...lcu, amount: 7.3 })] },
    '336 hours and not one more': { lines: [...daily(14, lb), onDay(3, { ...lcu, amount: 0.1 })] },
    'without an id, twelve days': {
      lines: [...daily(12, { ...lb, resource: '', amount: 96 }), onDay(3, { ...lcu, resource: '', amount: 0.1 })],
    },
    'idle altogether': { lines: daily(30, lb) },
    'a classic one with some traffic': {
      lines: [...daily(30, lb), onDay(3, { ...lb, usageType: 'DataProcessing-Bytes', amount: 0.1 })],
    },
    'another service': {
      lines: [...daily(30, { ...lb, service: 'AmazonEC2' }), onDay(3, { ...lcu, service: 'AmazonEC2', amount: 1 })],
      status: 'no-such-usage',
    },
  },
  'idle-waf-acl': {
    'with three rules': {
      lines: [...daily(30, acl), ...daily(30, { ...rule, amount: 3 / 30, cost: 0.5 })],
      finds: [
        {
          resource: 'acl',
          cost: 45,
          saving: 45,
          evidence: '1.00 months of an ACL and 3.00 of rules without any request',
        },
      ],
    },
    'fourteen days': { lines: daily(14, acl), finds: [{ resource: 'acl', cost: 14 }] },
    'one fee over the month, of which the report holds fifteen days': {
      lines: [wholeMonth({ ...acl, amount: 1 }), ...otherUsage.slice(0, 15)],
      finds: [{ resource: 'acl', cost: 1 }],
    },
    'another ACL is asked': {
      lines: [...daily(30, acl), onDay(3, { ...request, resource: 'used' })],
      finds: [{ resource: 'acl' }],
    },
    'thirteen days': { lines: daily(13, acl) },
    'one fee over the month, of which the report holds twelve days': {
      lines: [wholeMonth({ ...acl, amount: 1 }), ...otherUsage.slice(0, 12)],
    },
    'is asked': { lines: [...daily(30, acl), onDay(3, request)] },
    'is asked by bot control': {
      lines: [...daily(30, acl), onDay(3, { ...request, usageType: 'USE1-AMR-BotControl-Request' })],
    },
    'requests without an id': { lines: [...daily(30, acl), onDay(3, { ...request, resource: '' })] },
    'paid for by Shield Advanced': {
      lines: daily(30, { ...acl, usageType: 'USE1-ShieldProtected-WebACLV2', cost: 0 }),
    },
    'rules without an ACL': { lines: daily(30, rule) },
    'another service': { lines: daily(30, { ...acl, service: 'AWSShield' }), status: 'no-such-usage' },
  },
  'idle-kinesis-stream': {
    ...idleCases({ hours: shard, traffic: put, limit: 0, evidence: 'ran 360 shard or stream hours, nothing written' }),
    'on demand': {
      lines: daily(30, { ...shard, usageType: 'USE1-OnDemand-StreamHour' }),
      finds: [{ resource: 'stream', cost: 30, evidence: 'ran 720 shard or stream hours, nothing written' }],
    },
    'keeps what it holds for longer': {
      lines: [...daily(30, shard), ...daily(30, { ...shard, usageType: 'USE1-Extended-ShardHour' })],
      finds: [{ resource: 'stream', cost: 60 }],
    },
    'has a reader of its own': {
      lines: [...daily(30, shard), onDay(3, { ...shard, usageType: 'USE1-ReadBytes-EFO', amount: 0.01 })],
    },
    'another service': {
      lines: daily(30, { ...shard, service: 'AmazonKinesisFirehose' }),
      status: 'no-such-usage',
    },
  },
  'api-gateway-cache': {
    'all the month': {
      lines: daily(30, cache),
      finds: [{ resource: 'stage', cost: 30, saving: 30, evidence: 'ran 720 h of 720 h' }],
    },
    '29 days of 30': {
      lines: [...daily(29, cache), ...otherUsage],
      finds: [{ resource: 'stage', cost: 29, evidence: 'ran 696 h of 720 h' }],
    },
    'all ten days that the report holds': {
      lines: daily(10, { ...cache, usageType: 'ApiGatewayCacheUsage:237GB' }),
      finds: [{ resource: 'stage', cost: 10, evidence: 'ran 240 h of 240 h' }],
    },
    'in a monthly report': {
      lines: [wholeMonth({ ...cache, amount: 720 })],
      finds: [{ resource: 'stage', cost: 1 }],
    },
    '26 days of 30': { lines: [...daily(26, cache), ...otherUsage] },
    'some hours of each day': { lines: daily(30, { ...cache, amount: 20 }) },
    'two without an id for half the month': {
      lines: [...daily(15, { ...cache, resource: '', amount: 48 }), ...otherUsage],
    },
    'requests only': { lines: otherUsage },
  },
});

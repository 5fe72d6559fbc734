import { describeChecks } from './describeChecks.ts';
import { daily, onDay, wholeMonth } from './usageLines.ts';

const nat = { service: 'AmazonEC2', usageType: 'USE1-NatGateway-Hours', resource: 'nat' };
const natBytes = { ...nat, usageType: 'USE1-NatGateway-Bytes', amount: 50 };
const regional = {
  service: 'AmazonEC2',
  usageType: 'USE1-DataTransfer-Regional-Bytes',
  operation: 'InterZone-Out',
  resource: 'i-1',
};
const s3 = { service: 'AmazonS3', resource: 'bucket' };
const egress = { ...s3, usageType: 'DataTransfer-Out-Bytes', operation: 'GetObject' };
const replication = { ...s3, usageType: 'USE1-USW2-AWS-Out-Bytes', operation: 'GetObjectForRepl' };
const requests = { ...s3, usageType: 'Requests-Tier2', operation: 'GetObject', cost: 0.4 };

describeChecks({
  'nat-gateway-traffic': {
    'its bytes cost more than its hours': {
      lines: [...daily(30, nat), ...daily(30, { ...natBytes, cost: 1.1 })],
      finds: [
        {
          resource: 'nat',
          cost: 63,
          saving: null,
          evidence: '1500 GB processed for 33.00 USD, hours for 30.00',
        },
      ],
    },
    'a regional one, in a monthly report': {
      lines: [
        wholeMonth({ ...nat, usageType: 'USE1-RegionalNatGateway-Hours', cost: 32 }),
        wholeMonth({ ...natBytes, usageType: 'USE1-RegionalNatGateway-Bytes', amount: 900, cost: 40 }),
      ],
      finds: [{ resource: 'nat', cost: 72 }],
    },
    'gateways without an id, one region of two': {
      lines: [
        ...daily(30, { ...nat, resource: '' }),
        ...daily(30, { ...nat, resource: '', region: 'eu-west-1' }),
        onDay(3, { ...natBytes, resource: '', region: 'eu-west-1', amount: 800, cost: 36 }),
      ],
      finds: [{ resource: '', region: 'eu-west-1', cost: 66 }],
    },
    'some hours, and just enough bytes': {
      lines: [onDay(3, nat), onDay(3, { ...natBytes, amount: 101, cost: 4.5 })],
      finds: [{ evidence: '101 GB processed for 4.50 USD, hours for 1.00' }],
    },
    'some hours, and just not enough bytes': {
      lines: [onDay(3, nat), onDay(3, { ...natBytes, amount: 99, cost: 4.5 })],
    },
    'its bytes cost less than its hours': { lines: [...daily(30, nat), ...daily(30, { ...natBytes, cost: 0.9 })] },
    'bytes of its traffic to the internet, which are billed apart': {
      lines: [...daily(30, nat), ...daily(30, { ...natBytes, usageType: 'DataTransfer-Out-Bytes', cost: 5 })],
    },
  },
  'traffic-within-region': {
    'three kinds of it': {
      lines: [
        onDay(3, { ...regional, amount: 70 }),
        onDay(3, { ...regional, operation: 'InterZone-In', amount: 10 }),
        onDay(4, { ...regional, operation: 'PublicIP-In', amount: 12 }),
        onDay(5, { ...regional, operation: 'VPCPeering-Out', amount: 13 }),
      ],
      finds: [
        {
          resource: 'i-1',
          cost: 4,
          saving: null,
          evidence: 'in and out: 80 GB between zones, 12 GB over public addresses, 13 GB to peered VPCs',
        },
      ],
    },
    'a load balancer over public addresses': {
      lines: daily(30, {
        ...regional,
        service: 'AWSELB',
        operation: 'LoadBalancing-PublicIP-Out',
        resource: 'lb',
        amount: 4,
      }),
      finds: [{ resource: 'lb', cost: 30 }],
    },
    'without an id, in two regions': {
      lines: [
        onDay(3, { ...regional, resource: '', amount: 110 }),
        onDay(3, { ...regional, resource: '', region: 'eu-west-1', amount: 110 }),
      ],
      finds: [
        { resource: '', region: 'eu-west-1' },
        { resource: '', region: 'us-east-1' },
      ],
    },
    '99 GB': { lines: daily(30, { ...regional, amount: 3.3 }) },
    'to another region': { lines: [onDay(3, { ...regional, usageType: 'USE1-USW2-AWS-Out-Bytes', amount: 500 })] },
    'another operation': { lines: [onDay(3, { ...regional, operation: 'Regional', amount: 500 })] },
    'free of charge': { lines: [onDay(3, { ...regional, amount: 500, cost: 0 })] },
  },
  'one-sided-zone-traffic': {
    'sends only': {
      lines: [onDay(3, { ...regional, amount: 101_000, cost: 1010 })],
      finds: [
        {
          resource: 'i-1',
          cost: 1010,
          saving: null,
          evidence: '0 GB from other zones, 101000 GB to them',
        },
      ],
    },
    'receives 21 times of what it sends': {
      lines: [
        onDay(3, { ...regional, operation: 'InterZone-In', amount: 105_000 }),
        onDay(3, { ...regional, amount: 5000 }),
      ],
      finds: [{ evidence: '105000 GB from other zones, 5000 GB to them' }],
    },
    'sends 23 times of what it receives': {
      lines: [
        onDay(3, { ...regional, amount: 115_000 }),
        onDay(3, { ...regional, operation: 'InterZone-In', amount: 5000 }),
      ],
      finds: [{ cost: 2 }],
    },
    'receives 19 times of what it sends': {
      lines: [
        onDay(3, { ...regional, operation: 'InterZone-In', amount: 190_000 }),
        onDay(3, { ...regional, amount: 10_000 }),
      ],
    },
    'not enough of it': { lines: [onDay(3, { ...regional, amount: 99_000 })] },
    'over public addresses': { lines: [onDay(3, { ...regional, operation: 'PublicIP-Out', amount: 200_000 })] },
    'to another region': {
      lines: [onDay(3, { ...regional, usageType: 'USE1-USW2-AWS-Out-Bytes', amount: 200_000 })],
    },
  },
  's3-internet-egress': {
    'from the region without a prefix': {
      lines: daily(30, { ...egress, amount: 7 }),
      finds: [{ resource: 'bucket', cost: 30, saving: null, evidence: '210 GB to the internet' }],
    },
    'from another region': {
      lines: daily(30, { ...egress, usageType: 'EUC1-DataTransfer-Out-Bytes', region: 'eu-central-1', amount: 20 }),
      finds: [{ resource: 'bucket', region: 'eu-central-1', evidence: '600 GB to the internet' }],
    },
    'without an id': {
      lines: [onDay(3, { ...egress, resource: '', amount: 220 })],
      finds: [{ resource: '', region: 'us-east-1', cost: 1 }],
    },
    '190 GB': { lines: [onDay(3, { ...egress, amount: 190 })] },
    'to instances of the region': {
      lines: [onDay(3, { ...egress, usageType: 'USE1-C3DataTransfer-Out-Bytes', amount: 900 })],
    },
    'to Glacier': { lines: [onDay(3, { ...egress, usageType: 'USE1-S3G-DataTransfer-Out-Bytes', amount: 900 })] },
    'to CloudFront': { lines: [onDay(3, { ...egress, usageType: 'USE1-CloudFront-Out-Bytes', amount: 900 })] },
    'of an instance': {
      lines: [onDay(3, { ...egress, service: 'AmazonEC2', amount: 900 })],
      status: 'no-such-usage',
    },
  },
  's3-replication-traffic': {
    'copies of objects': {
      lines: [onDay(3, { ...replication, amount: 51 })],
      finds: [{ resource: 'bucket', cost: 1, saving: null, evidence: '51 GB copied to other regions' }],
    },
    'copies of parts, too': {
      lines: [
        onDay(3, { ...replication, amount: 30 }),
        onDay(3, { ...replication, operation: 'UploadPartForRepl', amount: 30 }),
      ],
      finds: [{ cost: 2, evidence: '60 GB copied to other regions' }],
    },
    'without an id, from two regions': {
      lines: [
        onDay(3, { ...replication, resource: '', amount: 60 }),
        onDay(3, { ...replication, resource: '', usageType: 'EU-EUC1-AWS-Out-Bytes', region: 'eu-west-1', amount: 70 }),
      ],
      finds: [{ region: 'eu-west-1' }, { region: 'us-east-1' }],
    },
    '49 GB': { lines: [onDay(3, { ...replication, amount: 49 })] },
    'read from another region': { lines: [onDay(3, { ...replication, operation: 'GetObject', amount: 500 })] },
    'the fee for copies in time': {
      lines: [onDay(3, { ...replication, usageType: 'USE1-S3RTC-Out-Bytes', amount: 500 })],
    },
    'another service': {
      lines: [onDay(3, { ...replication, service: 'AmazonECR', amount: 500 })],
      status: 'no-such-usage',
    },
  },
  'missing-gateway-endpoint': {
    'much of both': {
      lines: [...daily(30, natBytes), onDay(3, { ...requests, amount: 1_100_000 })],
      finds: [
        {
          resource: '',
          region: 'us-east-1',
          cost: 30,
          saving: null,
          evidence: '1500 GB through NAT gateways, 1100000 requests to S3',
        },
      ],
    },
    'several gateways and buckets, of several classes': {
      lines: [
        onDay(3, { ...natBytes, amount: 300 }),
        onDay(3, { ...natBytes, resource: 'nat-2', usageType: 'USE1-RegionalNatGateway-Bytes', amount: 250 }),
        onDay(3, { ...requests, amount: 600_000 }),
        onDay(3, { ...requests, resource: 'other', usageType: 'USE1-Requests-SIA-Tier1', amount: 500_000 }),
      ],
      finds: [{ cost: 2, evidence: '550 GB through NAT gateways, 1100000 requests to S3' }],
    },
    'one account of two': {
      lines: [
        onDay(3, { ...natBytes, amount: 590 }),
        onDay(3, { ...requests, amount: 5_000_000 }),
        onDay(3, { ...natBytes, account: '111111111111', amount: 5000 }),
      ],
      finds: [{ account: '777788889999', cost: 1 }],
    },
    '490 GB': { lines: [onDay(3, { ...natBytes, amount: 490 }), onDay(3, { ...requests, amount: 5_000_000 })] },
    '900,000 requests': {
      lines: [onDay(3, { ...natBytes, amount: 5000 }), onDay(3, { ...requests, amount: 900_000 })],
    },
    'S3 of another region': {
      lines: [
        onDay(3, { ...natBytes, amount: 5000 }),
        onDay(3, { ...requests, usageType: 'EU-Requests-Tier2', region: 'eu-west-1', amount: 5_000_000 }),
      ],
    },
    'requests to another service': {
      lines: [
        onDay(3, { ...natBytes, amount: 5000 }),
        onDay(3, { ...requests, service: 'AmazonGlacier', amount: 5_000_000 }),
      ],
    },
    'no NAT gateway': {
      lines: [onDay(3, { ...requests, amount: 5_000_000 })],
      status: 'no-such-usage',
    },
  },
});

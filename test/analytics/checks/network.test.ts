import { describeChecks } from './describeChecks.ts';
import { daily, hourly, onDay, wholeMonth } from './usageLines.ts';

const lb = { service: 'AWSELB', usageType: 'LoadBalancerUsage', resource: 'lb' };
const traffic = { ...lb, usageType: 'LCUUsage', amount: 0.5 };

describeChecks({
  'idle-load-balancer': {
    'runs for more than two weeks': {
      lines: daily(15, { ...lb, usageType: 'USE2-LoadBalancerUsage' }),
      finds: [{ resource: 'lb', region: 'us-east-1', cost: 15, saving: 15, evidence: 'ran 360 h without any traffic' }],
    },
    'hour by hour': {
      lines: hourly(345, { ...lb, amount: 1, cost: 0.1 }),
      finds: [{ resource: 'lb', cost: 34.5 }],
    },
    'in a monthly report': {
      lines: [wholeMonth({ ...lb, amount: 720 })],
      finds: [{ resource: 'lb', cost: 1 }],
    },
    'has traffic of the amount 0': {
      lines: [...daily(30, lb), onDay(3, { ...traffic, amount: 0 })],
      finds: [{ resource: 'lb' }],
    },
    'has no id, and another region has traffic': {
      lines: [
        ...daily(30, { ...lb, resource: '' }),
        ...daily(30, { ...lb, resource: '', region: 'eu-west-1' }),
        onDay(3, { ...traffic, resource: '', usageType: 'EU-LCUUsage', region: 'eu-west-1' }),
      ],
      finds: [{ resource: '', region: 'us-east-1', cost: 30 }],
    },
    'is covered in part': {
      lines: [...daily(20, lb), ...daily(10, { ...lb, lineType: 'Credit' })],
      finds: [{ cost: 20, saving: 20 }],
    },
    '336 hours and not one more': { lines: daily(14, lb) },
    'serves somebody': { lines: [...daily(30, lb), onDay(3, traffic)] },
    'serves somebody, on a line without a region': {
      lines: [...daily(30, lb), onDay(3, { ...traffic, usageType: 'DataTransfer-Out-Bytes', region: '' })],
    },
    'no id, and traffic that names no region': {
      lines: [
        ...daily(30, { ...lb, resource: '' }),
        onDay(3, { ...traffic, resource: '', usageType: 'DataTransfer-Out-Bytes', region: '' }),
      ],
    },
    'no id and no region, and traffic somewhere': {
      lines: [...daily(30, { ...lb, resource: '', region: '' }), onDay(3, { ...traffic, resource: '' })],
    },
    'no id, and ten days however many hours they make': {
      lines: daily(10, { ...lb, resource: '', amount: 240 }),
    },
    'no id, twelve days': { lines: daily(12, { ...lb, resource: '', amount: 240 }) },
    'costs nothing': { lines: daily(30, { ...lb, cost: 0 }) },
    'another service': { lines: daily(30, { ...lb, service: 'AmazonEC2' }), status: 'no-such-usage' },
  },
});

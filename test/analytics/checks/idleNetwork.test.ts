import { describeChecks } from './describeChecks.ts';
import { idleCases } from './idleCases.ts';
import { daily, onDay } from './usageLines.ts';

const nat = { service: 'AmazonEC2', usageType: 'USE1-NatGateway-Hours', resource: 'nat' };
const natBytes = { ...nat, usageType: 'USE1-NatGateway-Bytes' };
const endpoint = { service: 'AmazonVPC', usageType: 'USE1-VpcEndpoint-Hours', resource: 'vpce' };
const gwlbe = { ...endpoint, usageType: 'USE1-VpcEndpoint-GWLBE-Hours', resource: 'gwlbe' };
const attachment = {
  service: 'AmazonVPC',
  usageType: 'USE1-TransitGateway-Hours',
  operation: 'TransitGatewayVPC',
  resource: 'tgw',
};
const firewall = { service: 'AWSNetworkFirewall', usageType: 'USE1-Endpoint-Hour', resource: 'firewall' };
const inspected = { ...firewall, usageType: 'USE1-Traffic-GB-Processed' };

describeChecks({
  'idle-nat-gateway': {
    ...idleCases({ hours: nat, traffic: natBytes, limit: 1, evidence: 'ran 360 h, 0.00 GB processed' }),
    'as the real one of 2026': {
      lines: [...daily(15, nat), ...daily(15, { ...natBytes, amount: 0.25 / 15, cost: 0.001 })],
      finds: [{ resource: 'nat', evidence: 'ran 360 h, 0.25 GB processed' }],
    },
    'a regional one': {
      lines: daily(30, { ...nat, usageType: 'EUW2-RegionalNatGateway-Hours' }),
      finds: [{ resource: 'nat', cost: 30 }],
    },
    'without an id, and traffic in another region': {
      lines: [
        ...daily(30, { ...nat, resource: '' }),
        ...daily(30, { ...natBytes, resource: '', region: 'eu-west-1', amount: 5 }),
      ],
      finds: [{ resource: '', region: 'us-east-1', cost: 30 }],
    },
    'without an id, and traffic that names no region': {
      lines: [...daily(30, { ...nat, resource: '' }), onDay(3, { ...natBytes, resource: '', region: '', amount: 5 })],
    },
    'without an id and a region, and traffic somewhere': {
      lines: [...daily(30, { ...nat, resource: '', region: '' }), onDay(3, { ...natBytes, resource: '', amount: 5 })],
    },
    'traffic of another kind of bytes': {
      lines: [...daily(30, nat), onDay(3, { ...nat, usageType: 'USE1-NatGateway-Prvd-Bytes', amount: 5 })],
    },
  },
  'idle-interface-endpoint': {
    ...idleCases({
      hours: endpoint,
      traffic: { ...endpoint, usageType: 'USE1-VpcEndpoint-Bytes' },
      limit: 0.001,
      evidence: 'ran 360 h, all zones together, and processed nothing',
    }),
    'the provider’s side of a service': {
      lines: daily(30, { ...endpoint, usageType: 'USE1-VpcEndpoint-Service-Hours' }),
    },
    'an endpoint of another kind': { lines: daily(30, gwlbe) },
  },
  'idle-gateway-load-balancer-endpoint': {
    ...idleCases({
      hours: gwlbe,
      traffic: { ...gwlbe, usageType: 'USE1-VpcEndpoint-GWLBE-Bytes' },
      limit: 0.1,
      evidence: 'ran 360 h, 0.00 GB processed',
    }),
    'an interface endpoint': { lines: daily(30, endpoint) },
  },
  'idle-transit-gateway-attachment': {
    ...idleCases({
      hours: attachment,
      traffic: { ...attachment, usageType: 'USE1-TransitGateway-Bytes' },
      limit: 0.1,
      evidence: 'attached for 360 h, 0.00 GB sent',
    }),
    'of a VPN': {
      lines: daily(30, { ...attachment, operation: 'TransitGatewayVPN' }),
      finds: [{ resource: 'tgw', cost: 30 }],
    },
    'of a peered gateway': { lines: daily(30, { ...attachment, operation: 'TransitGatewayPeering' }) },
  },
  'idle-network-firewall': {
    'fifteen days of nothing': {
      lines: daily(15, firewall),
      finds: [{ resource: 'firewall', cost: 15, saving: 15, evidence: 'endpoints ran 360 h, 0.00 GB inspected' }],
    },
    'traffic for a 21st of its hours': {
      lines: [...daily(30, firewall), onDay(3, { ...inspected, amount: 20, cost: 30 / 21 })],
      finds: [{ cost: 30 + 30 / 21, evidence: 'endpoints ran 720 h, 20.00 GB inspected' }],
    },
    'advanced inspection': {
      lines: daily(30, { ...firewall, usageType: 'USE1-Advanced-Endpoint-Hour:tls' }),
      finds: [{ cost: 30 }],
    },
    'traffic for a 19th of its hours': {
      lines: [...daily(30, firewall), onDay(3, { ...inspected, amount: 20, cost: 30 / 19 })],
    },
    'traffic for a 17th of its hours': {
      lines: [...daily(30, firewall), onDay(3, { ...inspected, amount: 20, cost: 30 / 17 })],
    },
    '336 hours and not one more': { lines: daily(14, firewall) },
    'three zones, twelve days': { lines: daily(12, { ...firewall, amount: 72 }) },
    'another service': {
      lines: daily(30, { ...firewall, service: 'AmazonRoute53' }),
      status: 'no-such-usage',
    },
  },
});

import { describeChecks } from './describeChecks.ts';
import { idleCases } from './idleCases.ts';
import { daily, onDay, wholeMonth } from './usageLines.ts';

const vpn = {
  service: 'AmazonVPC',
  usageType: 'USE1-VPN-Usage-Hours:ipsec.1',
  operation: 'CreateVpnConnection',
  resource: 'vpn',
};
const vpnTraffic = { ...vpn, service: 'AmazonEC2', usageType: 'DataTransfer-Out-Bytes', amount: 3 };
const throughGateway = {
  service: 'AmazonVPC',
  usageType: 'USE1-TransitGateway-Bytes',
  operation: 'TransitGatewayVPN',
  resource: 'attachment',
  amount: 3,
};
const client = { service: 'AmazonVPC', usageType: 'USE1-ClientVPN-EndpointHours', resource: 'cvpn' };
const clientConnection = { ...client, usageType: 'USE1-ClientVPN-ConnectionHours', resource: 'user', amount: 2 };
const resolver = { service: 'AmazonRoute53', usageType: 'USE1-ResolverNetworkInterface', resource: 'rslvr' };
const queries = { ...resolver, usageType: 'USE1-DNS-Queries', resource: '', amount: 1000 };
const accelerator = {
  service: 'AWSGlobalAccelerator',
  usageType: 'Global-Accelerator-fixed-fee',
  resource: 'accelerator',
};
const acceleratorBytes = { ...accelerator, usageType: 'USE1-OUT-Bytes-Internet', amount: 3 };
const port = { service: 'AWSDirectConnect', usageType: 'USE1-EQNY5-PortUsage:1G', resource: 'dxcon' };
const portBytes = { ...port, usageType: 'USE1-EQNY5-DataXfer-Out:dc.3', resource: 'dxvif', account: '111111111111' };

describeChecks({
  'idle-vpn-connection': {
    'fifteen days of nothing': {
      lines: daily(15, vpn),
      finds: [{ resource: 'vpn', cost: 15, saving: 15, evidence: 'connected for 360 h without any traffic' }],
    },
    'in a monthly report': { lines: [wholeMonth({ ...vpn, amount: 720 })], finds: [{ resource: 'vpn', cost: 1 }] },
    'a large one, with the addresses of its tunnels': {
      lines: [
        ...daily(30, { ...vpn, usageType: 'USE1-VPN-large-Usage-Hours:ipsec.1' }),
        ...daily(30, { ...vpn, usageType: 'USE1-PublicIPv4:InUseAddress', cost: 0.24 }),
      ],
      finds: [{ resource: 'vpn', cost: 30 }],
    },
    'another connection has traffic': {
      lines: [
        ...daily(30, vpn),
        ...daily(30, { ...vpn, resource: 'used' }),
        ...daily(30, { ...vpnTraffic, resource: 'used' }),
      ],
      finds: [{ resource: 'vpn' }],
    },
    'a transit gateway has traffic of VPCs only, and of VPNs in another region': {
      lines: [
        ...daily(30, vpn),
        onDay(3, { ...throughGateway, operation: 'TransitGatewayVPC' }),
        onDay(3, { ...throughGateway, region: 'eu-west-1' }),
      ],
      finds: [{ resource: 'vpn' }],
    },
    'a transit gateway has hours for VPNs, and no traffic': {
      lines: [...daily(30, vpn), ...daily(30, { ...throughGateway, usageType: 'USE1-TransitGateway-Hours' })],
      finds: [{ resource: 'vpn' }],
    },
    '336 hours and not one more': { lines: daily(14, vpn) },
    'twelve days, however many hours they make': { lines: daily(12, { ...vpn, amount: 96 }) },
    'traffic to the internet': { lines: [...daily(30, vpn), onDay(3, vpnTraffic)] },
    'traffic through a transit gateway': { lines: [...daily(30, vpn), onDay(3, throughGateway)] },
    'another operation': { lines: daily(30, { ...vpn, operation: 'CreateVpnConcentrator' }) },
    'hours of something else': { lines: daily(30, { ...vpn, usageType: 'USE1-Verified-Hours' }) },
  },
  'idle-client-vpn': {
    ...idleCases({
      hours: client,
      traffic: clientConnection,
      limit: 0,
      evidence: 'associated for 360 h without any connection',
    }),
    'somebody connects in another region': {
      lines: [...daily(30, client), onDay(3, { ...clientConnection, region: 'eu-west-1' })],
      finds: [{ resource: 'cvpn', cost: 30 }],
    },
    'somebody connects, under another id': { lines: [...daily(30, client), onDay(3, clientConnection)] },
    'a site-to-site connection': { lines: daily(30, vpn) },
  },
  'idle-resolver-endpoint': {
    ...idleCases({
      hours: resolver,
      traffic: queries,
      limit: 0,
      evidence: 'interfaces ran 360 h without any query',
    }),
    'queries of hosted zones only': {
      lines: [
        ...daily(30, resolver),
        ...daily(30, { ...queries, usageType: 'DNS-Queries' }),
        ...daily(30, { ...queries, usageType: 'Intra-AWS-DNS-Queries' }),
      ],
      finds: [{ resource: 'rslvr', cost: 30 }],
    },
    'queries in another region': {
      lines: [...daily(30, resolver), onDay(3, { ...queries, usageType: 'EU-DNS-Queries', region: 'eu-west-1' })],
      finds: [{ resource: 'rslvr' }],
    },
    'with DNS security': {
      lines: daily(30, { ...resolver, usageType: 'USE1-ResolverNetworkInterface-SecurityEnabled' }),
      finds: [{ resource: 'rslvr' }],
    },
    'queries without an id': { lines: [...daily(30, resolver), onDay(3, queries)] },
    'queries that name no region': { lines: [...daily(30, resolver), onDay(3, { ...queries, region: '' })] },
    'another service': { lines: daily(30, { ...resolver, service: 'AmazonVPC' }), status: 'no-such-usage' },
  },
  'idle-global-accelerator': {
    ...idleCases({
      hours: accelerator,
      traffic: acceleratorBytes,
      limit: 0,
      evidence: 'there for 360 h without any traffic',
    }),
    'another accelerator has traffic': {
      lines: [...daily(30, accelerator), onDay(3, { ...acceleratorBytes, resource: 'used' })],
      finds: [{ resource: 'accelerator', cost: 30 }],
    },
    'traffic without an id': { lines: [...daily(30, accelerator), onDay(3, { ...acceleratorBytes, resource: '' })] },
    'another service': { lines: daily(30, { ...accelerator, service: 'AmazonVPC' }), status: 'no-such-usage' },
  },
  'idle-direct-connect-port': {
    'fifteen days of nothing': {
      lines: daily(15, port),
      finds: [{ resource: 'dxcon', cost: 15, saving: 15, evidence: 'there for 360 h, 0.00 GB at EQNY5' }],
    },
    'in a monthly report': { lines: [wholeMonth({ ...port, amount: 720 })], finds: [{ resource: 'dxcon', cost: 1 }] },
    'a hosted connection, with traffic up to the limit': {
      lines: [...daily(30, { ...port, usageType: 'EQNY5-HCPortUsage:50M' }), onDay(3, { ...portBytes, amount: 0.09 })],
      finds: [{ resource: 'dxcon', cost: 30, evidence: 'there for 720 h, 0.09 GB at EQNY5' }],
    },
    'traffic at another location that has a port': {
      lines: [
        ...daily(30, port),
        ...daily(30, { ...port, usageType: 'USE1-EqDC2-PortUsage:1G', resource: 'used' }),
        onDay(3, { ...portBytes, usageType: 'USE1-EqDC2-DataXfer-In:dc.3', amount: 5 }),
      ],
      finds: [{ resource: 'dxcon' }],
    },
    '336 hours and not one more': { lines: daily(14, port) },
    'twelve days, however many hours they make': { lines: daily(12, { ...port, amount: 48 }) },
    'traffic of another account, from another region': {
      lines: [
        ...daily(30, port),
        onDay(3, { ...portBytes, usageType: 'USW2-EQNY5-DataXfer-Out', region: 'us-west-2', amount: 0.11 }),
      ],
    },
    'traffic at a location without a port': {
      lines: [...daily(30, port), onDay(3, { ...portBytes, usageType: 'USE1-DataXfer-Out:dc.3', amount: 0.11 })],
    },
    'no id': { lines: daily(30, { ...port, resource: '' }), status: 'cannot-be-told' },
    'another service': { lines: daily(30, { ...port, service: 'AmazonVPC' }), status: 'no-such-usage' },
  },
});

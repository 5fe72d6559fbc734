import type { ResourceMeter } from './resource.ts';

const ec2 = { productCode: 'AmazonEC2', productName: 'Amazon Elastic Compute Cloud' };
const rds = { productCode: 'AmazonRDS', productName: 'Amazon Relational Database Service' };
const openSearch = { productCode: 'AmazonES', productName: 'Amazon OpenSearch Service' };
const s3 = { productCode: 'AmazonS3', productName: 'Amazon Simple Storage Service' };
const loadBalancing = { productCode: 'AWSELB', productName: 'Elastic Load Balancing', productFamily: 'Load Balancer' };
const vpc = {
  productCode: 'AmazonVPC',
  productName: 'Amazon Virtual Private Cloud',
  productFamily: 'VpcPublicIPv4Address',
};

/** Storage of EBS volumes of one type, by the GB-month. */
function volumeStorage(type: 'gp2' | 'gp3', usdPerGbMonth: number): ResourceMeter {
  return {
    ...ec2,
    productFamily: 'Storage',
    usageType: `EBS:VolumeUsage.${type}`,
    operation: `CreateVolume-${type === 'gp2' ? 'Gp2' : 'Gp3'}`,
    unit: 'GB-Mo',
    usdPerUnit: usdPerGbMonth,
    attributes: {
      volume_api_name: type,
      volume_type: 'General Purpose',
      storage_media: 'SSD-backed',
      max_volume_size: '16 TiB',
    },
  };
}

export const gp2Storage = volumeStorage('gp2', 0.1);
export const gp3Storage = volumeStorage('gp3', 0.08);

export const dataTransferOut: ResourceMeter = {
  ...ec2,
  productFamily: 'Data Transfer',
  usageType: 'DataTransfer-Out-Bytes',
  operation: 'RunInstances',
  unit: 'GB',
  usdPerUnit: 0.09,
  attributes: { transfer_type: 'AWS Outbound', to_location: 'External', to_location_type: 'Other' },
};

export const dataTransferIn: ResourceMeter = {
  ...dataTransferOut,
  usageType: 'DataTransfer-In-Bytes',
  usdPerUnit: 0,
  attributes: { transfer_type: 'AWS Inbound', from_location: 'External', from_location_type: 'Other' },
};

export const cpuCredits: ResourceMeter = {
  ...ec2,
  productFamily: 'CPU Credits',
  usageType: 'CPUCredits:t3',
  operation: 'RunInstances',
  unit: 'vCPU-Hours',
  usdPerUnit: 0.05,
};

export const natGatewayHours: ResourceMeter = {
  ...ec2,
  productFamily: 'NAT Gateway',
  usageType: 'NatGateway-Hours',
  operation: 'NatGateway',
  unit: 'Hrs',
  usdPerUnit: 0.045,
  attributes: { group: 'NGW:NatGateway', group_description: 'Hourly charge for NAT Gateways' },
};

export const natGatewayBytes: ResourceMeter = {
  ...natGatewayHours,
  usageType: 'NatGateway-Bytes',
  unit: 'GB',
  attributes: { group: 'NGW:NatGateway', group_description: 'Charge for per GB data processed by NatGateways' },
};

export const loadBalancerHours: ResourceMeter = {
  ...loadBalancing,
  productFamily: 'Load Balancer-Application',
  usageType: 'LoadBalancerUsage',
  operation: 'LoadBalancing:Application',
  unit: 'Hrs',
  usdPerUnit: 0.0225,
};

export const loadBalancerCapacity: ResourceMeter = {
  ...loadBalancerHours,
  usageType: 'LCUUsage',
  unit: 'LCU-Hrs',
  usdPerUnit: 0.008,
};

/** Since February 2024 every public IPv4 address is charged, by the VPC service. */
export const idleIpv4: ResourceMeter = {
  ...vpc,
  usageType: 'PublicIPv4:IdleAddress',
  operation: 'AllocateAddressVPC',
  unit: 'Hrs',
  usdPerUnit: 0.005,
};

export const usedIpv4: ResourceMeter = {
  ...idleIpv4,
  usageType: 'PublicIPv4:InUseAddress',
  operation: 'AssociateAddressVPC',
};

/** The name that older bills have for an idle address. */
export const idleElasticIp: ResourceMeter = {
  ...ec2,
  productFamily: 'IP Address',
  usageType: 'ElasticIP:IdleAddress',
  operation: 'AssociateAddressVPC',
  unit: 'Hrs',
  usdPerUnit: 0.005,
};

export const databaseHours: ResourceMeter = {
  ...rds,
  productFamily: 'Database Instance',
  usageType: 'InstanceUsage:db.m6g.large',
  operation: 'CreateDBInstance:0014',
  unit: 'Hrs',
  usdPerUnit: 0.159,
  normalizationFactor: 4,
  attributes: {
    instance_type: 'db.m6g.large',
    database_engine: 'PostgreSQL',
    deployment_option: 'Single-AZ',
    engine_code: '14',
  },
};

/** RDS storage by the GB-month, and io1's provisioned operations by the IOPS-month. */
function databaseStorage(usageType: string, unit: string, usdPerUnit: number, volumeType: string): ResourceMeter {
  return {
    ...rds,
    productFamily: unit === 'GB-Mo' ? 'Database Storage' : 'Provisioned IOPS',
    usageType,
    operation: 'CreateDBInstance:0014',
    unit,
    usdPerUnit,
    attributes: { volume_type: volumeType, database_engine: 'PostgreSQL', deployment_option: 'Single-AZ' },
  };
}

export const databaseGp3Storage = databaseStorage('RDS:GP3-Storage', 'GB-Mo', 0.115, 'General Purpose-GP3');
export const databaseGp2Storage = databaseStorage('RDS:GP2-Storage', 'GB-Mo', 0.115, 'General Purpose');
export const databaseIo1Storage = databaseStorage('RDS:PIOPS-Storage', 'GB-Mo', 0.125, 'Provisioned IOPS');
export const databaseIo1Operations = databaseStorage('RDS:PIOPS', 'IOPS-Mo', 0.1, 'Provisioned IOPS');

export const searchHours: ResourceMeter = {
  ...openSearch,
  productFamily: 'Amazon OpenSearch Service Instance',
  usageType: 'ESInstance:m6g.large',
  operation: 'ESDomain',
  unit: 'Hrs',
  usdPerUnit: 0.128,
  attributes: { instance_type: 'm6g.large.search' },
};

export const searchGp2Storage: ResourceMeter = {
  ...openSearch,
  productFamily: 'Amazon OpenSearch Service Volume',
  usageType: 'ES:GP2-Storage',
  operation: 'ESDomain',
  unit: 'GB-Mo',
  usdPerUnit: 0.135,
  attributes: { storage_media: 'GP2' },
};

export const objectStorage: ResourceMeter = {
  ...s3,
  productFamily: 'Storage',
  usageType: 'TimedStorage-ByteHrs',
  operation: 'StandardStorage',
  unit: 'GB-Mo',
  usdPerUnit: 0.023,
  attributes: {
    storage_class: 'General Purpose',
    volume_type: 'Standard',
    durability: '99.999999999%',
    availability: '99.99%',
  },
};

export const putRequests: ResourceMeter = {
  ...s3,
  productFamily: 'API Request',
  usageType: 'Requests-Tier1',
  operation: 'PutObject',
  unit: 'Requests',
  usdPerUnit: 0.000005,
  attributes: { group: 'S3-API-Tier1', group_description: 'PUT/COPY/POST or LIST requests' },
};

export const getRequests: ResourceMeter = {
  ...putRequests,
  usageType: 'Requests-Tier2',
  operation: 'GetObject',
  usdPerUnit: 0.0000004,
  attributes: { group: 'S3-API-Tier2', group_description: 'GET and all other requests' },
};

export const lambdaCompute: ResourceMeter = {
  productCode: 'AWSLambda',
  productName: 'AWS Lambda',
  productFamily: 'Serverless',
  usageType: 'Lambda-GB-Second',
  operation: 'Invoke',
  unit: 'Lambda-GB-Second',
  usdPerUnit: 0.0000166667,
  attributes: { group: 'AWS-Lambda-Duration', group_description: 'Invocation duration weighted by memory' },
};

export const lambdaRequests: ResourceMeter = {
  ...lambdaCompute,
  usageType: 'Request',
  unit: 'Requests',
  usdPerUnit: 0.0000002,
  attributes: { group: 'AWS-Lambda-Requests', group_description: 'Invocations' },
};

export const developmentEndpoint: ResourceMeter = {
  productCode: 'AWSGlue',
  productName: 'AWS Glue',
  productFamily: 'AWS Glue',
  usageType: 'DEVED-DPU-Hour',
  longCode: true,
  operation: 'StartDevEndpoint',
  unit: 'DPU-Hour',
  usdPerUnit: 0.44,
  attributes: { group: 'ETL Job run' },
};

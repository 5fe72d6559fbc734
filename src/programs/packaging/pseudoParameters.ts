/**
 * CloudFormation User Guide, Pseudo parameters reference: what stands for them in a text under
 * `Fn::Sub`.
 */
export const AWS_PARTITION = `\${AWS::Partition}`;
export const ACCOUNT_ID = `\${AWS::AccountId}`;
export const URL_SUFFIX = `\${AWS::URLSuffix}`;
/**
 * AWS General Reference, "AWS partitions": the one that a region belongs to, for what is not a
 * stack's.
 */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('eusc-')) return 'aws-eusc';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

export const AWS_REGION = `\${AWS::Region}`;

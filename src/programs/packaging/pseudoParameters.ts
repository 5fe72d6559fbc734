/** CloudFormation User Guide, Pseudo parameters reference: what stands for them in a text under `Fn::Sub`. */
export const AWS_PARTITION = `\${AWS::Partition}`;
export const ACCOUNT_ID = `\${AWS::AccountId}`;
export const URL_SUFFIX = `\${AWS::URLSuffix}`;
export const AWS_REGION = `\${AWS::Region}`;

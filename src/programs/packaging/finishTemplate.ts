import { type CustomerKeys, withCustomerKeys } from './customerKeys.ts';
import { ACCOUNT_ID, AWS_PARTITION, AWS_REGION } from './pseudoParameters.ts';
import { FUNCTIONS, inLogicalId } from './stackParts.ts';
import { mapResources, type StackResource, type StackTemplate, withPolicy, withProperties } from './stackTemplate.ts';

/** What a stage may want of all resources of a kind. Empty texts and lists: nothing. */
export interface FinishingParams extends CustomerKeys {
  readonly rolePath: string;
  /** The ARN of a policy. */
  readonly permissionsBoundary: string;
  readonly vpcSubnets: readonly string[];
  readonly vpcSecurityGroups: readonly string[];
}

/**
 * The stack's template with what concerns every resource of a kind, so that one that is added has
 * it too: who may start itself through a queue, the roles' path and boundary, the customer's keys,
 * the VPC.
 */
export function finishTemplate(template: StackTemplate, params: FinishingParams): StackTemplate {
  const chained = mapResources(template, 'AWS::Lambda::Function', allowChains);
  const placed = mapResources(chained, 'AWS::IAM::Role', (role) => placeRole(role, params));
  return withVpc(withCustomerKeys(placed, params), params);
}

/** Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite loops". */
function allowChains(lambda: StackResource, id: string): StackResource {
  const isChained = FUNCTIONS.some((one) => one.isChained && functionId(one) === id);
  return isChained ? withProperties(lambda, { RecursiveLoop: 'Allow' }) : lambda;
}

function placeRole(role: StackResource, params: FinishingParams): StackResource {
  const placed = params.rolePath === '/' ? role : withProperties(role, { Path: params.rolePath });
  if (params.permissionsBoundary === '') return placed;
  return withProperties(placed, { PermissionsBoundary: params.permissionsBoundary });
}

/**
 * Puts the functions that speak with Snowflake or the broker into the VPC, and lets Lambda connect
 * them there.
 */
function withVpc(template: StackTemplate, params: FinishingParams): StackTemplate {
  if (params.vpcSubnets.length === 0) return template;
  const inVpc = FUNCTIONS.filter(({ speaksOutside }) => speaksOutside);
  const VpcConfig = { SubnetIds: params.vpcSubnets, SecurityGroupIds: params.vpcSecurityGroups };
  const connected = mapResources(template, 'AWS::Lambda::Function', (lambda, id) =>
    inVpc.some((one) => functionId(one) === id) ? withProperties(lambda, { VpcConfig }) : lambda,
  );
  const named = new Map(
    inVpc.map((one) => [
      `${inLogicalId(one.name)}Role`,
      String(template.Resources[functionId(one)]?.Properties?.FunctionName),
    ]),
  );
  return mapResources(connected, 'AWS::IAM::Role', (role, id) => {
    const functionName = named.get(id);
    return functionName === undefined ? role : withPolicy(role, 'vpc', networkStatements(functionName));
  });
}

const INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:UnassignPrivateIpAddresses',
];
const DESCRIPTIONS = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

/**
 * Lambda makes the network interfaces with the function's role (Lambda Developer Guide, "Giving
 * Lambda functions access to resources in an Amazon VPC"); the function's own code has no business
 * with them.
 */
function networkStatements(functionName: string): object[] {
  const here = `${AWS_REGION}:${ACCOUNT_ID}`;
  const lambda = { 'Fn::Sub': `arn:${AWS_PARTITION}:lambda:${here}:function:${functionName}` };
  return [
    { Effect: 'Allow', Action: INTERFACES, Resource: { 'Fn::Sub': `arn:${AWS_PARTITION}:ec2:${here}:*/*` } },
    { Effect: 'Allow', Action: DESCRIPTIONS, Resource: '*' },
    {
      Effect: 'Deny',
      Action: [...INTERFACES, ...DESCRIPTIONS],
      Resource: '*',
      Condition: { ArnEquals: { 'lambda:SourceFunctionArn': [lambda] } },
    },
  ];
}

function functionId({ name }: { readonly name: string }): string {
  return `${inLogicalId(name)}LambdaFunction`;
}

import { randomUUID } from 'node:crypto';
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { MotoAccount } from '../aws/motoAccount.ts';
import { type Answer, startCloudFormationSide } from './payerAccountConnector.ts';
import { type Json, TEMPLATE_TEXT } from './payerAccountTemplate.ts';

/** What became of a payer's stack. */
export interface PayerStack {
  readonly outputs: Readonly<Record<string, string | undefined>>;
  /** What the custom resource answered CloudFormation. */
  readonly connected: Answer | undefined;
}

/**
 * Deploys the payer account's template to an account on moto's server. Moto makes the resources;
 * the custom resource's function it would run in a container, so the connector is run here instead,
 * as CloudFormation would have it run, with `connection` as the custom resource's properties.
 */
export async function deployPayerStack(
  { clientConfig, env }: MotoAccount,
  parameters: Readonly<Record<string, string>>,
  connection: Json,
): Promise<PayerStack> {
  const cloudFormation = await startCloudFormationSide();
  const client = new CloudFormationClient(clientConfig);
  try {
    const StackName = `payer-${randomUUID()}`;
    const { StackId = '' } = await client.send(
      new CreateStackCommand({
        StackName,
        TemplateBody: TEMPLATE_TEXT,
        Capabilities: ['CAPABILITY_IAM'],
        Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
          ParameterKey,
          ParameterValue,
        })),
      }),
    );
    const { answer } = await cloudFormation.ask({ type: 'Create', stackId: StackId, properties: connection }, env)
      .ended;
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
    const outputs = Object.fromEntries((Stacks?.[0]?.Outputs ?? []).map((one) => [one.OutputKey, one.OutputValue]));
    return { outputs, connected: answer };
  } finally {
    client.destroy();
    await cloudFormation.close();
  }
}

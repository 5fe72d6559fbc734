import { randomUUID } from 'node:crypto';
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Drilling } from '../../../src/programs/drill/drill.ts';
import type { MotoServer } from '../../aws/motoServer.ts';

const VISIBILITY_SECONDS = 720;
const MAX_RECEIVES = 5;
const TOPIC = 'arn:aws:sns:us-east-2:123456789012:on-call';

/**
 * A stage's copy queue, its dead-letter queue and the alarm on moto's server. moto evaluates no
 * alarms and no time goes by: each time the drill sleeps, the world plays what AWS does meanwhile.
 */
export class DrillWorld {
  readonly name = `reactor-${randomUUID().slice(0, 8)}`;
  readonly said: string[] = [];
  now = Date.UTC(2026, 9, 1);
  /** What goes by while the drill sleeps. */
  meanwhile: () => Promise<void> = () => this.evaluateAlarm();
  readonly #sqs: SQSClient;
  readonly #cloudwatch: CloudWatchClient;

  static async create(moto: MotoServer): Promise<DrillWorld> {
    const world = new DrillWorld(moto);
    const dead = await world.#createQueue(`${world.name}-copy-dlq`);
    const { Attributes } = await world.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
    );
    const policy = { deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: MAX_RECEIVES };
    await world.#createQueue(`${world.name}-copy`, {
      VisibilityTimeout: String(VISIBILITY_SECONDS),
      RedrivePolicy: JSON.stringify(policy),
    });
    await world.#cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName: `${world.name}-copy-dlq`,
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: `${world.name}-copy-dlq` }],
        Statistic: 'Maximum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        AlarmActions: [TOPIC],
      }),
    );
    await world.setAlarm('OK');
    return world;
  }

  private constructor(moto: MotoServer) {
    this.#sqs = new SQSClient(moto.clientConfig);
    this.#cloudwatch = new CloudWatchClient(moto.clientConfig);
  }

  get drilling(): Drilling {
    return {
      sqs: this.#sqs,
      cloudwatch: this.#cloudwatch,
      now: () => this.now,
      sleep: async (seconds) => {
        this.now += seconds * 1000;
        await this.meanwhile();
      },
      say: (line) => void this.said.push(line),
    };
  }

  async setAlarm(StateValue: 'OK' | 'ALARM'): Promise<void> {
    const AlarmName = `${this.name}-copy-dlq`;
    await this.#cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'played' }));
  }

  /** As CloudWatch does it: in alarm while the dead-letter queue has a message to show. */
  async evaluateAlarm(): Promise<void> {
    await this.setAlarm((await this.bodies('copy-dlq')).length > 0 ? 'ALARM' : 'OK');
  }

  async send(queue: 'copy' | 'copy-dlq', body: string): Promise<void> {
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: this.#url(queue), MessageBody: body }));
  }

  /** The bodies of what a queue has to show; it stays there. */
  async bodies(queue: 'copy' | 'copy-dlq'): Promise<string[]> {
    return (await this.#receive(queue, 0)).map(({ Body = '' }) => Body);
  }

  /**
   * As copy and SQS do it together: what cannot be read is moved to the dead-letter queue in the
   * end.
   */
  async giveUp(): Promise<void> {
    for (const { Body = '', ReceiptHandle } of await this.#receive('copy', VISIBILITY_SECONDS)) {
      await this.send('copy-dlq', Body);
      await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: this.#url('copy'), ReceiptHandle }));
    }
  }

  async #receive(queue: 'copy' | 'copy-dlq', VisibilityTimeout: number) {
    const { Messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({ QueueUrl: this.#url(queue), MaxNumberOfMessages: 10, VisibilityTimeout }),
    );
    return Messages;
  }

  async #createQueue(QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
    const { QueueUrl = '' } = await this.#sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    this.#urls.set(QueueName, QueueUrl);
    return QueueUrl;
  }

  readonly #urls = new Map<string, string>();

  #url(queue: 'copy' | 'copy-dlq'): string {
    return this.#urls.get(`${this.name}-${queue}`) ?? '';
  }
}

import { DEAD_LETTER_QUEUES, FUNCTIONS, inLogicalId, QUEUES } from './stackParts.ts';

/** What the YAML files say of every function and every queue, as they want it: texts and lists. */
export interface StackLists {
  /** Names with commas between them, as the status function reads them. */
  readonly queueNames: string;
  readonly deadLetterQueueNames: string;
  /** Every queue's ARN. */
  readonly queueArns: readonly object[];
  /** Items of lists in the dashboard's JSON, with commas between them. */
  readonly dashboardAlarms: string;
  readonly dashboardDeadLetters: string;
  readonly dashboardErrors: string;
  readonly dashboardThrottles: string;
}

/** `name` is what every name of the stage begins with; the alarms are all that the stack has. */
export function stackLists(name: string, alarmNames: readonly string[]): StackLists {
  const ids = [...QUEUES.map((queue) => inLogicalId(queue.name)), ...DEAD_LETTER_QUEUES.map(({ id }) => id)];
  const alarmArn = `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm`;
  const functions = (metric: string) =>
    FUNCTIONS.map((one) => metricLine('AWS/Lambda', metric, 'FunctionName', `${name}-${one.name}`, one.name));
  return {
    queueNames: QUEUES.map((queue) => `${name}-${queue.name}`).join(),
    deadLetterQueueNames: DEAD_LETTER_QUEUES.map((queue) => `${name}-${queue.name}-dlq`).join(),
    queueArns: ids.map((id) => ({ 'Fn::GetAtt': [`${id}Queue`, 'Arn'] })),
    dashboardAlarms: listed(alarmNames.map((alarm) => JSON.stringify(`${alarmArn}:${alarm}`))),
    dashboardDeadLetters: listed(
      DEAD_LETTER_QUEUES.map((queue) =>
        metricLine(
          'AWS/SQS',
          'ApproximateNumberOfMessagesVisible',
          'QueueName',
          `${name}-${queue.name}-dlq`,
          queue.name,
        ),
      ),
    ),
    dashboardErrors: listed(functions('Errors')),
    dashboardThrottles: listed(functions('Throttles')),
  };
}

function metricLine(...parts: readonly [string, string, string, string, string]): string {
  const [namespace, metric, dimension, value, label] = parts;
  return JSON.stringify([namespace, metric, dimension, value, { label }]);
}

function listed(items: readonly string[]): string {
  return items.join(',\n');
}

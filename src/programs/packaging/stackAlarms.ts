import { DEAD_LETTER_QUEUES, type EventRule, FUNCTIONS, inLogicalId, QUEUES } from './stackParts.ts';

/** An alarm as CloudFormation takes it. */
export interface Alarm {
  readonly Type: 'AWS::CloudWatch::Alarm';
  readonly Properties: AlarmProperties;
}

interface AlarmProperties {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly [name: string]: unknown;
}

interface AlarmedStage {
  /** What every name of the stage begins with. */
  readonly name: string;
  /** The SNS topics that alarms notify, as ARNs. */
  readonly topics: readonly string[];
}

/** What one alarm has of its own; the rest follows from the kind of thing that it watches. */
interface Watched {
  readonly suffix: string;
  readonly what: string;
  /** The heading in resources/RUNBOOK.md. */
  readonly runbook: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, unknown>>;
}

const DEAD_LETTERS = 'A message is in a dead-letter queue';
const TOO_OLD = 'The oldest message is too old';
const FUNCTION_FAILS = 'A function fails or is throttled';
const LOOP_STOPPED = 'Lambda has stopped a chain of messages';
const NOT_DELIVERED = 'EventBridge does not deliver';

/**
 * The alarms of all functions, queues and rules, by their logical ids. What is missing of their
 * metrics is well: a queue, function or rule that nobody uses reports nothing. Those of single
 * things are in resources/alarms.yml.
 */
export function stackAlarms(stage: AlarmedStage, rules: readonly EventRule[]): Record<string, Alarm> {
  const alarms = [
    ...DEAD_LETTER_QUEUES.map((queue) => deadLetterAlarm(stage, queue)),
    ...QUEUES.map((queue) => ageAlarm(stage, queue)),
    ...FUNCTIONS.flatMap((lambda) => functionAlarms(stage, lambda)),
    ...rules.flatMap((rule) => ruleAlarms(stage, rule)),
  ];
  return Object.fromEntries(alarms);
}

type NamedAlarm = readonly [id: string, alarm: Alarm];

function deadLetterAlarm(stage: AlarmedStage, queue: (typeof DEAD_LETTER_QUEUES)[number]): NamedAlarm {
  const { name, id, alarmId, whenFilled } = queue;
  const watched = {
    suffix: `${name}-dlq`,
    what: whenFilled,
    runbook: DEAD_LETTERS,
    metric: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: { 'Fn::GetAtt': [`${id}Queue`, 'QueueName'] } },
  };
  const rest = { Namespace: 'AWS/SQS', Statistic: 'Maximum', Period: 60, EvaluationPeriods: 1, Threshold: 0 };
  return [alarmId, alarm(stage, watched, rest)];
}

function ageAlarm(stage: AlarmedStage, { name, oldestSeconds, whenTooOld }: (typeof QUEUES)[number]): NamedAlarm {
  const watched = {
    suffix: `${name}-age`,
    what: whenTooOld,
    runbook: TOO_OLD,
    metric: 'ApproximateAgeOfOldestMessage',
    dimensions: { QueueName: { 'Fn::GetAtt': [`${inLogicalId(name)}Queue`, 'QueueName'] } },
  };
  const rest = {
    Namespace: 'AWS/SQS',
    Statistic: 'Maximum',
    Period: 300,
    EvaluationPeriods: 2,
    Threshold: oldestSeconds,
  };
  return [`${inLogicalId(name)}QueueAgeAlarm`, alarm(stage, watched, rest)];
}

function functionAlarms(stage: AlarmedStage, { name, isRare, isChained }: (typeof FUNCTIONS)[number]): NamedAlarm[] {
  const id = inLogicalId(name);
  const dimensions = { FunctionName: { Ref: `${id}LambdaFunction` } };
  // Once may be an accident, and is tried again; of what is called seldom, one is all that there is
  // to see.
  const often = { EvaluationPeriods: 3, DatapointsToAlarm: isRare ? 1 : 2 };
  const summed = { Namespace: 'AWS/Lambda', Statistic: 'Sum', Period: 300, Threshold: 0 };
  const watched = (suffix: string, metric: string, what: string, runbook = FUNCTION_FAILS): Watched => ({
    suffix: `${name}-${suffix}`,
    what: `The ${name} function ${what}`,
    runbook,
    metric,
    dimensions,
  });
  const dropped = watched(
    'loops',
    'RecursiveInvocationsDropped',
    'was not started for messages of its own.',
    LOOP_STOPPED,
  );
  return [
    [`${id}ErrorsAlarm`, alarm(stage, watched('errors', 'Errors', 'fails.'), { ...summed, ...often })],
    [`${id}ThrottlesAlarm`, alarm(stage, watched('throttles', 'Throttles', 'is throttled.'), { ...summed, ...often })],
    ...(isChained ? [[`${id}LoopsAlarm`, alarm(stage, dropped, { ...summed, EvaluationPeriods: 1 })] as const] : []),
  ];
}

/**
 * Two ends of an event that no queue will ever see: given up at once, or lost on its way to the
 * queue for such.
 */
function ruleAlarms(stage: AlarmedStage, { id, name, isCentral }: EventRule): NamedAlarm[] {
  const dimensions = {
    ...(isCentral ? { EventBusName: { 'Fn::GetAtt': ['CentralBus', 'Name'] } } : {}),
    RuleName: `${stage.name}-${name}`,
  };
  const rest = { Namespace: 'AWS/Events', Statistic: 'Sum', Period: 300, EvaluationPeriods: 1, Threshold: 0 };
  const watched = (suffix: string, metric: string, what: string): Watched => ({
    suffix: `${name}-${suffix}`,
    what,
    runbook: NOT_DELIVERED,
    metric,
    dimensions,
  });
  const failed = watched('failed', 'FailedInvocations', 'EventBridge gave up an event for the copy queue at once.');
  const lost = watched(
    'lost',
    'InvocationsFailedToBeSentToDlq',
    'EventBridge could not keep an event that it gave up.',
  );
  return [
    [`${id}FailedAlarm`, alarm(stage, failed, rest)],
    [`${id}LostAlarm`, alarm(stage, lost, rest)],
  ];
}

function alarm({ name, topics }: AlarmedStage, watched: Watched, rest: object): Alarm {
  const { suffix, what, runbook, metric, dimensions } = watched;
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${name}-${suffix}`,
      AlarmDescription: `${what} Runbook: resources/RUNBOOK.md, "${runbook}"`,
      MetricName: metric,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      ...rest,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: topics,
      OKActions: topics,
    },
  };
}

import { rulesOf } from './eventRules.ts';
import { type Rule, set, take } from './rule.ts';
import { at, listAt, type Resource, resourcesOf, type Template, targetOf } from './template.ts';

/** AWS Lambda Developer Guide, Using Lambda with Amazon SQS. */
const VISIBILITY_TIMES_TIMEOUT = 6;
const LEAST_RECEIVES = 5;
const LONGEST_RETENTION_SECONDS = 14 * 86_400;
const DEFAULT_RETENTION_SECONDS = 4 * 86_400;

const queuesOf = (template: Template) => resourcesOf(template, 'AWS::SQS::Queue');
const mappingsOf = (template: Template) => resourcesOf(template, 'AWS::Lambda::EventSourceMapping');
const isDeadLetterQueue = (queue: Resource) => at(queue, 'Properties.RedriveAllowPolicy') !== undefined;

/** The queues that functions receive from, each with its function. */
function received(template: Template): { id: string; queue: unknown; receiver: unknown; mapping: unknown }[] {
  return mappingsOf(template).map(([, mapping]) => {
    const id = targetOf(at(mapping, 'Properties.EventSourceArn')) ?? '';
    const receiver = at(template.Resources, targetOf(at(mapping, 'Properties.FunctionName')) ?? '');
    return { id, queue: at(template.Resources, id), receiver, mapping };
  });
}

function isQueue(template: Template, value: unknown): boolean {
  return at(template.Resources, `${targetOf(value)}.Type`) === 'AWS::SQS::Queue';
}

/** Whoever calls it waits for its answer, and sees that there is none. */
const ANSWERS_A_PERSON = 'StatusLambdaFunction';

export const queueRules: readonly Rule[] = [
  {
    name: 'every dead letter raises an alarm',
    violations: (template) => {
      const watched = resourcesOf(template, 'AWS::CloudWatch::Alarm')
        .filter(([, alarm]) => at(alarm, 'Properties.MetricName') === 'ApproximateNumberOfMessagesVisible')
        .filter(([, alarm]) => at(alarm, 'Properties.Threshold') === 0)
        .map(([, alarm]) => targetOf(at(alarm, 'Properties.Dimensions.0.Value')));
      return queuesOf(template)
        .filter(([id, queue]) => isDeadLetterQueue(queue) && !watched.includes(id))
        .map(([id]) => id);
    },
    breaks: [take('CopyDeadLettersAlarm'), set('UndeliveredEventsAlarm.Properties.Threshold', 10)],
  },
  {
    name: 'a batch is answered record by record',
    violations: (template) =>
      mappingsOf(template)
        .filter(
          ([, mapping]) => !listAt(mapping, 'Properties.FunctionResponseTypes').includes('ReportBatchItemFailures'),
        )
        .map(([id]) => id),
    breaks: [set('CopyEventSourceMappingSQSCopyQueue.Properties.FunctionResponseTypes', undefined)],
  },
  {
    name: 'copy takes ten messages at once, manifest and finalize one',
    violations: (template) =>
      received(template)
        .filter(({ id, mapping }) => at(mapping, 'Properties.BatchSize') !== (id === 'CopyQueue' ? 10 : 1))
        .map(({ id }) => id),
    breaks: [set('FinalizeEventSourceMappingSQSFinalizeQueue.Properties.BatchSize', 2)],
  },
  {
    name: 'a message stays hidden for six times its function’s timeout',
    violations: (template) =>
      received(template)
        .filter(({ queue, receiver }) => {
          const hidden = Number(at(queue, 'Properties.VisibilityTimeout'));
          return !(hidden >= VISIBILITY_TIMES_TIMEOUT * Number(at(receiver, 'Properties.Timeout')));
        })
        .map(({ id }) => id),
    breaks: [
      set('CopyQueue.Properties.VisibilityTimeout', 719),
      set('FinalizeQueue.Properties.VisibilityTimeout', undefined),
      set('CopyLambdaFunction.Properties.Timeout', 121),
    ],
  },
  {
    name: 'a message is received five times or more, then kept in a queue of its own kind',
    violations: (template) =>
      received(template)
        .filter(({ id, queue }) => {
          const deadLetters = targetOf(at(queue, 'Properties.RedrivePolicy.deadLetterTargetArn'));
          const kept = deadLetters !== undefined && deadLetters !== id && at(template.Resources, deadLetters);
          return !kept || !(Number(at(queue, 'Properties.RedrivePolicy.maxReceiveCount')) >= LEAST_RECEIVES);
        })
        .map(({ id }) => id),
    breaks: [
      set('CopyQueue.Properties.RedrivePolicy.maxReceiveCount', 4),
      set('CopyQueue.Properties.RedrivePolicy', undefined),
      take('FinalizeDeadLetterQueue'),
    ],
  },
  {
    name: 'a queue is a source of messages or keeps dead letters: there is no third kind',
    violations: (template) => {
      const sources = new Set(received(template).map(({ id }) => id));
      return queuesOf(template).flatMap(([id, queue]) => (sources.has(id) === isDeadLetterQueue(queue) ? [id] : []));
    },
    breaks: [
      set('UndeliveredQueue.Properties.RedriveAllowPolicy', undefined),
      take('CopyEventSourceMappingSQSCopyQueue'),
    ],
  },
  {
    name: 'a dead-letter queue takes only from the queue that names it',
    violations: (template) =>
      queuesOf(template).flatMap(([id, queue]) => {
        if (!isDeadLetterQueue(queue)) return [];
        const naming = queuesOf(template).flatMap(([, other]) => {
          const named = targetOf(at(other, 'Properties.RedrivePolicy.deadLetterTargetArn')) === id;
          return named ? [`:${at(other, 'Properties.QueueName')}`] : [];
        });
        const allowed = listAt(queue, 'Properties.RedriveAllowPolicy.sourceQueueArns');
        const right =
          allowed.length === naming.length &&
          naming.every((name, index) => String(at(allowed[index], 'Fn::Sub')).endsWith(name)) &&
          at(queue, 'Properties.RedriveAllowPolicy.redrivePermission') === (naming.length > 0 ? 'byQueue' : 'denyAll');
        return right ? [] : [id];
      }),
    breaks: [
      set('CopyDeadLetterQueue.Properties.RedriveAllowPolicy.redrivePermission', 'allowAll'),
      set('CopyQueue.Properties.QueueName', 'another-name'),
      set('UndeliveredQueue.Properties.RedriveAllowPolicy.redrivePermission', 'allowAll'),
    ],
  },
  {
    name: 'dead letters are kept for fourteen days, which is longer than what they were before',
    violations: (template) =>
      queuesOf(template).flatMap(([id, queue]) => {
        const seconds = Number(at(queue, 'Properties.MessageRetentionPeriod') ?? DEFAULT_RETENTION_SECONDS);
        const right = isDeadLetterQueue(queue)
          ? seconds === LONGEST_RETENTION_SECONDS
          : seconds < LONGEST_RETENTION_SECONDS;
        return right ? [] : [id];
      }),
    breaks: [
      set('FinalizeDeadLetterQueue.Properties.MessageRetentionPeriod', undefined),
      set('CopyQueue.Properties.MessageRetentionPeriod', LONGEST_RETENTION_SECONDS),
    ],
  },
  {
    name: 'queues are standard: a message on a FIFO queue has no delay of its own',
    violations: (template) =>
      queuesOf(template).flatMap(([id, queue]) => (at(queue, 'Properties.FifoQueue') === undefined ? [] : [id])),
    breaks: [set('FinalizeQueue.Properties.FifoQueue', true)],
  },
  {
    name: 'queues are encrypted',
    violations: (template) =>
      queuesOf(template).flatMap(([id, { Properties }]) =>
        Properties.SqsManagedSseEnabled === true || Properties.KmsMasterKeyId !== undefined ? [] : [id],
      ),
    breaks: [set('FailedInvocationsQueue.Properties.SqsManagedSseEnabled', false)],
  },
  {
    name: 'concurrency is limited where messages are received, and reserved nowhere',
    violations: (template) => [
      ...mappingsOf(template)
        .filter(([, mapping]) => !(Number(at(mapping, 'Properties.ScalingConfig.MaximumConcurrency')) >= 2))
        .map(([id]) => id),
      ...resourcesOf(template, 'AWS::Lambda::Function')
        .filter(([, lambda]) => at(lambda, 'Properties.ReservedConcurrentExecutions') !== undefined)
        .map(([id]) => id),
    ],
    breaks: [
      set('CopyEventSourceMappingSQSCopyQueue.Properties.ScalingConfig', undefined),
      set('FinalizeLambdaFunction.Properties.ReservedConcurrentExecutions', 1),
    ],
  },
  {
    name: 'whatever a rule or a schedule cannot deliver is tried again, then kept',
    violations: (template) => {
      const targets = [
        ...rulesOf(template).flatMap(([id, rule]) =>
          listAt(rule, 'Properties.Targets').map((target) => ({ id, target })),
        ),
        ...resourcesOf(template, 'AWS::Scheduler::Schedule').map(([id, schedule]) => ({
          id,
          target: at(schedule, 'Properties.Target'),
        })),
      ];
      return targets
        .filter(({ target }) => {
          const retries = Number(at(target, 'RetryPolicy.MaximumRetryAttempts'));
          return !isQueue(template, at(target, 'DeadLetterConfig.Arn')) || !(retries >= 1);
        })
        .map(({ id }) => id);
    },
    breaks: [
      set('CentralRule.Properties.Targets.0.DeadLetterConfig', undefined),
      set('OwnBucketsRule1.Properties.Targets.0.DeadLetterConfig', undefined),
      set('SweepSchedule.Properties.Target.DeadLetterConfig', undefined),
      set('ReconcileSchedule.Properties.Target.RetryPolicy', undefined),
      take('UndeliveredQueue'),
    ],
  },
  {
    name: 'a function that is not fed by a queue, or not by a queue alone, keeps what failed, after few retries',
    violations: (template) => {
      const fed = new Set(mappingsOf(template).map(([, mapping]) => targetOf(at(mapping, 'Properties.FunctionName'))));
      const kept = new Set(
        resourcesOf(template, 'AWS::Lambda::EventInvokeConfig')
          .filter(([, config]) => {
            const retries = at(config, 'Properties.MaximumRetryAttempts');
            const isKept = isQueue(template, at(config, 'Properties.DestinationConfig.OnFailure.Destination'));
            return isKept && typeof retries === 'number' && retries <= 1;
          })
          .map(([, config]) => targetOf(at(config, 'Properties.FunctionName'))),
      );
      const scheduled = new Set(
        resourcesOf(template, 'AWS::Scheduler::Schedule').map(([, schedule]) =>
          targetOf(at(schedule, 'Properties.Target.Arn')),
        ),
      );
      return resourcesOf(template, 'AWS::Lambda::Function').flatMap(([id]) =>
        (fed.has(id) && !scheduled.has(id)) || kept.has(id) || id === ANSWERS_A_PERSON ? [] : [id],
      );
    },
    breaks: [
      take('ReconcileLambdaEvConf'),
      set('SweepLambdaEvConf.Properties.DestinationConfig', {}),
      set('SweepLambdaEvConf.Properties.MaximumRetryAttempts', undefined),
    ],
  },
  {
    name: 'schedules give an empty input, not an event',
    violations: (template) => {
      const schedules = resourcesOf(template, 'AWS::Scheduler::Schedule');
      if (schedules.length !== 2) return ['there must be one for reconcile and one for sweep'];
      return schedules.flatMap(([id, schedule]) => (at(schedule, 'Properties.Target.Input') === '{}' ? [] : [id]));
    },
    breaks: [set('ReconcileSchedule.Properties.Target.Input', undefined), take('SweepSchedule')],
  },
];

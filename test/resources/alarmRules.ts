import { readFileSync } from 'node:fs';
import { environmentOf } from './functionRules.ts';
import { neverSent } from './metricUse.ts';
import { type Rule, set, take } from './rule.ts';
import { at, listAt, type Resource, resourcesOf, type Template, targetOf } from './template.ts';

const RUNBOOK = readFileSync(new URL('../../resources/RUNBOOK.md', import.meta.url), 'utf8');
/** Shorter and it says nothing that helps at three in the morning. */
const MIN_RUNBOOK_CHARACTERS = 300;

const alarmsOf = (template: Template) => resourcesOf(template, 'AWS::CloudWatch::Alarm');

/** The text below a heading of the runbook; undefined when there is no such heading. */
function runbookText(heading: string): string | undefined {
  return RUNBOOK.split('\n## ').find((part) => part.startsWith(`${heading}\n`));
}

/** The dimensions of an alarm, with the names of the resources that it refers to. */
function dimensionsOf({ Resources }: Template, alarm: Resource): Record<string, string> {
  const entries = listAt(alarm, 'Properties.Dimensions').map((dimension) => {
    const value = at(dimension, 'Value');
    const target = Resources[targetOf(value) ?? '']?.Properties;
    const named = target?.QueueName ?? target?.FunctionName ?? target?.TableName ?? target?.Name;
    return [String(at(dimension, 'Name')), String(named ?? value)];
  });
  return Object.fromEntries(entries);
}

/** What distinguishes an alarm from the others: its metric and dimensions. */
function subjectOf(template: Template, alarm: Resource): string {
  const { stage: _, ...whose } = dimensionsOf(template, alarm);
  return [alarm.Properties.MetricName, ...Object.values(whose)].join(' ');
}

/** The functions that Lambda lets call themselves through a queue. */
function chainedFunctions(template: Template): string[] {
  return resourcesOf(template, 'AWS::Lambda::Function').flatMap(([, { Properties }]) =>
    Properties.RecursiveLoop === 'Allow' ? [String(Properties.FunctionName)] : [],
  );
}

/** The name of a rule's bus; nothing for the account's default bus. */
function busOf({ Resources }: Template, rule: Resource): string[] {
  const bus = targetOf(at(rule, 'Properties.EventBusName'));
  return bus === undefined ? [] : [String(at(Resources, `${bus}.Properties.Name`))];
}

const COUNTED_IN_OUR_CODE = ['VerificationsFailed', 'RegistrationsFailed', 'AnalyticsFailedAgain', 'ChecksFailed'];
const MISSING_DATA: Readonly<Record<string, string>> = {
  // The sweep sends it every five minutes.
  StalestPayerHours: 'breaching',
  NotVisibleHours: 'ignore',
  QuarantinedFiles: 'ignore',
  OutboxDepth: 'ignore',
};

export const alarmRules: readonly Rule[] = [
  {
    name: 'every alarm names a heading of the runbook that has something to say',
    violations: (template) =>
      alarmsOf(template).flatMap(([id, { Properties }]) => {
        const heading = /Runbook: resources\/RUNBOOK\.md, "(.+)"$/.exec(String(Properties.AlarmDescription))?.[1];
        return (runbookText(heading ?? '-')?.length ?? 0) < MIN_RUNBOOK_CHARACTERS ? [`${id}: ${heading}`] : [];
      }),
    breaks: [
      set('OutboxAlarm.Properties.AlarmDescription', 'Help!'),
      set('OutboxAlarm.Properties.AlarmDescription', 'Messages wait. Runbook: resources/RUNBOOK.md, "No such heading"'),
    ],
  },
  {
    name: 'every alarm looks at a metric that is sent, under exactly the dimensions that it is sent by',
    violations: (template) =>
      alarmsOf(template).flatMap(([id, alarm]) => {
        const { Namespace, MetricName } = alarm.Properties;
        const dimensions = dimensionsOf(template, alarm);
        const wrong = neverSent(template, { namespace: String(Namespace), name: String(MetricName), dimensions });
        return wrong ? [`${id}: ${wrong}`] : [];
      }),
    breaks: [
      set('OutboxAlarm.Properties.MetricName', 'OutboxLength'),
      set('OutboxAlarm.Properties.Namespace', 'reactor'),
      set('OutboxAlarm.Properties.Dimensions', []),
      set('OutboxAlarm.Properties.Dimensions.0.Value', 'another-stage'),
      set('StalePayerAlarm.Properties.MetricName', 'FreshnessHours'),
      set('CopyQueueAgeAlarm.Properties.Dimensions.0.Value', 'another-queue'),
      set('CopyErrorsAlarm.Properties.MetricName', 'Error'),
      set('LedgerReadThrottlesAlarm.Properties.MetricName', 'ThrottledRequests'),
      set('CentralRuleLostAlarm.Properties.Dimensions.0', { Name: 'RuleName', Value: 'cur-reactor-dev-events' }),
      set('CentralRule.Properties.Name', 'another-name'),
    ],
  },
  {
    name: 'an alarm notifies the same topics when it is raised and when it clears',
    violations: (template) =>
      alarmsOf(template).flatMap(([id, { Properties }]) => {
        const { AlarmActions, OKActions } = Properties;
        return Array.isArray(AlarmActions) && JSON.stringify(AlarmActions) === JSON.stringify(OKActions) ? [] : [id];
      }),
    breaks: [set('CopyErrorsAlarm.Properties.OKActions', undefined), set('OutboxAlarm.Properties.AlarmActions', ['x'])],
  },
  {
    name: 'what a gap in its metric means is decided for each alarm',
    violations: (template) =>
      alarmsOf(template).flatMap(([id, { Properties }]) => {
        const expected = MISSING_DATA[String(Properties.MetricName)] ?? 'notBreaching';
        return Properties.TreatMissingData === expected ? [] : [id];
      }),
    breaks: [
      set('StalePayerAlarm.Properties.TreatMissingData', 'notBreaching'),
      set('CopyThrottlesAlarm.Properties.TreatMissingData', undefined),
    ],
  },
  {
    name: 'there is an alarm for everything that somebody has to look at, and no two for the same',
    violations: (template) => {
      const nameOf = ({ Properties }: Resource) => Properties.FunctionName ?? Properties.QueueName;
      const queues = resourcesOf(template, 'AWS::SQS::Queue').map(([, queue]) => String(nameOf(queue)));
      const functions = resourcesOf(template, 'AWS::Lambda::Function').map(([, lambda]) => String(nameOf(lambda)));
      const isDeadLetters = (name: string) => name.endsWith('-dlq');
      const expected = [
        ...queues.filter(isDeadLetters).map((name) => `ApproximateNumberOfMessagesVisible ${name}`),
        ...queues.filter((name) => !isDeadLetters(name)).map((name) => `ApproximateAgeOfOldestMessage ${name}`),
        ...functions.flatMap((name) => [`Errors ${name}`, `Throttles ${name}`]),
        ...chainedFunctions(template).map((name) => `RecursiveInvocationsDropped ${name}`),
        ...resourcesOf(template, 'AWS::Events::Rule').flatMap(([, rule]) =>
          ['FailedInvocations', 'InvocationsFailedToBeSentToDlq'].map((metric) =>
            [metric, ...busOf(template, rule), rule.Properties.Name].join(' '),
          ),
        ),
        ...resourcesOf(template, 'AWS::DynamoDB::Table').flatMap(([, { Properties }]) =>
          ['ReadThrottleEvents', 'WriteThrottleEvents'].map((metric) => `${metric} ${Properties.TableName}`),
        ),
        ...Object.keys(MISSING_DATA),
        ...COUNTED_IN_OUR_CODE,
        'ConfigurationFallbacks',
        'PayersOverLimit',
      ].toSorted();
      const subjects = alarmsOf(template).map(([, alarm]) => subjectOf(template, alarm));
      const found = subjects.toSorted();
      return JSON.stringify(found) === JSON.stringify(expected) ? [] : found;
    },
    breaks: [
      take('StatusErrorsAlarm'),
      take('FinalizeQueueAgeAlarm'),
      take('FinalizeLoopsAlarm'),
      take('OwnBucketsRule1LostAlarm'),
      take('CentralRuleFailedAlarm'),
      take('LedgerWriteThrottlesAlarm'),
      set('OutboxAlarm.Properties.MetricName', 'X'),
      set('LedgerReadThrottlesAlarm.Properties.MetricName', 'WriteThrottleEvents'),
    ],
  },
  {
    name: 'an alarm of what is tried again lasts from one attempt to the next',
    violations: (template) => {
      const { RETRY_MAX_SECONDS } = environmentOf(template.Resources.FinalizeLambdaFunction);
      return alarmsOf(template).flatMap(([id, { Properties }]) => {
        const { MetricName, Period, EvaluationPeriods } = Properties;
        const seconds = Number(Period) * Number(EvaluationPeriods);
        const isTriedAgain = COUNTED_IN_OUR_CODE.includes(String(MetricName));
        return isTriedAgain && seconds <= Number(RETRY_MAX_SECONDS) ? [id] : [];
      });
    },
    breaks: [
      set('VerificationFailedAlarm.Properties.EvaluationPeriods', 12),
      set('AnalyticsFailedAlarm.Properties.Period', 60),
    ],
  },
  {
    name: 'a tick that fails once is no old message yet',
    violations: ({ Resources }) => {
      const threshold = Number(at(Resources, 'FinalizeQueueAgeAlarm.Properties.Threshold'));
      return threshold > Number(at(Resources, 'FinalizeQueue.Properties.VisibilityTimeout')) ? [] : ['FinalizeQueue'];
    },
    breaks: [set('FinalizeQueueAgeAlarm.Properties.Threshold', 1800)],
  },
];

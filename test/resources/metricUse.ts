import { METRICS, type MetricName, SERIES } from '../../src/telemetry/metricCatalogue.ts';
import { environmentOf } from './functionRules.ts';
import { at, resourcesOf, type Template, targetOf } from './template.ts';

/**
 * One metric as an alarm or a dashboard names it. Values of dimensions are names, once references
 * are resolved.
 */
export interface MetricUse {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/**
 * What AWS sends by itself: Amazon SQS Developer Guide, Available CloudWatch metrics; Lambda
 * Developer Guide, Types of metrics; DynamoDB Developer Guide, Metrics and dimensions; EventBridge
 * User Guide, Monitoring.
 */
const OF_AWS = {
  'AWS/SQS': {
    dimensions: ['QueueName'],
    names: ['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage', 'NumberOfMessagesSent'],
  },
  'AWS/Lambda': { dimensions: ['FunctionName'], names: ['Errors', 'Throttles', 'RecursiveInvocationsDropped'] },
  'AWS/DynamoDB': { dimensions: ['TableName'], names: ['ReadThrottleEvents', 'WriteThrottleEvents'] },
  'AWS/Events': { dimensions: ['RuleName'], names: ['FailedInvocations', 'InvocationsFailedToBeSentToDlq'] },
} as const;

const isOfAws = (namespace: string): namespace is keyof typeof OF_AWS => namespace in OF_AWS;
const isOurs = (name: string): name is MetricName => name in METRICS;

/** Why nobody sends such a metric; undefined when somebody does. */
export function neverSent(template: Template, { namespace, name, dimensions }: MetricUse): string | undefined {
  const said = `${namespace} ${name} ${JSON.stringify(dimensions)}`;
  if (isOfAws(namespace)) {
    const { dimensions: named, names } = OF_AWS[namespace];
    const isNamed = names.some((one) => one === name);
    if (namespace === 'AWS/Events') return isNamed && isOfRule(template, dimensions) ? undefined : said;
    const known = isNamed && Object.keys(dimensions).join() === named.join();
    return known && Object.values(dimensions).every((value) => namesOf(template).has(value)) ? undefined : said;
  }
  const { POWERTOOLS_METRICS_NAMESPACE, STAGE } = environmentOf(template.Resources.CopyLambdaFunction);
  if (namespace !== POWERTOOLS_METRICS_NAMESPACE || !isOurs(name)) return said;
  const used = Object.keys(dimensions).toSorted().join();
  const isSent = METRICS[name].series.some((series) => SERIES[series].toSorted().join() === used);
  return isSent && dimensions.stage === STAGE ? undefined : said;
}

function namesOf({ Resources }: Template): ReadonlySet<unknown> {
  return new Set(
    Object.values(Resources).flatMap(({ Properties: { QueueName, FunctionName, TableName } }) => [
      QueueName,
      FunctionName,
      TableName,
    ]),
  );
}

/** A rule on a bus of its own is named with it; one on the default bus is not. */
function isOfRule(template: Template, dimensions: Readonly<Record<string, string>>): boolean {
  return resourcesOf(template, 'AWS::Events::Rule').some(([, { Properties }]) => {
    const bus = targetOf(Properties.EventBusName);
    const names = { EventBusName: bus && at(template.Resources, `${bus}.Properties.Name`), RuleName: Properties.Name };
    return (
      JSON.stringify(names) === JSON.stringify({ EventBusName: dimensions.EventBusName, RuleName: dimensions.RuleName })
    );
  });
}

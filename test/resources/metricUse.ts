import { METRICS, type MetricName, SERIES } from '../../src/telemetry/metricCatalogue.ts';
import { environmentOf } from './functionRules.ts';
import type { Template } from './template.ts';

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
 * Developer Guide, Types of metrics.
 */
const OF_AWS = {
  'AWS/SQS': {
    dimension: 'QueueName',
    names: ['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage', 'NumberOfMessagesSent'],
  },
  'AWS/Lambda': { dimension: 'FunctionName', names: ['Errors', 'Throttles'] },
} as const;

const isOfAws = (namespace: string): namespace is keyof typeof OF_AWS => namespace in OF_AWS;
const isOurs = (name: string): name is MetricName => name in METRICS;

/** Why nobody sends such a metric; undefined when somebody does. */
export function neverSent(template: Template, { namespace, name, dimensions }: MetricUse): string | undefined {
  const said = `${namespace} ${name} ${JSON.stringify(dimensions)}`;
  if (isOfAws(namespace)) {
    const { dimension, names } = OF_AWS[namespace];
    const value = dimensions[dimension];
    const known = names.some((one) => one === name) && Object.keys(dimensions).length === 1;
    return known && value !== undefined && namesOf(template).has(value) ? undefined : said;
  }
  const { POWERTOOLS_METRICS_NAMESPACE, STAGE } = environmentOf(template.Resources.CopyLambdaFunction);
  if (namespace !== POWERTOOLS_METRICS_NAMESPACE || !isOurs(name)) return said;
  const used = Object.keys(dimensions).toSorted().join();
  const isSent = METRICS[name].series.some((series) => SERIES[series].toSorted().join() === used);
  return isSent && dimensions.stage === STAGE ? undefined : said;
}

function namesOf({ Resources }: Template): ReadonlySet<unknown> {
  return new Set(Object.values(Resources).flatMap(({ Properties }) => [Properties.QueueName, Properties.FunctionName]));
}

import { everyEvent } from '../telemetry/everyEvent.ts';
import { type MetricUse, neverSent } from './metricUse.ts';
import { type Rule, set, take } from './rule.ts';
import { at, listAt, resourcesOf, type Template } from './template.ts';

/** CloudWatch's grid (CloudWatch API Reference, Dashboard body structure and syntax). */
const GRID_WIDTH = 24;
/** The way of a delivery: each of these has to be seen. */
const WAY = [
  'NumberOfMessagesSent',
  'ApproximateAgeOfOldestMessage',
  'ApproximateNumberOfMessagesVisible',
  'FilesStaged',
  'BytesStaged',
  'StagingLag',
  'QuarantinedFiles',
  'DirtyPartitions',
  'StepSeconds',
  'RowsVerified',
  'DeliveryLag',
  'AnalyticsDone',
  'Findings',
  'OutboxDepth',
  'FreshnessHours',
  'Errors',
  'Throttles',
];

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: unknown;
}

const bodyPath = 'Dashboard.Properties.DashboardBody.Fn::Sub';
const textOf = ({ Resources }: Template) => String(at(Resources, bodyPath));

/**
 * The dashboard's widgets, with CloudFormation's pseudo parameters filled in. Throws when the body
 * is no JSON.
 */
function widgetsOf(template: Template): Widget[] {
  const body = textOf(template).replaceAll(/\$\{AWS::(\w+)\}/g, '$1');
  const parsed: { readonly widgets: Widget[] } = JSON.parse(body);
  return parsed.widgets;
}

function usesOf(widgets: readonly Widget[]): MetricUse[] {
  return widgets.flatMap(({ properties }) => listAt(properties, 'metrics').flatMap((metric) => useOf(metric)));
}

/**
 * A metric is a list: namespace, name, each dimension and its value, and how it is drawn. Or a
 * search for many.
 */
function useOf(metric: unknown): MetricUse[] {
  const parts: unknown[] = Array.isArray(metric) ? metric : [];
  const expression = at(parts[0], 'expression');
  if (expression !== undefined) return [searchedFor(String(expression))];
  const [namespace, name, ...rest] = parts.filter((part) => typeof part === 'string');
  const pairs = rest.flatMap((part, index) => (index % 2 === 0 ? [[part, rest[index + 1] ?? '']] : []));
  return [{ namespace: String(namespace), name: String(name), dimensions: Object.fromEntries(pairs) }];
}

/** CloudWatch User Guide, Use search expressions in graphs. */
function searchedFor(expression: string): MetricUse {
  const found = /^SEARCH\('\{"([^"]+)",payer,stage\} MetricName="(\w+)" stage="([^"]+)"', '\w+', \d+\)$/.exec(
    expression,
  );
  const [, namespace = '', name = '', stage = ''] = found ?? [];
  return { namespace, name, dimensions: { payer: 'each', stage } };
}

function overlap(a: Widget, b: Widget): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Changes the body's text, everywhere. */
function rewriteAll(from: string, to: string): (template: Template) => void {
  return (template) => {
    const text = textOf(template);
    if (!text.includes(from)) throw new Error(`the dashboard has no ${from}`);
    set(bodyPath, text.replaceAll(from, to))(template);
  };
}

export const dashboardRules: readonly Rule[] = [
  {
    name: 'the dashboard shows metrics that are sent, under the dimensions that they are sent by',
    violations: (template) => usesOf(widgetsOf(template)).flatMap((use) => neverSent(template, use) ?? []),
    breaks: [
      rewriteAll('"FilesStaged", "stage"', '"FilesStaged", "Stage"'),
      rewriteAll('"BytesStaged"', '"BytesCopied"'),
      rewriteAll('MetricName=\\"FreshnessHours\\"', 'MetricName=\\"StalestPayerHours\\"'),
      rewriteAll('"NumberOfMessagesSent"', '"NumberOfMessagesLost"'),
    ],
  },
  {
    name: 'the dashboard shows a delivery’s way from event to finalized',
    violations: (template) => {
      const shown = new Set(usesOf(widgetsOf(template)).map(({ name }) => name));
      return WAY.filter((name) => !shown.has(name));
    },
    breaks: [rewriteAll('"DeliveryLag"', '"StagingLag"'), rewriteAll('\\"FreshnessHours', '\\"EstimatedSaving')],
  },
  {
    name: 'the dashboard asks logs of functions that there are, for events that they write',
    violations: (template) => {
      const queries = widgetsOf(template).flatMap(({ type, properties }) =>
        type === 'log' ? [String(at(properties, 'query'))] : [],
      );
      const groups = resourcesOf(template, 'AWS::Logs::LogGroup').map(([, { Properties }]) => Properties.LogGroupName);
      const wrong = queries.filter((query) => {
        const [, group = '', what = ''] = /^SOURCE '([^']+)' \| filter message = '([^']+)'/.exec(query) ?? [];
        return !groups.includes(group) || !everyEvent.some((event) => event.what === what);
      });
      return queries.length === 0 ? ['there is none'] : wrong;
    },
    breaks: [rewriteAll('partition-finalized', 'partition-final'), rewriteAll("dev-finalize'", "dev-final'")],
  },
  {
    name: 'the dashboard shows every alarm',
    violations: (template) => {
      const shown = widgetsOf(template).flatMap(({ properties }) => listAt(properties, 'alarms'));
      const expected = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(
        ([, { Properties }]) => `arn:Partition:cloudwatch:Region:AccountId:alarm:${Properties.AlarmName}`,
      );
      return JSON.stringify(shown.toSorted()) === JSON.stringify(expected.toSorted()) ? [] : ['not the same'];
    },
    breaks: [take('OutboxAlarm'), set('OutboxAlarm.Properties.AlarmName', 'another')],
  },
  {
    name: 'the dashboard’s widgets lie on the grid, and none on another',
    violations: (template) => {
      const widgets = widgetsOf(template);
      const outside = widgets.filter(({ x, width }) => x < 0 || x + width > GRID_WIDTH);
      const covered = widgets.filter((widget, index) =>
        widgets.slice(index + 1).some((other) => overlap(widget, other)),
      );
      return [...outside, ...covered].map(({ type, x, y }) => `${type} at ${x}, ${y}`);
    },
    breaks: [rewriteAll('"x": 18', '"x": 19'), rewriteAll('"y": 5', '"y": 4')],
  },
];

import { add, type Rule, set, take } from './rule.ts';
import { at, listAt, resourceStatements, resourcesOf, type Template, targetOf } from './template.ts';

/** What comes to which queue. */
const KEYS: Readonly<Record<string, string>> = { CopyQueue: '*.parquet', ManifestQueue: '*-Manifest.json' };

export const rulesOf = (template: Template) => resourcesOf(template, 'AWS::Events::Rule');

export const eventRules: readonly Rule[] = [
  {
    name: 'rules let new reports and manifests through, whatever wrote them, each straight to its queue',
    violations: (template) =>
      rulesOf(template).flatMap(([id, rule]) => {
        const bucket = at(rule, 'Properties.EventPattern.detail.bucket');
        const wildcard = KEYS[targetOf(at(rule, 'Properties.Targets.0.Arn')) ?? ''];
        const pattern = {
          source: ['aws.s3'],
          'detail-type': ['Object Created'],
          detail: { ...(bucket === undefined ? {} : { bucket }), object: { key: [{ wildcard }] } },
        };
        // On the default bus lie the events of all this account's buckets.
        const named = bucket !== undefined || targetOf(at(rule, 'Properties.EventBusName')) === 'CentralBus';
        return named && wildcard && sameJson(at(rule, 'Properties.EventPattern'), pattern) ? [] : [id];
      }),
    breaks: [
      set('CentralRule.Properties.EventPattern.detail.reason', ['PutObject']),
      set('CentralRule.Properties.EventPattern.detail.object.key', [{ wildcard: '*-Manifest.json' }]),
      set('CentralManifestRule.Properties.Targets.0.Arn.Fn::GetAtt.0', 'CopyQueue'),
      set('CentralRule.Properties.EventBusName', undefined),
      set('OwnBucketsRule1.Properties.EventPattern.detail.bucket', undefined),
    ],
  },
  {
    name: 'each file and manifest comes to its queue: there is a rule for both on each bus',
    violations: (template) => {
      const queuesOn = (isCentral: boolean) =>
        rulesOf(template)
          .filter(([, rule]) => (at(rule, 'Properties.EventBusName') !== undefined) === isCentral)
          .map(([, rule]) => targetOf(at(rule, 'Properties.Targets.0.Arn')));
      const lacks = (isCentral: boolean) => Object.keys(KEYS).some((queue) => !queuesOn(isCentral).includes(queue));
      return [
        ...(lacks(true) ? ['CentralBus'] : []),
        ...(lacks(false) && queuesOn(false).length > 0 ? ['default'] : []),
      ];
    },
    breaks: [take('CentralManifestRule'), take('OwnManifestsRule1')],
  },
  {
    name: 'events of one bucket owner are a message group: a backlog of one payer does not starve the others',
    violations: (template) =>
      rulesOf(template).flatMap(([id, rule]) =>
        at(rule, 'Properties.Targets.0.SqsParameters.MessageGroupId') === '$.account' ? [] : [id],
      ),
    breaks: [
      set('CentralRule.Properties.Targets.0.SqsParameters', undefined),
      set('OwnManifestsRule1.Properties.Targets.0.SqsParameters.MessageGroupId', 'all'),
    ],
  },
  {
    name: 'the copy and the manifest queue take events of these rules and of no others',
    violations: (template) => {
      const rules = rulesOf(template).map(([id]) => id);
      return ['CopyQueue', 'ManifestQueue', 'UndeliveredQueue'].filter((queue) => {
        const allowing = resourceStatements(template)
          .filter(({ where, statement }) => where === queue && at(statement, 'Effect') === 'Allow')
          .map(({ statement }) => statement);
        const named = allowing.flatMap((statement) =>
          listAt(statement, 'Condition.ArnEquals.aws:SourceArn').map(targetOf),
        );
        const service = at(allowing[0], 'Principal.Service') === 'events.amazonaws.com';
        return allowing.length !== 1 || !service || !sameJson(named.toSorted(), rules.toSorted());
      });
    },
    breaks: [
      set('CopyQueuePolicy.Properties.PolicyDocument.Statement.0.Condition', undefined),
      set('UndeliveredQueuePolicy.Properties.PolicyDocument.Statement.0.Principal', '*'),
      add('AnotherRule', { Type: 'AWS::Events::Rule', Properties: {} }),
    ],
  },
];

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

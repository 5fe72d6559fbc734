import { parse } from 'yaml';
import { quoteValue } from '../../base/printable.ts';
import type { PayerSource } from '../../billing/source.ts';
import { PayersInvalid, parsePayers } from '../../config/payers.ts';
import { isMadeUp, isMadeUpAccount } from './madeUp.ts';
import { type PayerResources, payerResources } from './payerResources.ts';
import { type Alarm, stackAlarms } from './stackAlarms.ts';
import { type StackLists, stackLists } from './stackLists.ts';
import { stageNameProblems } from './stageNames.ts';
import { parseStageParams, type StageParams } from './stageParams.ts';

/** A stage that is to be packaged, as the framework has resolved it. */
export interface StageInput {
  readonly service: string;
  readonly stage: string;
  readonly params: Readonly<Record<string, unknown>>;
  /**
   * The payers file; an Error where it could not be read, and undefined where no param says which
   * it is.
   */
  readonly payersText: string | Error | undefined;
}

/**
 * What of the stack follows from who the payers are, and from which functions, queues and rules
 * there are.
 */
type MadeParts = PayerResources & StackLists & { readonly alarms: Readonly<Record<string, Alarm>> };

/**
 * A stage found right, with the parts of its stack that are made; or everything that is wrong with
 * it.
 */
type CheckedStage =
  | {
      readonly is: 'right';
      readonly params: StageParams;
      readonly parts: MadeParts;
      /**
       * A sentence for each value that is still this project's example: nothing can be deployed
       * with these.
       */
      readonly madeUp: readonly string[];
    }
  | { readonly is: 'wrong'; readonly message: string };

/**
 * Checks a stage's name, its params and its payers file, all of it in one go. The message of a
 * wrong one is a list.
 */
export function checkStage({ service, stage, params: given, payersText }: StageInput): CheckedStage {
  const { wrong, ...parsed } = parseStageParams(given);
  const settings = [...stageNameProblems(service, stage), ...wrong];
  const payers = readPayers(payersText);
  const path = typeof given.payersFile === 'string' ? given.payersFile : 'the payers file';
  if (settings.length > 0 || !('params' in parsed) || payers.is === 'wrong') {
    return wrongStage(stage, [
      { where: 'serverless.yml, params', problems: settings },
      { where: path, problems: payers.is === 'wrong' ? payers.problems : [] },
    ]);
  }
  const { params } = parsed;
  try {
    const name = `${service}-${stage}`;
    const made = payerResources({ sources: payers.sources }, params, name);
    const alarms = stackAlarms({ name, topics: params.alarmTopics }, made.rules);
    const lists = stackLists(
      name,
      Object.values(alarms).map(({ Properties }) => Properties.AlarmName),
    );
    return { is: 'right', params, parts: { ...made, ...lists, alarms }, madeUp: madeUpValues(params, payers.sources) };
  } catch (error) {
    return wrongStage(stage, [{ where: path, problems: [messageOf(error)] }]);
  }
}

type ReadPayers =
  | { readonly is: 'right'; readonly sources: readonly PayerSource[] }
  | { readonly is: 'wrong'; readonly problems: readonly string[] };

function readPayers(payersText: StageInput['payersText']): ReadPayers {
  if (payersText === undefined) return { is: 'wrong', problems: [] };
  if (typeof payersText !== 'string') return { is: 'wrong', problems: [payersText.message] };
  try {
    return { is: 'right', ...parsePayers(parse(payersText)) };
  } catch (error) {
    return { is: 'wrong', problems: error instanceof PayersInvalid ? error.problems : [messageOf(error)] };
  }
}

/** Its first line: YAML's errors go on with a drawing of the place, which the line has named. */
function messageOf(error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return first.replace(/:$/, '');
}

function wrongStage(
  stage: string,
  parts: readonly { readonly where: string; readonly problems: readonly string[] }[],
): CheckedStage {
  const count = parts.reduce((sum, { problems }) => sum + problems.length, 0);
  const what = count === 1 ? '1 thing is wrong' : `${count} things are wrong`;
  const lists = parts.flatMap(({ where, problems }) =>
    problems.length === 0 ? [] : [`  ${where}`, ...problems.map((problem) => `    - ${problem}`)],
  );
  return { is: 'wrong', message: [`stage ${quoteValue(stage)} cannot be packaged, ${what}:`, ...lists].join('\n') };
}

function madeUpValues(
  { stagingBucket, payersFile }: { readonly stagingBucket: string; readonly payersFile: string },
  sources: readonly PayerSource[],
): string[] {
  const bucket = isMadeUp(stagingBucket) ? [`serverless.yml: stagingBucket is ${quoteValue(stagingBucket)}`] : [];
  const payers = sources.flatMap((source) => {
    const { payer, bucketOwner, bucket: name } = source;
    return [
      ...(isMadeUp(name) ? [`the bucket of payer ${payer} is ${quoteValue(name)}`] : []),
      ...(isMadeUpAccount(payer) ? [`payer ${payer} is an account of AWS's documentation`] : []),
      ...(isMadeUpAccount(bucketOwner) && bucketOwner !== payer
        ? [`the bucket of payer ${payer} belongs to ${bucketOwner}, an account of AWS's documentation`]
        : []),
    ];
  });
  return [...bucket, ...new Set(payers.map((sentence) => `${payersFile}: ${sentence}`))];
}

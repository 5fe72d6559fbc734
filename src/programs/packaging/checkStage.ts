import { parse } from 'yaml';
import { quoteValue } from '../../base/printable.ts';
import type { PayerSource } from '../../billing/source.ts';
import { PayersInvalid, parsePayers } from '../../config/payers.ts';
import { type PayerResources, payerResources } from './payerResources.ts';
import { stageNameProblems } from './stageNames.ts';
import { isMadeUp, parseStageParams } from './stageParams.ts';

/** A stage that is to be packaged, as the framework has resolved it. */
export interface StageInput {
  readonly service: string;
  readonly stage: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The payers file; an Error where it could not be read, and undefined where no param says which it is. */
  readonly payersText: string | Error | undefined;
}

/** A stage found right, with what of the stack follows from its payers; or everything that is wrong with it. */
type CheckedStage =
  | {
      readonly is: 'right';
      readonly resources: PayerResources;
      /** A sentence for each value that is still this project's example: nothing can be deployed with these. */
      readonly madeUp: readonly string[];
    }
  | { readonly is: 'wrong'; readonly message: string };

/** Checks a stage's name, its params and its payers file, all of it in one go. The message of a wrong one is a list. */
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
    const resources = payerResources({ sources: payers.sources }, params);
    return { is: 'right', resources, madeUp: madeUpValues(params, payers.sources) };
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
  const payers = sources.filter((source) => isMadeUp(source.bucket));
  return [
    ...bucket,
    ...payers.map(({ payer, bucket: name }) => `${payersFile}: the bucket of payer ${payer} is ${quoteValue(name)}`),
  ];
}

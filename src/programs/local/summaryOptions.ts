import { isTagKey, TAG_KEY } from '../../analytics/tagKeys.ts';

const NAMES = [
  'service',
  'account',
  'day',
  'region',
  'commitments',
  'transfer',
  'movers',
  'anomalies',
  'forecast',
] as const;

/** What is shown of what was spent: `--report service`, `--report tag:user_team`. */
export type Summary =
  | { readonly by: (typeof NAMES)[number] }
  /** By the values of a tag. */
  | { readonly by: 'tag'; readonly key: string };

const OF_TAG = 'tag:';

/**
 * `--report` names the report that is the bill, too. A name of a summary is one: as if it were
 * `--summary NAME`. A report's folder of that name is meant by `--report /NAME`.
 */
export function withSummary(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    const [, joined] = /^--report=(.*)$/s.exec(arg) ?? [];
    if (joined !== undefined && isSummary(joined)) return [`--summary=${joined}`];
    if (arg === '--report' && isSummary(args[index + 1])) return [`--summary=${args[index + 1]}`];
    return args[index - 1] === '--report' && isSummary(arg) ? [] : [arg];
  });
}

function isSummary(text: string | undefined): boolean {
  return text !== undefined && (text.startsWith(OF_TAG) || NAMES.some((name) => name === text));
}

/** Throws a RangeError that names the value. */
export function parseSummary(text: string): Summary {
  const name = NAMES.find((one) => one === text);
  if (name) return { by: name };
  const key = text.slice(OF_TAG.length);
  if (text.startsWith(OF_TAG) && isTagKey(key)) return { by: 'tag', key };
  const what = text.startsWith(OF_TAG) ? `tag: and ${TAG_KEY}` : `one of ${NAMES.join(', ')}, tag:KEY`;
  throw new RangeError(`must be ${what}, got ${JSON.stringify(text)}`);
}

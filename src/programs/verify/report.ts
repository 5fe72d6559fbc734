import { printable } from '../../base/printable.ts';
import type { Answered } from './askAll.ts';
import type { Answer } from './question.ts';

const MARKS: Readonly<Record<Answer['is'], string>> = {
  'as-expected': 'ok',
  'other-way': 'other',
  trouble: 'TROUBLE',
  unknown: 'unknown',
};
/** As wide as the longest mark and id. */
const WIDTHS = { mark: 7, id: 22 };

/** One answer as a line, its end included. */
export function lineOf({ question, answer }: Answered): string {
  const start = `${MARKS[answer.is].padEnd(WIDTHS.mark)}  ${question.id.padEnd(WIDTHS.id)}`;
  return `${printable(`${start}  expected ${question.expected}; found ${answer.found} → ${answer.follows}`)}\n`;
}

/** All answers as one JSON document, its end included. */
export function documentOf(stage: string, answered: readonly Answered[]): string {
  const answers = answered.map(({ question: { id, asks, expected }, answer: { is, found, follows } }) => ({
    id,
    is,
    asks,
    expected,
    found,
    follows,
  }));
  return `${JSON.stringify({ stage, answers }, undefined, 2)}\n`;
}

/** Whether there is nothing to change, and nothing that could not be asked. */
export function isWell(answered: readonly Answered[]): boolean {
  return answered.every(({ answer }) => answer.is === 'as-expected' || answer.is === 'other-way');
}

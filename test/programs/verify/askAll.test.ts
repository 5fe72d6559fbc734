import { expect, it } from 'vitest';
import { snowflakeNames } from '../../../src/adapters/snowflake/names.ts';
import { askAll, type Interview } from '../../../src/programs/verify/askAll.ts';
import { asExpected, type Question } from '../../../src/programs/verify/question.ts';

const nobody = () => Promise.reject(new Error('no question here needs it'));
const INTERVIEW: Interview = {
  stage: {
    names: snowflakeNames({ database: 'D', schema: 'S', target: 'external' }),
    bucket: 'b',
    integration: 'I',
    role: 'R',
    readerRole: 'R_READER',
    grants: [],
  },
  run: '0123456789abcdef',
  files: { folder: 'verify/0123456789abcdef/', put: nobody, remove: nobody },
  scratch: nobody,
  samples: nobody,
  openSession: nobody,
  interrupted: new AbortController().signal,
  questionSeconds: 60,
};
const question = (id: string, ask: Question['ask'], seconds?: number): Question => ({
  id,
  asks: id,
  expected: id,
  ask,
  ...(seconds === undefined ? {} : { seconds }),
});
const answered = (id: string) => question(id, async () => asExpected('found'));
const endless = (id: string, seconds?: number) => question(id, () => new Promise(() => undefined), seconds);
const ask = async (questions: readonly Question[], change: Partial<Interview> = {}) => {
  const reported: string[] = [];
  const all = await askAll(questions, { ...INTERVIEW, ...change }, (one) => reported.push(one.question.id));
  expect(reported).toEqual(all.map((one) => one.question.id));
  return all.map(({ question: { id }, answer: { is, found } }) => [id, is, found]);
};

it('a question that never ends is given up after its own time, and the others are answered', async () => {
  expect(await ask([endless('a', 0.01), answered('b')])).toEqual([
    ['a', 'unknown', 'no end of the question a within 0.01 s'],
    ['b', 'as-expected', 'found'],
  ]);
});

it('a question without a time of its own has that of all', async () => {
  expect(await ask([endless('a')], { questionSeconds: 0.01 })).toEqual([
    ['a', 'unknown', expect.stringMatching(/^no/)],
  ]);
});

it('answers are reported in the order of the questions, whichever comes first', async () => {
  const first = Promise.withResolvers<void>();
  const waits = question('a', async () => {
    await first.promise;
    return asExpected('found');
  });
  const ends = question('b', async () => {
    first.resolve();
    return asExpected('found');
  });
  expect((await ask([waits, ends])).map(([id]) => id)).toEqual(['a', 'b']);
});

it('when it is interrupted, nothing more is asked, and the reason is thrown', async () => {
  const interruption = new AbortController();
  const asked: string[] = [];
  const stops = question('a', async () => {
    interruption.abort(new Error('stopped'));
    return asExpected('found');
  });
  const notes = Array.from({ length: 9 }, (_, index) =>
    question(`b${index}`, async () => {
      asked.push(`b${index}`);
      return asExpected('found');
    }),
  );
  await expect(ask([stops, ...notes], { interrupted: interruption.signal })).rejects.toThrow('stopped');
  expect(asked.length).toBeLessThan(notes.length);
});

it('a question that was given up opens no session and puts no file any more', async () => {
  const given = Promise.withResolvers<void>();
  const late = Promise.withResolvers<unknown[]>();
  const slow = question(
    'a',
    async ({ session, files, signal }) => {
      signal.addEventListener('abort', () => given.resolve());
      await given.promise;
      const tried = await Promise.allSettled([session('reader'), files.put('a', new Uint8Array())]);
      late.resolve(tried.map((one) => (one.status === 'rejected' ? one.reason.name : one.status)));
      return asExpected('found');
    },
    0.01,
  );
  await ask([slow]);
  expect(await late.promise).toEqual(['DeadlineMissed', 'DeadlineMissed']);
});

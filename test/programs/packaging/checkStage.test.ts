import { describe, expect, it } from 'vitest';
import { checkStage, type StageInput } from '../../../src/programs/packaging/checkStage.ts';
import { paramsOf } from '../../config/stageInput.ts';

const PAYERS = "- payer: '210987654321'\n  bucket: company-billing\n";

function check(changes: Partial<StageInput>, params: object = {}) {
  const stage = changes.stage ?? 'prod';
  const own = { ...paramsOf(stage), stagingBucket: 'company-staging', ...params };
  return checkStage({ service: 'cur-reactor', stage, params: own, payersText: PAYERS, ...changes });
}
const messageOf = (checked: ReturnType<typeof check>) => (checked.is === 'wrong' ? checked.message : 'right');

describe('a stage', () => {
  it('that is right has the resources of its payers, and nothing made up', () => {
    const checked = check({});
    expect(checked).toMatchObject({ is: 'right', madeUp: [] });
    expect(checked.is === 'right' && Object.keys(checked.parts.resources)).toContain('CentralBusPolicy');
  });

  it('that is wrong has all of it in one list: name, params, payers, each under where it stands', () => {
    const payersText = '- payer: 1\n  bucket: UPPER\n';
    expect(messageOf(check({ stage: 'Mine', payersText }, { quietSeconds: 'five', organizationId: 'x' }))).toBe(
      [
        'stage "Mine" cannot be packaged, 5 things are wrong:',
        '  serverless.yml, params',
        '    - stage must be lower-case letters, digits and single hyphens between them, at most 30 characters, got "Mine"',
        '    - organizationId must be empty, or o- and 10 to 32 letters or digits, got "x"',
        '    - quietSeconds must be a whole number of seconds from 0 to 86400, got "five"',
        '  resources/payers.yml',
        '    - payers[0].payer must be 12 digits in quotes (without them YAML reads a number, and leading zeros are lost), got 1',
        '    - payers[0].bucket must be the name of a bucket, without s3:// and without a path, got "UPPER"',
      ].join('\n'),
    );
  });

  it('does not blame the payers file for a wrong param', () => {
    expect(messageOf(check({}, { organizationId: 'x' }))).not.toContain('resources/payers.yml');
  });

  it.each([
    [new Error('cannot be read (ENOENT)'), 'cannot be read (ENOENT)'],
    ['- payer: "1\n', 'Missing closing "quote at line 2, column 1'],
    ['', 'payers must be a list of payers, got null'],
  ])('says why its payers file says nothing: %s', (payersText, reason) => {
    expect(messageOf(check({ payersText }))).toBe(
      `stage "prod" cannot be packaged, 1 thing is wrong:\n  resources/payers.yml\n    - ${reason}`,
    );
  });

  it('says what AWS does not allow so many payers', () => {
    const payersText = Array.from(
      { length: 700 },
      (_, index) => `- payer: '${200_000_000_000 + index}'\n  bucket: company-billing-${index}\n`,
    ).join('');
    expect(messageOf(check({ payersText }))).toMatch(
      /resources\/payers\.yml\n {4}- 700 accounts make .*organizationId/,
    );
  });

  it('names the values that are still made up', () => {
    const payersText = `- payer: '210987654321'
  bucket: example-payer-one-billing
- payer: '111122223333'
  bucket: company-billing
  prefix: one
- payer: '111122223333'
  bucket: company-billing
  prefix: two
- payer: '321098765432'
  bucket: company-costs
  bucketOwner: '444455556666'
`;
    expect(check({ payersText }, { stagingBucket: 'example-cur-staging-prod' })).toMatchObject({
      is: 'right',
      madeUp: [
        'serverless.yml: stagingBucket is "example-cur-staging-prod"',
        'resources/payers.yml: the bucket of payer 210987654321 is "example-payer-one-billing"',
        "resources/payers.yml: payer 111122223333 is an account of AWS's documentation",
        "resources/payers.yml: the bucket of payer 321098765432 belongs to 444455556666, an account of AWS's documentation",
      ],
    });
  });
});

describe("a stage's name", () => {
  const problemsOf = (stage: string, service = 'cur-reactor') =>
    messageOf(check({ stage, service })).split('\n').slice(2);

  it.each(['dev', 'prod-2', '2', 'a'.repeat(30)])('is taken: %s', (stage) => expect(problemsOf(stage)).toEqual([]));

  it.each(['Dev', 'de_v', '-dev', 'dev-', 'de--v', 'a'.repeat(31), ''])('is refused: %j', (stage) => {
    expect(problemsOf(stage)).toEqual([expect.stringContaining(`at most 30 characters, got "${stage}"`)]);
  });

  it('must not be that of the defaults', () => {
    expect(problemsOf('default')).toEqual([expect.stringContaining('stage must not be "default"')]);
  });

  it('must leave every name that is made of it short enough for AWS', () => {
    expect(problemsOf('a'.repeat(30), 'cost-and-usage-reactor-of-us')).toEqual(
      ['role', 'function', 'schedule', 'queue'].map((what) => expect.stringContaining(`a ${what} with a name of`)),
    );
  });
});

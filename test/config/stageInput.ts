import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { givenParams } from '../../src/programs/packaging/givenParams.ts';

const YAML = readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8');

/** A stage's params as serverless.yml gives them, with the stage's name in them. */
export function paramsOf(stage: string): Record<string, unknown> {
  const { params } = parse(YAML.replaceAll('$' + '{sls:stage}', stage), { logLevel: 'silent' });
  return givenParams(params, stage, []);
}

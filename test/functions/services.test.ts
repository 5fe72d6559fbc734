import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { openDynamodb, openS3 } from '../../functions/services.ts';

const SDK_LOG = 'loggerMiddleware';
const stepsOf = ({ middlewareStack }: { readonly middlewareStack: { identify(): string[] } }) =>
  middlewareStack.identify().map((step) => step.split(' ')[0]);

describe('a client that is asked for every file', () => {
  it.each([
    ['S3', () => openS3(() => undefined)('eu-central-1')],
    ['DynamoDB', () => openDynamodb()],
  ])('of %s has no part that prepares lines for a log', (_service, open) => {
    expect(stepsOf(new S3Client({}))).toContain(SDK_LOG);
    expect(stepsOf(open())).not.toContain(SDK_LOG);
  });
});

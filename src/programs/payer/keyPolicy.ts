import { S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import * as z from 'zod/mini';

// AWS KMS API Reference, GetKeyPolicy.
const policyAnswer = z.object({ Policy: z.string() });

/**
 * Reads a KMS key's policy. One request, signed here with the SDK's own signer: a client of KMS
 * would be a dependency for this alone. Throws an Error that says what KMS answered.
 */
export async function readKeyPolicy(keyArn: string): Promise<string> {
  const region = keyArn.split(':')[3] ?? '';
  const { credentials, sha256 } = new S3Client({ region }).config;
  const url = new URL(process.env.AWS_ENDPOINT_URL ?? hostOf(region));
  const body = JSON.stringify({ KeyId: keyArn, PolicyName: 'default' });
  const signer = new SignatureV4({ service: 'kms', region, credentials, sha256 });
  const { method, headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    headers: {
      host: url.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.GetKeyPolicy',
    },
    body,
  });
  const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(20_000) });
  const text = await response.text();
  const answer = response.ok ? policyAnswer.safeParse(JSON.parse(text)) : undefined;
  if (answer?.success) return answer.data.Policy;
  throw new Error(`KMS answered ${response.status} ${text.slice(0, 200)}`);
}

function hostOf(region: string): string {
  return `https://kms.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
}

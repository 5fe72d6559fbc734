import { request } from 'node:http';
import type { AwsRequest, Fault, FaultProxy } from '../../aws/faultProxy.ts';

/**
 * Adds to moto's server, behind this proxy, what it leaves out of S3: the conditions of copies.
 * Without them a copy to a key that is taken, or of another content than was asked for, is made. As
 * in S3, a write to a key that another conditional write is under way to is answered with 409.
 * `before` may order a fault first.
 */
export function addCopyConditions(
  proxy: FaultProxy,
  target: string,
  before: (request: AwsRequest) => Fault | Promise<Fault> = () => undefined,
): void {
  const underWay = new Set<string>();
  proxy.decide = async (copy) => {
    const fault = await before(copy);
    const source = copy.headers['x-amz-copy-source'];
    if (fault || source === undefined) return fault;
    const key = keyOf(copy);
    const etagOf = (path: string) => etagAt(target, path, copy.headers.authorization);
    const isNew = copy.headers['if-none-match'] === '*';
    if (isNew && underWay.has(key)) return s3Answer(409, 'ConditionalRequestConflict');
    if (isNew) underWay.add(key);
    const refused =
      (isNew && (await etagOf(key)) !== undefined) ||
      !isMet(copy.headers['x-amz-copy-source-if-match'], await etagOf(`/${source}`));
    if (!refused) return undefined;
    underWay.delete(key);
    return s3Answer(412, 'PreconditionFailed');
  };
  proxy.afterwards = (copy) => {
    underWay.delete(keyOf(copy));
    return undefined;
  };
}

/** An answer of S3 to a request that fails (S3 API reference, Error responses), in a 200 too. */
export function s3Answer(status: number, code: string, headers: Record<string, string> = {}): Exclude<Fault, string> {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>About arn:aws:iam::111122223333:role/secret</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body };
}

function keyOf({ path }: AwsRequest): string {
  return path.replace(/\?.*$/s, '');
}

/** That a source is not there, moto itself reports. */
function isMet(condition: string | string[] | undefined, etag: string | undefined): boolean {
  return condition === undefined || etag === undefined || condition === etag;
}

/**
 * The path is sent as it is: `..` in a key is no folder. moto believes any signature, but wants
 * one.
 */
function etagAt(target: string, path: string, authorization = ''): Promise<string | undefined> {
  const { hostname, port } = new URL(target);
  return new Promise((resolve, reject) => {
    const head = request({ hostname, port, method: 'HEAD', path, headers: { authorization } }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? response.headers.etag : undefined);
    });
    head.on('error', reject);
    head.end();
  });
}

import { type MotoServer, REGION } from './motoServer.ts';

/** An AWS account on moto's server, for clients and for processes. */
export type MotoAccount = Pick<MotoServer, 'clientConfig' | 'env'>;

/**
 * A session in another account than moto's own: it knows whose account a request is of by the key
 * that signed it, and which service is meant by what the signature is for.
 */
export async function accountOn(moto: MotoServer, account: string): Promise<MotoAccount> {
  const role = encodeURIComponent(`arn:aws:iam::${account}:role/test`);
  const query = `Action=AssumeRole&Version=2011-06-15&RoleSessionName=test&RoleArn=${role}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=testing/20260101/${REGION}/sts/aws4_request`;
  const reply = await fetch(`${moto.endpoint}/?${query}`, { method: 'POST', headers: { authorization } });
  const xml = await reply.text();
  const value = (name: string) => {
    const [, found] = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml) ?? [];
    if (!found) throw new Error(`no ${name} in ${xml}`);
    return found;
  };
  const credentials = {
    accessKeyId: value('AccessKeyId'),
    secretAccessKey: value('SecretAccessKey'),
    sessionToken: value('SessionToken'),
  };
  const env = {
    ...moto.env,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  };
  return { clientConfig: { ...moto.clientConfig, credentials }, env };
}

/** What the AWS SDK's clients sign with. */
interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/**
 * Stands in for the AWS SDK's chain of credential providers when the functions are bundled
 * (esbuild.config.cjs): Lambda gives a function the credentials of its role in these variables
 * (Lambda Developer Guide, Defined runtime environment variables), and `sls invoke local` fills
 * them from whatever profile it was given. The files, SSO sessions and metadata services that the
 * chain would ask else are never there. The provider throws an Error when the variables are not
 * set.
 */
export function defaultProvider(): () => Promise<Credentials> {
  return async () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
      throw new Error(
        'no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set, profiles are not read',
      );
    }
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      sessionToken: AWS_SESSION_TOKEN || undefined,
    };
  };
}

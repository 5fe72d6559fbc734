import { createPrivateKey } from 'node:crypto';
import * as z from 'zod/mini';
import { quoteValue } from '../../base/printable.ts';
import { fieldName, wrongFields } from '../../base/wrongFields.ts';

/** Who signs in, where, and how. */
export interface SnowflakeCredentials {
  /** The account identifier, `organization-account` or a locator with its region, not a URL. */
  readonly account: string;
  /**
   * The URL of the account where it is not the usual one of its identifier, such as a private link.
   */
  readonly accessUrl?: string | undefined;
  readonly username: string;
  readonly role?: string | undefined;
  /**
   * An RSA key as unencrypted PKCS #8 in PEM; absent for WORKLOAD_IDENTITY, where the role of the
   * function vouches.
   */
  readonly privateKey?: string;
}

/**
 * Credentials are incomplete or malformed. Consequence: stop with an alarm; this error shows no
 * value of a secret field.
 */
export class CredentialsInvalid extends Error {
  override readonly name = 'CredentialsInvalid';
}

const text = (pattern: RegExp, what: string) => z.string(`must be ${what}`).check(z.regex(pattern, `must be ${what}`));
// Snowflake documentation, Account identifiers; Identifier requirements.
const account = text(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'an account identifier, such as organization-account');
// Tokens go over it: in plain text to this machine only.
const accessUrl = text(
  /^(https:\/\/[A-Za-z0-9._-]+|http:\/\/(127\.0\.0\.1|localhost))(:\d{1,5})?\/?$/,
  'the https:// URL of an account, without a path',
);
const username = text(/^[^\p{Cc}]{1,256}$/u, 'the name of a user');
const role = text(/^[A-Za-z_][A-Za-z0-9_$]{0,254}$/, 'the name of a role');
const secretText = z.string('must be a string').check(z.minLength(1, 'must not be empty'));

const secret = z.object(
  {
    account,
    username,
    accessUrl: z.optional(accessUrl),
    role: z.optional(role),
    authenticator: z.optional(
      z.enum(['SNOWFLAKE_JWT', 'WORKLOAD_IDENTITY'], 'must be SNOWFLAKE_JWT or WORKLOAD_IDENTITY'),
    ),
    privateKey: z.optional(secretText),
    privateKeyPassphrase: z.optional(secretText),
  },
  'must be a JSON object',
);

type Field = keyof z.output<typeof secret>;

const SECRET_FIELDS: ReadonlySet<PropertyKey> = new Set<Field>(['privateKey', 'privateKeyPassphrase']);

/**
 * How the variables of the environment are called, for a developer's own machine: the names that
 * Snowflake's tools use.
 */
const VARIABLES: Readonly<Record<Field, string>> = {
  account: 'SNOWFLAKE_ACCOUNT',
  username: 'SNOWFLAKE_USER',
  accessUrl: 'SNOWFLAKE_URL',
  role: 'SNOWFLAKE_ROLE',
  authenticator: 'SNOWFLAKE_AUTHENTICATOR',
  privateKey: 'SNOWFLAKE_PRIVATE_KEY_PATH',
  privateKeyPassphrase: 'SNOWFLAKE_PRIVATE_KEY_PASSPHRASE',
};

/**
 * Reads the text of a secret: JSON with `account`, `username`, `privateKey` (PEM, line ends also as
 * `\n` in two characters), and, where they are needed, `privateKeyPassphrase`, `role`, `accessUrl`
 * and `authenticator`. `WORKLOAD_IDENTITY` needs no key and no username: whoever reads the secret
 * signs in as `workloadUser`, whatever username it has, because Snowflake lets an AWS role vouch
 * for one user only (user guide, "Workload identity federation"). Other fields are ignored:
 * rotation may have its own there. Throws CredentialsInvalid, whose message names every missing or
 * wrong field, with its value where that is not secret.
 */
export function readSnowflakeSecret(json: string, workloadUser: string): SnowflakeCredentials {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    // The parser's own message quotes the text.
    throw new CredentialsInvalid('the Snowflake secret is not JSON');
  }
  return credentialsOf(signingInAs(workloadUser, document), 'the Snowflake secret', (name) => name);
}

/** What the secret says, with the user whom a function's own AWS role vouches for. */
function signingInAs(username: string, document: unknown): unknown {
  if (typeof document !== 'object' || document === null) return document;
  const isWorkload = 'authenticator' in document && document.authenticator === 'WORKLOAD_IDENTITY';
  return isWorkload ? { ...document, username } : document;
}

/**
 * The same from environment variables, with the key in a file: SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER,
 * SNOWFLAKE_PRIVATE_KEY_PATH, and, where they are needed, SNOWFLAKE_PRIVATE_KEY_PASSPHRASE,
 * SNOWFLAKE_ROLE, SNOWFLAKE_URL and SNOWFLAKE_AUTHENTICATOR. Throws CredentialsInvalid like
 * {@link readSnowflakeSecret}.
 */
export async function readSnowflakeEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => Promise<string>,
): Promise<SnowflakeCredentials> {
  const document: Record<string, string> = {};
  for (const [name, variable] of Object.entries(VARIABLES)) {
    const value = environment[variable];
    if (value) document[name] = value;
  }
  const path = document.privateKey;
  if (path !== undefined) {
    document.privateKey = await readFile(path).catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? error.code : 'an error';
      throw new CredentialsInvalid(`${VARIABLES.privateKey} cannot be read (${code}): ${quoteValue(path)}`);
    });
  }
  return credentialsOf(document, 'the environment for Snowflake', (name) => VARIABLES[name]);
}

function credentialsOf(document: unknown, whole: string, nameOf: (name: Field) => string): SnowflakeCredentials {
  const parsed = secret.safeParse(document);
  if (!parsed.success) {
    const wrong = wrongFields(parsed.error.issues, document, {
      whole: 'it',
      nameOf: (path) => (isField(path[0]) ? nameOf(path[0]) : fieldName(path)),
      isSecret: ([name]) => name === undefined || SECRET_FIELDS.has(name),
    });
    throw new CredentialsInvalid(`${whole} is wrong: ${wrong.join('; ')}`);
  }
  const { authenticator, privateKey, privateKeyPassphrase, ...who } = parsed.data;
  if (authenticator === 'WORKLOAD_IDENTITY') return who;
  if (privateKey === undefined) throw new CredentialsInvalid(`${whole} is wrong: ${nameOf('privateKey')} is missing`);
  const key = plainKey(privateKey, privateKeyPassphrase);
  if (key === undefined) {
    const about = privateKeyPassphrase === undefined ? 'without a passphrase' : 'that the passphrase opens';
    throw new CredentialsInvalid(`${whole} is wrong: ${nameOf('privateKey')} must be an RSA key in PEM ${about}`);
  }
  return { ...who, privateKey: key };
}

function isField(name: PropertyKey | undefined): name is Field {
  return name !== undefined && Object.hasOwn(VARIABLES, name);
}

/**
 * The key as the driver wants it; undefined when it is not a key, not RSA (Snowflake takes RS256
 * from it), or does not open.
 */
function plainKey(pem: string, passphrase: string | undefined): string | undefined {
  try {
    const key = createPrivateKey({ key: pem.replaceAll('\\n', '\n'), passphrase });
    if (key.asymmetricKeyType !== 'rsa') return undefined;
    return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch {
    return undefined;
  }
}

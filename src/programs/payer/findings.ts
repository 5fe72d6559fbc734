/** What was asked, or why there was no answer. */
export type Asked<Value> =
  | { readonly is: 'known'; readonly value: Value }
  | { readonly is: 'unknown'; readonly why: string };

/** How a payer's bucket stands, as whoever asked could see it. */
export interface BucketFacts {
  readonly region: Asked<string>;
  /** The bucket's policy, as JSON; empty where it has none. */
  readonly policy: Asked<string>;
  readonly sendsEvents: Asked<boolean>;
  readonly requesterPays: Asked<boolean>;
  /**
   * Of the first thousand objects below the prefix, those that another account than the bucket's
   * owns.
   */
  readonly objects: Asked<{ readonly count: number; readonly foreign: readonly string[] }>;
  /**
   * What new objects are encrypted with: a key's ARN or id, empty for the AWS managed key;
   * undefined for S3's own.
   */
  readonly encryptionKey: Asked<string | undefined>;
  /** The policy of the key that the payers file names, as JSON; undefined where it names none. */
  readonly keyPolicy: Asked<string> | undefined;
}

/** What the stage expects of the bucket. */
interface Expected {
  /** The ARNs of the roles that read and list, without the account where it is not known. */
  readonly readers: readonly string[];
  readonly kmsKey: string | undefined;
  /**
   * Whether the bucket is in the reactor's own account, where every region that it uses is enabled.
   */
  readonly isOwn: boolean;
}

export interface Finding {
  readonly is: 'good' | 'bad' | 'unknown';
  readonly text: string;
}

/**
 * AWS Account Management Reference Guide, "Enable or disable AWS Regions": every account has these.
 */
const ALWAYS_ENABLED =
  /^(us-(east|west)-[12]|eu-(west-[123]|(central|north)-1)|ca-central-1|sa-east-1|ap-(northeast-[123]|south-1|southeast-[12])|(us-gov|eusc|cn)-.*)$/;

/**
 * What of these facts keeps a reactor from reading the bucket, and what does not. One finding for
 * each question.
 */
export function findingsOf(facts: BucketFacts, { readers, kmsKey, isOwn }: Expected): Finding[] {
  return [
    judge('region', facts.region, (region) =>
      ALWAYS_ENABLED.test(region) || isOwn
        ? good(`the bucket is in ${region}`)
        : bad(`the bucket is in ${region}, which has to be enabled in the reactor's account, too`),
    ),
    judge('bucket policy', facts.policy, (policy) => {
      const missing = readers.filter((role) => !policy.includes(role));
      if (missing.length === 0) return good('the bucket policy names the roles that read and list');
      return bad(`the bucket policy does not name ${missing.join(', ')}: deploy resources/payer-account.yml`);
    }),
    judge('events', facts.sendsEvents, (sends) =>
      sends
        ? good('the bucket sends its events to EventBridge')
        : bad('the bucket sends no events to EventBridge: deploy resources/payer-account.yml'),
    ),
    judge('Requester Pays', facts.requesterPays, (pays) =>
      pays ? bad('Requester Pays is on, so copies fail: turn it off') : good('the owner pays for requests'),
    ),
    judge('owners', facts.objects, ({ count, foreign }) => {
      if (count === 0) return bad('there is nothing below the prefix: is it right, and has AWS delivered?');
      if (foreign.length === 0) return good(`the bucket's account owns its objects (${count} looked at)`);
      return bad(
        `another account owns ${foreign.length} of ${count} objects, such as ${foreign[0]}: no bucket policy reaches ` +
          'these; set Object Ownership to "Bucket owner enforced"',
      );
    }),
    judge('encryption', facts.encryptionKey, (key) => encryptionFinding(key, kmsKey)),
    ...(facts.keyPolicy === undefined
      ? []
      : [judge('key policy', facts.keyPolicy, (text) => keyFinding(text, readers))]),
  ];
}

function encryptionFinding(key: string | undefined, named: string | undefined): Finding {
  if (key === undefined) return good('S3 encrypts with its own keys');
  if (key === '') {
    return bad(
      'the bucket encrypts with the key aws/s3, which no other account can use: choose SSE-S3 or a key of yours',
    );
  }
  if (key === named) return good('the bucket encrypts with the key that the payers file names');
  return bad(`the bucket encrypts with ${key}: name this key as kmsKey in the payers file`);
}

function keyFinding(policy: string, [copy = '']: readonly string[]): Finding {
  return policy.includes(copy) && policy.includes('kms:Decrypt')
    ? good("the key's policy lets copy use it")
    : bad("the key's policy does not let copy use it: add the output KeyPolicyStatement of the payer's stack to it");
}

function judge<Value>(what: string, asked: Asked<Value>, verdict: (value: Value) => Finding): Finding {
  return asked.is === 'known' ? verdict(asked.value) : { is: 'unknown', text: `${what}: ${asked.why}` };
}

function good(text: string): Finding {
  return { is: 'good', text };
}

function bad(text: string): Finding {
  return { is: 'bad', text };
}

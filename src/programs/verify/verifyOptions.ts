import { readOptions, UsageError } from '../../base/commandLine.ts';
import { quoteValue } from '../../base/printable.ts';

/** What is asked, and how it is answered. */
export interface VerifyOptions {
  readonly stage: string;
  /** The id of the only question. */
  readonly only?: string | undefined;
  /** How long a block is to run while its session idles; undefined: it is not asked. */
  readonly slowMinutes?: number | undefined;
  readonly json: boolean;
}

/** Snowflake's longest step: STATEMENT_TIMEOUT_IN_SECONDS of submitted queries. */
const MOST_MINUTES = 350;

export const HELP = `Finds out on your Snowflake account what its documentation leaves open, and whether what setup has made is there.

  npm run snowflake:verify -- --stage prod

Options
  --stage NAME     whose names to take from serverless.yml (default dev)
  --only ID        one question, by its id
  --slow MINUTES   asks one more: whether a submitted block runs on when its session idles for longer than it may; the
                   minutes must be more than the session policy's idle timeout (240 where there is no policy)
  --json           one JSON document on stdout
  --help           this text

It is made to take about two minutes. A line for each question: ok (as expected), other (the documentation leaves it open, the reactor
handles it both ways, and this is the other one), TROUBLE (something has to be changed), unknown (it could not be asked).

It works in a schema of its own beside the stage's, and with small files below verify/ in the staging bucket. Both are removed
at the end, also after Ctrl-C; what a run that was killed has left is removed by the next one, a day later.

It signs in as setup does: a user who may use the roles sysadmin, the reactor's and the reader's, with a key pair, from
SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER and SNOWFLAKE_PRIVATE_KEY_PATH (and SNOWFLAKE_PRIVATE_KEY_PASSPHRASE, SNOWFLAKE_URL).
Questions about files need credentials for AWS that may list, write and delete in the bucket.

Exit status: 0 nothing to change; 1 an error; 2 a wrong option or setting; 3 something has to be changed, or could not be asked.
`;

/**
 * Reads the command line; 'help' when it asks for help. Throws UsageError, which names the option
 * and its value.
 */
export function parseVerifyOptions(args: readonly string[]): VerifyOptions | 'help' {
  const values = readOptions(args, {
    stage: { type: 'string' },
    only: { type: 'string' },
    slow: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return 'help';
  const { stage = 'dev', only, slow, json = false } = values;
  return { stage, only, json, slowMinutes: slow === undefined ? undefined : minutesOf(slow) };
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (/^\d{1,3}$/.test(text) && minutes >= 1 && minutes <= MOST_MINUTES) return minutes;
  throw new UsageError(`--slow must be minutes from 1 to ${MOST_MINUTES}, got ${quoteValue(text)}`);
}

import * as z from 'zod/mini';
import { quoteText } from '../../adapters/snowflake/quote.ts';
import { counted } from '../../base/counted.ts';
import { missingGrants } from './grants.ts';
import {
  type Answer,
  type Asker,
  type Asking,
  asExpected,
  otherWay,
  type Question,
  refusable,
  trouble,
  unknown,
  wordsOf,
} from './question.ts';
import { reportSample } from './sampleFiles.ts';
import { samplePartition, stagedKeyOf } from './scratchWarehouse.ts';

/** SQL reference, "Parameters", TIMEZONE: America/Los_Angeles by default. */
const timeZoneQuestion: Question = {
  id: 'time-zone',
  asks: "the account's time zone",
  expected: 'UTC',
  async ask(asking) {
    const session = await asking.session('administrator');
    const [row] = await session.run("show parameters like 'TIMEZONE' in account");
    const found = String(row?.VALUE ?? 'none');
    if (/^(Etc\/)?UTC$/.test(found)) return asExpected(found);
    return otherWay(found, "the views show UTC all the same; CURRENT_DATE in a reader's query is the account's");
  },
};

/** SQL reference, "SYSTEM$VALIDATE_STORAGE_INTEGRATION". */
function integrationQuestion(action: 'list' | 'read', asks: string): Question {
  return {
    id: `integration-${action}`,
    asks,
    expected: 'success',
    async ask(asking) {
      const partition = samplePartition(21);
      const key = stagedKeyOf(partition);
      // A file that is not there cannot be read; what can be listed is nobody's business.
      if (action === 'read') await asking.files.put(key, reportSample());
      const { integration, bucket } = asking.stage;
      const cut = key.lastIndexOf('/') + 1;
      const folder = `s3://${bucket}/${asking.files.folder}${key.slice(0, cut)}`;
      const texts = [integration, folder, key.slice(cut), action].map(quoteText);
      const session = await asking.session('administrator');
      const called = await refusable(
        session.run(`select system$validate_storage_integration(${texts.join(', ')}) as answer`),
      );
      if ('refusal' in called) return unknown(wordsOf(called.refusal), 'ask as a user who may use the integration');
      return judgeIntegration(String(called.result[0]?.ANSWER));
    },
  };
}

const IntegrationAnswer = z.object({
  status: z.string(),
  message: z.optional(z.string()),
  actions: z.optional(z.record(z.string(), z.object({ status: z.string(), message: z.optional(z.string()) }))),
});

function judgeIntegration(text: string): Answer {
  const follows = 'look at step 8 of resources/README.md: the role must trust the user that setup has printed';
  const parsed = IntegrationAnswer.safeParse(documentOf(text));
  if (!parsed.success) return trouble(text, follows);
  const { status, message, actions = {} } = parsed.data;
  if (status === 'success') return asExpected(status);
  const reasons = [message, ...Object.values(actions).map((action) => action.message)].filter((reason) => reason);
  return trouble([status, ...reasons].join(': '), follows);
}

function documentOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How many missing grants a line names. */
const MOST_NAMED = 3;

function grantsQuestion(asker: Extract<Asker, 'reactor' | 'reader'>): Question {
  return {
    id: `grants-${asker}`,
    asks: `whether the ${asker}'s role has what setup grants`,
    expected: 'all of it',
    async ask(asking) {
      const role = roleOf(asking, asker);
      const wanted = asking.stage.grants.filter((grant) => grant.role === role);
      const session = await asking.session(asker);
      const rows = await session.run(`show grants to role ${role}`);
      const had = rows.map(({ PRIVILEGE, NAME }) => ({
        privilege: String(PRIVILEGE).toUpperCase(),
        object: String(NAME).replaceAll('"', '').toUpperCase(),
      }));
      const missing = missingGrants(wanted, had);
      if (missing.length === 0) return asExpected(`all ${wanted.length}`);
      const some = missing.slice(0, MOST_NAMED);
      const list = some.map(({ privilege, kind, object }) => `${privilege.toLowerCase()} on ${kind} ${object}`);
      const more = missing.length > some.length ? [`${missing.length - some.length} more`] : [];
      const found = `${missing.length} missing of ${wanted.length}: ${[...list, ...more].join(', ')}`;
      return trouble(found, 'run npm run snowflake:setup again');
    },
  };
}

/** A view is compiled as its reader: what it names has to be there, with the columns it names. */
const viewsQuestion: Question = {
  id: 'views',
  asks: 'whether each view compiles, for a reader',
  expected: 'each compiles',
  async ask(asking) {
    const { grants, readerRole } = asking.stage;
    const views = grants.filter(({ privilege, role }) => privilege === 'SELECT' && role === readerRole);
    const session = await asking.session('reader');
    const refused: string[] = [];
    for (const { object } of views) {
      const compiled = await refusable(session.run(`explain using tabular select * from ${object}`));
      if ('refusal' in compiled) refused.push(`${object}: ${wordsOf(compiled.refusal)}`);
    }
    if (refused.length === 0)
      return asExpected(`${counted(views.length, 'view')} ${views.length === 1 ? 'compiles' : 'compile'}`);
    return trouble(refused.join('; '), 'run npm run snowflake:setup again, and report this if it stays');
  },
};

function roleOf({ stage }: Asking, asker: 'reactor' | 'reader'): string {
  return asker === 'reactor' ? stage.role : stage.readerRole;
}

export const accountQuestions: readonly Question[] = [
  timeZoneQuestion,
  integrationQuestion('list', 'whether Snowflake can list the staging bucket'),
  integrationQuestion('read', 'whether Snowflake can read a file of the staging bucket'),
  grantsQuestion('reactor'),
  grantsQuestion('reader'),
  viewsQuestion,
];

import { printable } from '../base/printable.ts';
import { shortHash } from '../base/shortHash.ts';
import { type Partition, partitionName } from '../billing/partition.ts';
import type { Message } from '../ledger/message.ts';
import { LISTED_FROM, type OwnedFinding, type OwnerDigest } from '../warehouse/ownerDigest.ts';
import { compose, type Fields, type MessageContext } from './compose.ts';
import { ownerWord } from './ownerWord.ts';

/** What a run knows beside the digest itself. */
interface Published {
  /** The epoch of the run that published what was found in: it names the publish. */
  readonly publishedEpoch: number;
  /** What checks are called, by their names. */
  readonly titles: ReadonlyMap<string, string>;
}

/** So that a message with twenty findings stays below 100 KB, whatever their texts are. */
const MAX_NAME_CHARACTERS = 200;
const MAX_TEXT_CHARACTERS = 400;

/** What an owner's resources waste. One per publish and owner. */
export function ownerDigest(
  context: MessageContext,
  partition: Partition,
  digest: OwnerDigest,
  is: Published,
): Message {
  const { owner, findings, savings, belowThreshold, largest } = digest;
  return compose(context, {
    ...partition,
    what: 'owner',
    to: ownerWord(owner),
    happened: [partitionName(partition), is.publishedEpoch, shortHash(owner)],
    fields: {
      owner: cut(owner, MAX_NAME_CHARACTERS),
      findings,
      savings: savings.map((saving) => ({ ...saving, currency: named(saving.currency) })),
      largest: largest.map((finding) => findingOf(finding, is.titles)),
      leftOut: Math.max(0, findings - belowThreshold - largest.length),
      belowThreshold,
      threshold: LISTED_FROM,
    },
  });
}

function findingOf(finding: OwnedFinding, titles: Published['titles']): Fields<'owner'>['largest'][number] {
  const { check, account, accountName, region, resource, evidence, currency } = finding;
  const { estimatedSaving, wholeMonthSaving } = finding;
  return {
    check: cut(check, MAX_NAME_CHARACTERS),
    title: named(titles.get(check) ?? null),
    account: cut(account, MAX_NAME_CHARACTERS),
    accountName: named(accountName),
    region: named(region),
    resource: cut(resource, MAX_TEXT_CHARACTERS),
    evidence: evidence === null ? null : cut(evidence, MAX_TEXT_CHARACTERS),
    currency: named(currency),
    estimatedSaving,
    wholeMonthSaving,
  };
}

function named(name: string | null): string | null {
  return name === null ? null : cut(name, MAX_NAME_CHARACTERS);
}

/** Cut once it is printable, which makes a text longer. */
function cut(text: string, characters: number): string {
  const safe = printable(text.slice(0, characters));
  return safe.length <= characters ? safe : `${safe.slice(0, characters)}…`;
}

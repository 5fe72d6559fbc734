import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Moment } from '../../base/moment.ts';
import { slices } from '../../base/slices.ts';
import {
  type DynamodbTable,
  type Item,
  type ItemKey,
  number,
  numberOf,
  STEPS_PER_TRANSACTION,
  type TransactionStep,
  text,
  textOf,
} from './table.ts';

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** With its keys and the names of its attributes an item stays below 64 KB. */
const MAX_CHUNK_BYTES = 60_000;

/** Stores a JSON value of any size under a key, as {@link prepareDocument} has it. */
export async function putDocument(table: DynamodbTable, key: ItemKey, value: object, beside: Item = {}): Promise<void> {
  await table.put(key, await prepareDocument(table, key.pk, value, beside));
}

/**
 * The attributes of an item under `pk` that {@link getDocument} reads as a JSON value, for a write
 * under conditions. The value is gzipped, and what does not fit into one item is cut into chunks,
 * which are items of their own under the same `pk`. They are named after their content and written
 * here, before the item: whoever reads it finds all of them, also while another value takes its
 * place. The chunks of a value that was replaced stay. The item and each chunk have the attributes
 * `beside` as well.
 */
export async function prepareDocument(
  table: DynamodbTable,
  pk: string,
  value: object,
  beside: Item = {},
): Promise<Item> {
  const bytes = await compress(JSON.stringify(value));
  if (bytes.length <= MAX_CHUNK_BYTES) return { ...beside, content: { B: bytes } };
  const digest = createHash('sha256').update(bytes).digest('hex');
  const chunks = chunkKeys(pk, digest, Math.ceil(bytes.length / MAX_CHUNK_BYTES));
  for (const [index, chunk] of chunks.entries()) {
    const start = index * MAX_CHUNK_BYTES;
    await table.put(chunk, { ...beside, content: { B: bytes.subarray(start, start + MAX_CHUNK_BYTES) } });
  }
  return { ...beside, digest: text(digest), chunks: number(chunks.length) };
}

/** What sets the attributes of a prepared document, where there may be others. */
export function setDocument(document: Item): { readonly update: string; readonly values: Item } {
  const names = Object.keys(document);
  const others = ['content', 'digest', 'chunks'].filter((name) => !(name in document));
  return {
    update: `set ${names.map((name) => `${name} = :${name}`).join(', ')} remove ${others.join(', ')}`,
    values: Object.fromEntries(Object.entries(document).map(([name, value]) => [`:${name}`, value])),
  };
}

/**
 * The value that was put under a key; undefined when there is none. Throws an Error when a chunk of
 * it is missing.
 */
export async function getDocument<Value>(table: DynamodbTable, key: ItemKey): Promise<Value | undefined> {
  const item = await table.get(key);
  return item && documentOf(table, item);
}

/** The value that an item holds, or its chunks. Throws an Error when a chunk of it is missing. */
export async function documentOf<Value>(table: DynamodbTable, item: Item): Promise<Value> {
  const bytes = item.digest ? await joinChunks(table, item) : contentOf(item);
  return JSON.parse((await expand(bytes)).toString()) as Value;
}

/**
 * Deletes a document that was put with `writtenAt` beside it, by a moment, with its chunks: as far
 * as the fence holds: 'refused' where it does not. What was put again since is 'kept': its chunks
 * are written anew before it, and each is deleted only if it is old.
 */
export async function deleteOldDocument(
  table: DynamodbTable,
  key: ItemKey,
  by: Moment,
  fence: TransactionStep,
): Promise<'deleted' | 'kept' | 'refused'> {
  const item = await table.get(key);
  const chunks = item?.digest ? chunkKeys(key.pk, textOf(item, 'digest'), numberOf(item, 'chunks') ?? 0) : [];
  if ((numberOf(item, 'writtenAt') ?? 0) > by) return 'kept';
  const only = { condition: 'attribute_not_exists(pk) or writtenAt <= :by', values: { ':by': number(by) } };
  for (const some of slices([...chunks, key], STEPS_PER_TRANSACTION - 1)) {
    const failed = await table.transact([fence, ...some.map((one) => ({ key: one, isDeletion: true, ...only }))]);
    if (failed.includes(0)) return 'refused';
    if (failed.length > 0) return 'kept';
  }
  return 'deleted';
}

async function joinChunks(table: DynamodbTable, item: Item): Promise<Uint8Array> {
  const keys = chunkKeys(textOf(item, 'pk'), textOf(item, 'digest'), numberOf(item, 'chunks') ?? 0);
  const found = new Map((await table.getAll(keys)).map((chunk) => [textOf(chunk, 'sk'), contentOf(chunk)]));
  return Buffer.concat(
    keys.map(({ pk, sk }) => {
      const bytes = found.get(sk);
      if (!bytes) throw new Error(`the ledger has no item ${pk} ${sk}`);
      return bytes;
    }),
  );
}

/** Numbered in four digits: far more than one value ever needs. */
function chunkKeys(pk: string, digest: string, count: number): ItemKey[] {
  return Array.from({ length: count }, (_, index) => ({
    pk,
    sk: `chunk#${digest}#${String(index).padStart(4, '0')}`,
  }));
}

function contentOf(item: Item): Uint8Array {
  const bytes = item.content?.B;
  if (!bytes) throw new Error(`item ${textOf(item, 'pk')} ${textOf(item, 'sk')} must have content`);
  return bytes;
}

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type DynamodbTable, type Item, type ItemKey, number, numberOf, text, textOf } from './table.ts';

const compress = promisify(gzip);
const expand = promisify(gunzip);

/**
 * An item holds 400 KB with its keys and the names of its attributes (DynamoDB Developer Guide,
 * "Constraints").
 */
const MAX_CHUNK_BYTES = 350_000;

/**
 * Stores a JSON value of any size under a key, gzipped. What does not fit into one item is cut into
 * chunks, which are items of their own under the same `pk`. They are named after their content and
 * written first: whoever reads the item at `key` finds all of them, also while another value takes
 * its place. The chunks of a value that was replaced stay. Each item has the attributes `beside`.
 */
export async function putDocument(table: DynamodbTable, key: ItemKey, value: object, beside: Item = {}): Promise<void> {
  const bytes = await compress(JSON.stringify(value));
  if (bytes.length <= MAX_CHUNK_BYTES) {
    await table.put(key, { ...beside, content: { B: bytes } });
    return;
  }
  const digest = createHash('sha256').update(bytes).digest('hex');
  const chunks = chunkKeys(key.pk, digest, Math.ceil(bytes.length / MAX_CHUNK_BYTES));
  for (const [index, chunk] of chunks.entries()) {
    const start = index * MAX_CHUNK_BYTES;
    await table.put(chunk, { ...beside, content: { B: bytes.subarray(start, start + MAX_CHUNK_BYTES) } });
  }
  await table.put(key, { ...beside, digest: text(digest), chunks: number(chunks.length) });
}

/**
 * A JSON value as the attribute `content` of an item that {@link getDocument} reads, for a write
 * under conditions. Throws a RangeError for a value that does not fit into one item.
 */
export async function packDocument(value: object): Promise<AttributeValue> {
  const bytes = await compress(JSON.stringify(value));
  if (bytes.length > MAX_CHUNK_BYTES) {
    throw new RangeError(`a value of ${bytes.length} bytes does not fit into an item of ${MAX_CHUNK_BYTES}`);
  }
  return { B: bytes };
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

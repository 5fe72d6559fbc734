import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A server that answers ListObjectsV2 for one bucket of made-up objects and nothing else, page by
 * page, as S3 documents it.
 */
export interface ListingServer {
  readonly endpoint: string;
  /** How many pages it has given. */
  readonly pages: () => number;
  close(): Promise<void>;
}

const PAGE = 1000;

/**
 * Serves `count` objects whose keys `keyOf` makes, in key order. Other prefixes than those that all
 * keys begin with, and start-after, are answered as if nothing lay there.
 */
export async function startListingServer(count: number, keyOf: (index: number) => string): Promise<ListingServer> {
  let pages = 0;
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    const isOfKeys = keyOf(0).startsWith(query.get('prefix') ?? '') && !query.has('start-after');
    const from = Number(query.get('continuation-token') ?? 0);
    pages += 1;
    response.writeHead(200, { 'content-type': 'application/xml' });
    const folder = query.has('delimiter') && isOfKeys ? folderBelow(keyOf(0), query.get('prefix') ?? '') : undefined;
    const to = isOfKeys && folder === undefined ? Math.min(count, from + PAGE) : from;
    response.end(pageOf(from, to, to > from && to < count, { keyOf, folder }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    pages: () => pages,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/**
 * The one folder that all keys lie in below a prefix; undefined where they lie there themselves.
 */
function folderBelow(key: string, prefix: string): string | undefined {
  const slash = key.indexOf('/', prefix.length);
  return slash < 0 ? undefined : key.slice(0, slash + 1);
}

interface Listed {
  readonly keyOf: (index: number) => string;
  readonly folder: string | undefined;
}

function pageOf(from: number, to: number, isTruncated: boolean, { keyOf, folder }: Listed): string {
  const contents: string[] = [];
  for (let index = from; index < to; index++) {
    contents.push(
      `<Contents><Key>${encodeURIComponent(keyOf(index))}</Key><LastModified>2026-10-05T12:00:00.000Z</LastModified>` +
        `<ETag>&quot;${index.toString(16).padStart(32, '0')}&quot;</ETag><Size>1000</Size>` +
        '<StorageClass>STANDARD</StorageClass></Contents>',
    );
  }
  const folders =
    folder === undefined ? '' : `<CommonPrefixes><Prefix>${encodeURIComponent(folder)}</Prefix></CommonPrefixes>`;
  const next = isTruncated ? `<NextContinuationToken>${to}</NextContinuationToken>` : '';
  return (
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>b</Name><EncodingType>url</EncodingType><KeyCount>${to - from}</KeyCount><MaxKeys>${PAGE}</MaxKeys>` +
    `<IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join('')}${folders}</ListBucketResult>`
  );
}

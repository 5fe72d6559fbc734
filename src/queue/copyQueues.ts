import { classifyKey } from '../billing/layout.ts';
import type { CopyRequest } from './copyMessage.ts';
import type { Queue, QueueMessage } from './queue.ts';

/**
 * Sends copy requests where they are worked on: those for manifests to a queue of their own, as
 * S3's events of manifests are. A manifest may take minutes, and would hold up the files beside it.
 */
export class CopyQueues implements Queue<CopyRequest> {
  readonly #files: Queue<CopyRequest>;
  readonly #manifests: Queue<CopyRequest>;

  constructor(files: Queue<CopyRequest>, manifests: Queue<CopyRequest>) {
    this.#files = files;
    this.#manifests = manifests;
  }

  /** See {@link Queue.send}. */
  async send(messages: readonly QueueMessage<CopyRequest>[]): Promise<void> {
    const { manifests = [], files = [] } = Object.groupBy(messages, ({ body }) =>
      classifyKey(body.key).kind === 'manifest' ? 'manifests' : 'files',
    );
    if (files.length > 0) await this.#files.send(files);
    if (manifests.length > 0) await this.#manifests.send(manifests);
  }
}

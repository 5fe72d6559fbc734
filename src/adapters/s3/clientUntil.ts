import type { S3Client } from '@aws-sdk/client-s3';
import { untilAborted } from '../../base/untilAborted.ts';

/**
 * The same client, until the signal is aborted: then requests under way are cut off, which frees
 * their sockets, and none is begun any more, whoever asks. They throw the signal's reason; reading
 * the body of an answer that has begun fails.
 */
export function clientUntil(client: S3Client, signal: AbortSignal): S3Client {
  const send = (command: Parameters<S3Client['send']>[0]) =>
    untilAborted(signal, () => client.send(command, { abortSignal: signal }));
  return new Proxy(client, { get: (target, name) => (name === 'send' ? send : Reflect.get(target, name)) });
}

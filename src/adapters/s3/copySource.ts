import type { ObjectRef } from '../../store/objectStore.ts';
import { checkKey } from './failures.ts';

/**
 * The `x-amz-copy-source` header of an object: bucket, key and, where given, the version (S3 API
 * reference, CopyObject: "the value must be URL-encoded"). The SDK sends it as it is. Raw, a
 * `?versionId=` in a key would select a version, `+` and `%` would be decoded to something else,
 * and a newline would end the header. Throws ObjectGone for a key that no object can have.
 */
export function copySourceOf(object: ObjectRef): string {
  checkKey(object);
  const { bucket, key, versionId } = object;
  const path = [bucket, ...key.split('/')].map(percentEncoded).join('/');
  return versionId === undefined ? path : `${path}?versionId=${percentEncoded(versionId)}`;
}

/**
 * All but letters, digits and `-._~`: encodeURIComponent leaves `!'()*`, too, which RFC 3986
 * reserves.
 */
function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

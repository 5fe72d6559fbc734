import type { Location } from '../../store/objectStore.ts';
import { checkKey } from './failures.ts';

/** A location as S3's commands name it. Throws ObjectGone for a key that no object can have. */
export function inS3(location: Location): { Bucket: string; Key: string } {
  checkKey(location);
  return { Bucket: location.bucket, Key: location.key };
}

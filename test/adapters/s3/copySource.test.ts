import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copySourceOf } from '../../../src/adapters/s3/copySource.ts';
import { ObjectGone } from '../../../src/store/objectStore.ts';

describe('copySourceOf', () => {
  it('keeps slashes, and encodes all that is not plain in a URL', () => {
    const key = `a b/+%2F?versionId=1&x#y/é\n\u0000!'()*~`;
    expect(copySourceOf({ bucket: 'b', key })).toBe(
      'b/a%20b/%2B%252F%3FversionId%3D1%26x%23y/%C3%A9%0A%00%21%27%28%29%2A~',
    );
  });

  it('names a version behind the key', () => {
    expect(copySourceOf({ bucket: 'b', key: 'k?versionId=1', versionId: 'a+/=&' })).toBe(
      'b/k%3FversionId%3D1?versionId=a%2B%2F%3D%26',
    );
  });

  it('is a header that gives back any key', () => {
    const keys = fc.array(fc.nat(0x10ffff)).map((codePoints) => String.fromCodePoint(...codePoints).toWellFormed());
    fc.assert(
      fc.property(keys, (key) => {
        const header = copySourceOf({ bucket: 'b', key });
        expect(header).toMatch(/^b\/[\w.~%/-]*$/);
        expect(decodeURIComponent(header.slice(2))).toBe(key);
      }),
    );
  });

  it('there is none of a key that no object can have', () => {
    expect(() => copySourceOf({ bucket: 'b', key: 'a\ud800' })).toThrow(ObjectGone);
  });
});

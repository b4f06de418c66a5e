import { createHash } from 'node:crypto';

/** Longer keys are stored by their beginning and a digest. */
const maxPlainUnits = 64;
const digestUnits = 43;

/** One more than a plain key has, so that no key looks like another's digest. */
export const maxKeyUnits = maxPlainUnits + 1;

/** What is stored of a key, in UTF-16 units. */
export function storedKey(key: string): string {
  if (key.length <= maxPlainUnits) return key;
  const digest = createHash('sha256').update(Buffer.from(key, 'utf16le')).digest('base64url');
  return key.slice(0, maxKeyUnits - digestUnits) + digest;
}

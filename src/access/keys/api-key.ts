/**
 * The form of an API key, `ist_<id>_<secret>`: a prefix that secret scanners can find, an id that people can read and name,
 * and 32 random bytes. Only a keyed hash of the whole is stored.
 */
import { createHmac, randomBytes, randomInt } from 'node:crypto';

/** Without those that are read as another one. */
const readable = 'abcdefghjkmnpqrstuvwxyz23456789';
const idLength = 8;
const secretBytes = 32;
const form = /^ist_([a-z2-9]{8})_[A-Za-z0-9_-]{43}$/;

/** What every API key begins with. */
export const apiKeyPrefix = 'ist_';

export interface NewApiKey {
  readonly id: string;
  /** The whole key. */
  readonly text: string;
}

export function newApiKey(): NewApiKey {
  const id = Array.from({ length: idLength }, () => readable[randomInt(readable.length)]).join('');
  return { id, text: `${apiKeyPrefix}${id}_${randomBytes(secretBytes).toString('base64url')}` };
}

/** @returns the id; undefined for what is not in the form of a key */
export function idOfApiKey(text: string): string | undefined {
  return form.exec(text)?.[1];
}

/** @param hashKey what the store derives for `apiKeyHashing` */
export function hashApiKey(text: string, hashKey: Buffer): Buffer {
  return createHmac('sha256', hashKey).update(text).digest();
}

export const apiKeyHashing = 'hashing of API keys';

/**
 * What the store's key protects. Values that identify people are encrypted with AES-256-GCM; every purpose has a key of its
 * own, derived with HKDF (RFC 5869).
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export interface StoreCipher {
  /** @param place the column: a value that is moved to another one cannot be decrypted */
  encrypt(text: string, place: string): string;
  /** @throws Error for a value that was written with another key, or altered */
  decrypt(encrypted: string, place: string): string;
  /** A key of 32 bytes for another purpose. */
  deriveKey(purpose: string): Buffer;
  /** Says which key it is without disclosing it. */
  readonly fingerprint: string;
}

const ivBytes = 12;
const tagBytes = 16;
/** The version of the form, before the value. */
const form = '1.';

export function createStoreCipher(secret: string): StoreCipher {
  const deriveKey = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, 'isthmus store', purpose, 32));
  const key = deriveKey('encryption');
  return {
    deriveKey,
    fingerprint: createHmac('sha256', deriveKey('fingerprint')).update('isthmus').digest('base64url'),
    encrypt(text, place) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place));
      const encrypted = [cipher.update(text, 'utf8'), cipher.final()];
      return form + Buffer.concat([iv, ...encrypted, cipher.getAuthTag()]).toString('base64url');
    },
    decrypt(encrypted, place) {
      const bytes = Buffer.from(encrypted.slice(form.length), 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(place))
        .setAuthTag(bytes.subarray(-tagBytes));
      const body = bytes.subarray(ivBytes, -tagBytes);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
  };
}

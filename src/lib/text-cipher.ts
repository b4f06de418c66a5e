/** Texts encrypted with AES-256-GCM, each bound to the place that it is stored in. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export interface TextCipher {
  /** @param place the column: a value that is moved to another one cannot be decrypted */
  encrypt(text: string, place: string): string;
  /** @throws Error for a value that was written with another key, or altered */
  decrypt(encrypted: string, place: string): string;
}

const ivBytes = 12;
const tagBytes = 16;
/** The version of the form, before the value. */
const form = '1.';

/** @param key 32 bytes */
export function createTextCipher(key: Uint8Array): TextCipher {
  return {
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

/**
 * What the store's key protects. Values that identify people are encrypted with AES-256-GCM; every purpose has a key of its
 * own, derived with HKDF (RFC 5869).
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { createTextCipher, type TextCipher } from '../lib/index.ts';

export interface StoreCipher extends TextCipher {
  /** A key of 32 bytes for another purpose. */
  deriveKey(purpose: string): Buffer;
  /** Says which key it is without disclosing it. */
  readonly fingerprint: string;
}

export function createStoreCipher(secret: string): StoreCipher {
  const deriveKey = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, 'isthmus store', purpose, 32));
  return {
    ...createTextCipher(deriveKey('encryption')),
    deriveKey,
    fingerprint: createHmac('sha256', deriveKey('fingerprint')).update('isthmus').digest('base64url'),
  };
}

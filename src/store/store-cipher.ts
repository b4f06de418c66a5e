/**
 * What the store's key protects. Values that identify people are encrypted with AES-256-GCM; every purpose has a key of its
 * own, derived with HKDF (RFC 5869).
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { createTextCipher, type TextCipher } from '../lib/index.ts';

export interface StoreCipher extends TextCipher {
  readonly secret: string;
  /** Says which key it is without disclosing it. */
  readonly fingerprint: string;
}

export function createStoreCipher(secret: string): StoreCipher {
  return {
    ...createTextCipher(deriveKey(secret, 'encryption')),
    secret,
    fingerprint: createHmac('sha256', deriveKey(secret, 'fingerprint')).update('isthmus').digest('base64url'),
  };
}

/** @returns a key of 32 bytes for a purpose */
export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'isthmus store', purpose, 32));
}

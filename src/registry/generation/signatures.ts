/**
 * Signatures of generations: Ed25519 over graph, variant, number and content hash, by which the texts are named. Whoever can
 * write to the network or the disk between a registry and a gateway cannot give it another graph, nor another variant's.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson } from '../../lib/index.ts';
import type { PublishedGeneration } from './published-generation.ts';

type Signed = Pick<PublishedGeneration, 'graph' | 'variant' | 'number' | 'contentHash'>;

/** PKCS #8 of an Ed25519 key (RFC 8410) up to its 32 bytes. */
const privateKeyPrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
/** SubjectPublicKeyInfo of one. */
const publicKeyPrefix = Buffer.from('302a300506032b6570032100', 'hex');

export interface SigningKey {
  /** What gateways verify with: 43 characters, base64url. */
  readonly publicKey: string;
  /** @returns base64url */
  sign(generation: Signed): string;
}

/** @param seed 32 bytes */
export function createSigningKey(seed: Buffer): SigningKey {
  const key = createPrivateKey({ key: Buffer.concat([privateKeyPrefix, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: spki.subarray(publicKeyPrefix.length).toString('base64url'),
    sign: (generation) => sign(null, messageOf(generation), key).toString('base64url'),
  };
}

/** @param publicKey of a `SigningKey` */
export function isSignedBy(publicKey: string, generation: Signed, signature: string): boolean {
  return verify(null, messageOf(generation), publicKeyOf(publicKey), Buffer.from(signature, 'base64url'));
}

function publicKeyOf(text: string): KeyObject {
  const key = Buffer.concat([publicKeyPrefix, Buffer.from(text, 'base64url')]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

function messageOf({ graph, variant, number, contentHash }: Signed): Buffer {
  return Buffer.from(canonicalJson({ graph, variant, number, contentHash }));
}

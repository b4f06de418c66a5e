/**
 * The gateway's signing keys (ES256): one for each day, derived from one secret (HKDF, RFC 5869). All threads and gateways that
 * have the secret sign with the same key at the same time, and agree on the next one without a message.
 */
import { createECDH, createHash, hkdfSync } from 'node:crypto';
import type { importJWK, JSONWebKeySet, JWK } from 'jose';
import { jose } from '../jose.ts';

export interface SigningKey {
  readonly kid: string;
  readonly publicJwk: JWK;
  /** What signs. */
  readonly key: ReturnType<typeof importJWK>;
}

const periodMs = 24 * 60 * 60 * 1_000;
/** Of P-256 (SEC 2, section 2.4.2). */
const groupOrder = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** 8 bytes more than the key has: what the remainder favours is less than one in 2^64 (FIPS 186-5, A.2.1). */
const seedBytes = 40;

export class SigningKeys {
  readonly #secret: Uint8Array | string;
  readonly #keys = new Map<number, SigningKey>();

  constructor(secret: Uint8Array | string) {
    this.#secret = secret;
  }

  get current(): SigningKey {
    return this.#of(Math.floor(Date.now() / periodMs));
  }

  /** The keys of today, of yesterday, and of tomorrow: whoever has cached the set can verify what is signed after midnight. */
  get published(): JSONWebKeySet {
    const period = Math.floor(Date.now() / periodMs);
    return { keys: [period, period - 1, period + 1].map((number) => this.#of(number).publicJwk) };
  }

  #of(period: number): SigningKey {
    const cached = this.#keys.get(period);
    if (cached !== undefined) return cached;
    for (const number of this.#keys.keys()) if (number < period - 2) this.#keys.delete(number);
    const key = derive(this.#secret, period);
    this.#keys.set(period, key);
    return key;
  }
}

function derive(secret: Uint8Array | string, period: number): SigningKey {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', `isthmus statements ${period}`, seedBytes));
  const scalar = (BigInt(`0x${seed.toString('hex')}`) % (groupOrder - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(d);
  const point = curve.getPublicKey(); // 4, x, y
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')];
  const kid = createHash('sha256').update(point).digest('base64url').slice(0, 16);
  const jwk = { kty: 'EC', crv: 'P-256', x, y };
  return {
    kid,
    publicJwk: { ...jwk, kid, alg: 'ES256', use: 'sig' },
    key: jose().importJWK({ ...jwk, d: d.toString('base64url') }, 'ES256'),
  };
}

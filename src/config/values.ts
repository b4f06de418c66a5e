/** The kinds of value that several keys of supergraph.yaml take, each with the sentence for what does not fit. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { parseRedisUrl } from '../lib/index.ts';
import { durationPattern, parseDuration } from './units.ts';

/** More than 0, and what a timer can wait. */
export const duration = z
  .string()
  .regex(durationPattern, 'write a duration such as 500ms, 10s or 5m')
  .refine((text) => (parseDuration(text) ?? 0) > 0, 'a duration must be more than 0')
  .refine((text) => (parseDuration(text) ?? 0) <= 2_147_483_647, 'a duration must be at most 24d');

const dayMs = 86_400_000;
const mostDays = 3_650;

/** More than 0; no timer waits for it, so it may be years. */
export const longDuration = z
  .string()
  .regex(durationPattern, 'write a duration such as 12h or 7d')
  .refine((text) => (parseDuration(text) ?? 0) > 0, 'a duration must be more than 0')
  .refine((text) => (parseDuration(text) ?? 0) <= mostDays * dayMs, `a duration must be at most ${mostDays}d`);

export const durationOr = (fallback: string, description: string) => duration.default(fallback).describe(description);

/** @param whole the URL that is meant, where what is written has places to fill */
export const httpUrlOf = (whole: (text: string) => string) =>
  z
    .string()
    .regex(/^https?:\/\/[^\s]+$/, 'write an http:// or https:// URL')
    .refine((text) => URL.canParse(whole(text)), 'write an http:// or https:// URL');

export const httpUrl = httpUrlOf((text) => text);

/** An origin, an origin with any port (`http://localhost:*`), or `*`. */
export function isOriginPattern(text: string): boolean {
  if (text === '*') return true;
  const origin = text.endsWith(':*') ? text.slice(0, -2) : text;
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.origin === origin && (text === origin || url.port === '');
}

/** An address, or a network in CIDR notation. */
export const network = z.string().refine((text) => {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}, 'write an address or a network such as 10.0.0.0/8');

/** One server, the primary that Sentinels name, or a cluster: see `parseRedisUrl`. */
export const redisUrl = z
  .string()
  .refine(
    (text) => parseRedisUrl(text) !== undefined,
    'write redis://host:port, redis-sentinel://host:port,host:port/name or redis-cluster://host:port,host:port (rediss for TLS)',
  );

/** `cache`: where answers are cached, and which. */
import { z } from 'zod';
import { parseDuration, parseSize, sizePattern } from './units.ts';
import { durationOr } from './values.ts';

const zeroDuration = /^0(ms|s|m|h|d)?$/;
/** A duration, or 0 for not at all. */
const durationOrNone = (description: string) =>
  z
    .string()
    .refine(
      (text) => zeroDuration.test(text) || (parseDuration(text) ?? 0) > 0,
      'write a duration such as 500ms, 10s or 5m, or 0s',
    )
    .default('0s')
    .describe(description);

export const cacheYaml = z
  .strictObject({
    store: z
      .enum(['memory', 'redis'])
      .default('memory')
      .describe('Where answers of GraphQL and automatic persisted queries are cached.'),
    url: z
      .string()
      .regex(/^rediss?:\/\//, 'write a redis:// or rediss:// URL')
      .optional()
      .describe('The URL of Redis or Valkey, with `store: redis`.'),
    max_size: z
      .string()
      .regex(sizePattern, 'write a size such as 64mb')
      .refine((text) => (parseSize(text) ?? 0) > 0, 'a size must be more than 0')
      .default('64mb')
      .describe('The most memory for cached answers of GraphQL.'),
    response: z
      .strictObject({
        enabled: z
          .boolean()
          .default(false)
          .describe('Whether whole answers are cached, for as long as what they read allows.'),
        default_max_age: durationOrNone(
          'How long an answer is cached of which neither the subgraph’s response nor its schema says anything.',
        ),
        max_age: durationOr('1d', 'The longest that an answer is cached, whatever subgraphs say.'),
        scope_by: z
          .string()
          .regex(/^(principal|tenant|claims\.[\w:./-]+)$/, 'write principal, tenant, or claims.<name>')
          .default('principal')
          .describe(
            'Who shares private answers: nobody (`principal`), the callers of a tenant, or those with the same value of a claim.',
          ),
        stale_while_revalidate: durationOrNone(
          'How long after its time an answer is still sent while it is read anew.',
        ),
        stale_if_error: durationOrNone('How long after its time an answer is still sent where reading it anew fails.'),
      })
      .prefault({}),
  })
  .refine(({ store, url }) => store === 'memory' || url !== undefined, {
    message: 'name the Redis server: add url',
    path: ['url'],
  })
  .refine(({ store, url }) => store === 'redis' || url === undefined, {
    message: 'url belongs to store: redis',
    path: ['url'],
  })
  .prefault({});

/** Where cached bytes are. */
export interface CacheStoreConfig {
  readonly store: { readonly kind: 'memory' } | { readonly kind: 'redis'; readonly url: string };
  readonly maxBytes: number;
}

export interface ResponseCacheConfig {
  readonly defaultMaxAgeMs: number;
  readonly maxAgeMs: number;
  readonly scopeBy:
    | { readonly kind: 'principal' }
    | { readonly kind: 'tenant' }
    | { readonly kind: 'claim'; readonly name: string };
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

export interface CacheConfig extends CacheStoreConfig {
  /** Undefined: whole answers are not cached. */
  readonly response: ResponseCacheConfig | undefined;
}

export function resolveCache({ url, max_size, response }: z.output<typeof cacheYaml>): CacheConfig {
  const milliseconds = (text: string) => parseDuration(text) ?? 0;
  return {
    store: url === undefined ? { kind: 'memory' } : { kind: 'redis', url },
    maxBytes: parseSize(max_size) ?? 0,
    response: response.enabled
      ? {
          defaultMaxAgeMs: milliseconds(response.default_max_age),
          maxAgeMs: milliseconds(response.max_age),
          scopeBy: scopeByOf(response.scope_by),
          staleWhileRevalidateMs: milliseconds(response.stale_while_revalidate),
          staleIfErrorMs: milliseconds(response.stale_if_error),
        }
      : undefined,
  };
}

function scopeByOf(text: string): ResponseCacheConfig['scopeBy'] {
  if (text === 'principal' || text === 'tenant') return { kind: text };
  return { kind: 'claim', name: text.slice('claims.'.length) };
}

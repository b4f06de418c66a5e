/** Where cached bytes are: the keys that each cache of the configuration has for it. */
import { z } from 'zod';
import { parseSize, sizePattern } from './units.ts';
import { redisUrl } from './values.ts';

/** The forms of `store`. */
const stores = z.union([z.enum(['memory', 'redis']), z.tuple([z.literal('memory'), z.literal('redis')])], {
  error: 'write memory, redis or [memory, redis]',
});

/** @param whatIsCached as the subject of a sentence: `answers` */
export function cacheStoreKeys(whatIsCached: string) {
  return {
    store: stores
      .default('memory')
      .describe(
        `Where ${whatIsCached} are cached. \`[memory, redis]\`: in Redis, with the ones of the last seconds in memory, too.`,
      ),
    url: redisUrl.optional().describe('The URL of Redis or Valkey, with `store: redis` and `[memory, redis]`.'),
    max_size: z
      .string()
      .regex(sizePattern, 'write a size such as 64mb')
      .refine((text) => (parseSize(text) ?? 0) > 0, 'a size must be more than 0')
      .default('64mb')
      .describe(`The most memory for cached ${whatIsCached}.`),
  };
}

type CacheStoreYaml = z.output<z.ZodObject<ReturnType<typeof cacheStoreKeys>>>;

/** What a configuration with these keys is checked for: the parameters of two refinements of zod. */
export const urlIsPresent: Refinement = [
  ({ store, url }) => store === 'memory' || url !== undefined,
  { message: 'name the Redis server: add url', path: ['url'] },
];
export const urlBelongs: Refinement = [
  ({ store, url }) => store !== 'memory' || url === undefined,
  { message: 'url belongs to store: redis', path: ['url'] },
];

type Refinement = [(yaml: CacheStoreYaml) => boolean, { message: string; path: string[] }];

/** Where cached bytes are. */
export interface CacheStoreConfig {
  readonly store:
    | { readonly kind: 'memory' }
    /** `both`: with a part of it in memory. */
    | { readonly kind: 'redis' | 'both'; readonly url: string };
  readonly maxBytes: number;
}

export function resolveCacheStore({ store, url, max_size }: CacheStoreYaml): CacheStoreConfig {
  const maxBytes = parseSize(max_size) ?? 0;
  if (store === 'memory' || url === undefined) return { store: { kind: 'memory' }, maxBytes };
  return { store: { kind: store === 'redis' ? 'redis' : 'both', url }, maxBytes };
}

/** `cache`: where answers are cached, and which. */
import { z } from 'zod';
import { type CacheStoreConfig, cacheStoreKeys, resolveCacheStore, urlBelongs, urlIsPresent } from './cache-store.ts';
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

/** How long and for whom something is kept. */
const lifetimeKeys = {
  default_max_age: durationOrNone(
    'How long is cached what neither the subgraph’s response nor its schema says anything of.',
  ),
  max_age: durationOr('1d', 'The longest that an answer is cached, whatever subgraphs say.'),
  scope_by: z
    .string()
    .regex(/^(principal|tenant|claims\.[\w:./-]+)$/, 'write principal, tenant, or claims.<name>')
    .default('principal')
    .describe(
      'Who shares private answers: nobody (`principal`), the callers of a tenant, or those with the same value of a claim.',
    ),
  stale_while_revalidate: durationOrNone('How long after its time an answer is still sent while it is read anew.'),
  stale_if_error: durationOrNone('How long after its time an answer is still sent where reading it anew fails.'),
};

const callersYaml = z.strictObject({
  ids: z.array(z.string().min(1)).default([]).describe('Callers by their id.'),
  scopes: z.array(z.string().min(1)).default([]).describe('Callers with any of these scopes.'),
  roles: z.array(z.string().min(1)).default([]).describe('Callers with any of these roles.'),
});

export const cacheYaml = z
  .strictObject({
    client_directives: z
      .union([z.boolean(), callersYaml])
      .default(false)
      .describe(
        'Whose `Cache-Control` in requests is followed (`no-cache`, `no-store`, `max-age`, `max-stale`, `min-fresh`, `only-if-cached`; RFC 9111): nobody’s, everyone’s (`true`), or that of the callers listed. Whoever may send `no-cache` may have subgraphs asked each time.',
      ),
    explain: z
      .enum(['scope', 'everyone', 'off'])
      .default('scope')
      .describe(
        'Who may ask what the caches did, with the request header `isthmus-explain: cache`. `scope`: callers with the scope `cache:explain`.',
      ),
    verify: z
      .string()
      .regex(/^(100|\d{1,2}(\.\d{1,4})?)%$/, 'write a share such as 1% or 0.1%')
      .default('0%')
      .describe(
        'The share of hits that are compared with their source, after the answer: what differs is logged with its type and field.',
      ),
    ...cacheStoreKeys('answers of GraphQL and automatic persisted queries'),
    response: z
      .strictObject({
        enabled: z
          .boolean()
          .default(false)
          .describe('Whether whole answers are cached, for as long as what they read allows.'),
        max_answer: z
          .string()
          .regex(sizePattern, 'write a size such as 1mb')
          .refine((text) => (parseSize(text) ?? 0) > 0, 'a size must be more than 0')
          .default('1mb')
          .describe(
            'The longest answer that is cached. A store has a bound of its own: an eighth of `max_size`, in Redis 8 MB.',
          ),
        ...lifetimeKeys,
        surrogate_keys: z
          .strictObject({
            enabled: z
              .boolean()
              .default(false)
              .describe('Whether public answers have `Surrogate-Key` and `Cache-Tag`, by which a CDN removes them.'),
            max_length: z
              .string()
              .regex(sizePattern, 'write a size such as 4kb')
              .refine((text) => (parseSize(text) ?? 0) > 0, 'a size must be more than 0')
              .default('2kb')
              .describe('The longest value of each of these headers; an answer with longer ones is not for a CDN.'),
          })
          .prefault({}),
      })
      .prefault({}),
    entities: z
      .strictObject({
        enabled: z
          .boolean()
          .default(false)
          .describe('Whether what subgraphs answer is cached: each entity, and fields of the root.'),
        negative_max_age: z
          .string()
          .refine(
            (text) => zeroDuration.test(text) || (parseDuration(text) ?? 0) > 0,
            'write a duration such as 10s, or 0s',
          )
          .optional()
          .describe(
            'The longest that it is cached that an entity does not exist. By default as long as one that does.',
          ),
        ...lifetimeKeys,
        subgraphs: z
          .record(z.string().min(1), z.boolean())
          .default({})
          .describe('Subgraphs of which more, or less, than `enabled` says is cached: `{ inventory: false }`.'),
      })
      .prefault({}),
  })
  .refine(...urlIsPresent)
  .refine(...urlBelongs)
  .prefault({});

/** Who shares private answers. */
export type CacheScope =
  | { readonly kind: 'principal' }
  | { readonly kind: 'tenant' }
  | { readonly kind: 'claim'; readonly name: string };

export interface LifetimeConfig {
  readonly defaultMaxAgeMs: number;
  readonly maxAgeMs: number;
  readonly scopeBy: CacheScope;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

/** Callers by any of what they have. */
export interface CallersConfig {
  readonly ids: readonly string[];
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

export interface ResponsesConfig extends LifetimeConfig {
  readonly maxAnswerBytes: number;
  /** The longest value of a header of surrogate keys; undefined: public answers have none. */
  readonly surrogateKeysLength: number | undefined;
}

export interface EntitiesConfig extends LifetimeConfig {
  /** Of entities that do not exist. */
  readonly negativeMaxAgeMs: number;
}

export interface CacheConfig extends CacheStoreConfig {
  /** Undefined: whole answers are not cached. */
  readonly response: ResponsesConfig | undefined;
  /** By subgraph; those that are missing are not cached. */
  readonly entities: Readonly<Record<string, EntitiesConfig>>;
  /** Whose `Cache-Control` is followed. */
  readonly clientDirectives: 'nobody' | 'everyone' | CallersConfig;
  readonly explain: 'scope' | 'everyone' | 'off';
  /** The part of hits that are compared with their source, from 0 to 1. */
  readonly verifiedShare: number;
}

/** @param subgraphs the names of those whose answers may be cached */
export function resolveCache(yaml: z.output<typeof cacheYaml>, subgraphs: readonly string[]): CacheConfig {
  const { response, entities, client_directives, explain, verify } = yaml;
  const cached = subgraphs.filter((name) => entities.subgraphs[name] ?? entities.enabled);
  return {
    ...resolveCacheStore(yaml),
    response: response.enabled ? resolveResponses(response) : undefined,
    entities: Object.fromEntries(cached.map((name) => [name, resolveEntities(entities)])),
    clientDirectives:
      typeof client_directives === 'boolean' ? (client_directives ? 'everyone' : 'nobody') : client_directives,
    explain,
    verifiedShare: Number.parseFloat(verify) / 100,
  };
}

type LifetimeYaml = Pick<z.output<typeof cacheYaml>['response'], keyof typeof lifetimeKeys>;

function resolveResponses(yaml: z.output<typeof cacheYaml>['response']): ResponsesConfig {
  const { max_answer, surrogate_keys } = yaml;
  return {
    ...resolveLifetime(yaml),
    maxAnswerBytes: parseSize(max_answer) ?? 0,
    surrogateKeysLength: surrogate_keys.enabled ? parseSize(surrogate_keys.max_length) : undefined,
  };
}

function resolveLifetime(yaml: LifetimeYaml): LifetimeConfig {
  const milliseconds = (text: string) => parseDuration(text) ?? 0;
  return {
    defaultMaxAgeMs: milliseconds(yaml.default_max_age),
    maxAgeMs: milliseconds(yaml.max_age),
    scopeBy: scopeByOf(yaml.scope_by),
    staleWhileRevalidateMs: milliseconds(yaml.stale_while_revalidate),
    staleIfErrorMs: milliseconds(yaml.stale_if_error),
  };
}

function resolveEntities(yaml: z.output<typeof cacheYaml>['entities']): EntitiesConfig {
  const { negative_max_age: negative } = yaml;
  const lifetime = resolveLifetime(yaml);
  return { ...lifetime, negativeMaxAgeMs: negative === undefined ? lifetime.maxAgeMs : (parseDuration(negative) ?? 0) };
}

function scopeByOf(text: string): CacheScope {
  if (text === 'principal' || text === 'tenant') return { kind: text };
  return { kind: 'claim', name: text.slice('claims.'.length) };
}

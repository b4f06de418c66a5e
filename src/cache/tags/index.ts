export type { CacheRules, EntityKey, EntityType, EntityTypes, TaggedField, TaggedType } from './cache-rules.ts';
export { identifyingTags, plainPath } from './entity-tags.ts';
export { type Changes, type SentRequest, SubgraphTags } from './subgraph-tags.ts';
export { surrogateKeysOf } from './surrogate-keys.ts';
export { type FormatReference, parseTagFormat, type TagFormat } from './tag-format.ts';
export { cacheTag, coarsened, tenantTag, withGroups } from './tag-names.ts';

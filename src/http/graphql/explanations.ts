/** The parts of an answer that a client may have explained (`isthmus-explain: ai, access, cache, cost, deprecations`), each with who may ask for it. */
import type { Principal } from '../../access/index.ts';
import type { ResolvedConfig } from '../../config/index.ts';
import type { GraphQLHttpRequest } from './read-graphql-request.ts';
import { hasAiFields } from './report-costs.ts';

export type Explainable = ReadonlyMap<string, (principal: Principal) => boolean>;

/** The scope whose callers may read the rules of what they are denied. */
const explainScope = 'access:explain';
/** The scope whose callers may read what caches did. */
const cacheScope = 'cache:explain';

const nothing: ReadonlySet<string> = new Set();

export function explainableBy(config: ResolvedConfig): Explainable {
  const { ai, access, cache, limits } = config;
  const explainable = new Map<string, (principal: Principal) => boolean>();
  // A client is told of what it has named alone.
  explainable.set('deprecations', () => true);
  if (ai.fields.explain.enabled) explainable.set('ai', () => true);
  if (limits.cost !== undefined || hasAiFields(config)) explainable.set('cost', () => true);
  if (access.explain !== 'off') {
    // In the mode audit nothing is kept from anyone: rules then tell nothing that helps.
    const isOpen = access.explain === 'everyone' || access.mode === 'audit';
    explainable.set('access', ({ scopes }) => isOpen || scopes.includes(explainScope));
  }
  const isCaching = cache.response !== undefined || Object.keys(cache.entities).length > 0;
  if (isCaching && cache.explain !== 'off')
    explainable.set('cache', ({ scopes }) => cache.explain === 'everyone' || scopes.includes(cacheScope));
  return explainable;
}

/** What the client wants explained, as far as it may ask. */
export function requestedExplanations(
  explainable: Explainable,
  { headers }: GraphQLHttpRequest,
  principal: Principal,
): ReadonlySet<string> {
  const header = headers['isthmus-explain'];
  if (header === undefined || explainable.size === 0) return nothing;
  const names = String(header).split(',');
  return new Set(names.map((name) => name.trim()).filter((name) => explainable.get(name)?.(principal) === true));
}

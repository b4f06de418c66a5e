import type { AiConfig } from '../../../config/index.ts';
import type { Signals } from '../../../signals/index.ts';
import type { ModelClient } from '../model-call.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { CallKeys, SimilarAnswers } from './call-caches.ts';
import { SemanticCache, type SemanticScope } from './semantic-cache.ts';

/**
 * Creates the semantic caches of the aliases that configure one; `undefined`: none does.
 *
 * @param client embeds texts
 * @param signals to the caches of other workers
 */
export function createSimilarAnswers(
  models: AiConfig['models'],
  answers: AnswerCache,
  client: ModelClient,
  signals: Signals,
): SimilarAnswers | undefined {
  const caches = new Map<string, SemanticCache>();
  for (const [alias, { cache }] of Object.entries(models)) {
    if (cache.semantic === undefined) continue;
    const { embedding, threshold } = cache.semantic;
    const caller = { id: 'semantic-cache', tenant: 'isthmus' };
    caches.set(
      alias,
      new SemanticCache({
        answers,
        threshold,
        share: { signals, topic: `semantic cache ${alias}` },
        embed: (texts, { signal, deadline, account }) =>
          client.embed({
            alias: embedding,
            caller,
            request: { texts },
            signal,
            deadline,
            account,
          }),
      }),
    );
  }
  if (caches.size === 0) return undefined;
  return {
    async read(keys, bounds) {
      const hit = await caches.get(keys.route.alias)?.find(keys.request, scopeOf(keys), bounds);
      return hit === undefined ? undefined : { answer: hit.answer, model: keys.scope.target };
    },
    put(keys, scope) {
      caches.get(keys.route.alias)?.put(keys.request, { ...scopeOf(keys), ...scope });
    },
    close() {
      for (const cache of caches.values()) cache.close();
    },
  };
}

function scopeOf({ scope, route, call }: CallKeys): SemanticScope {
  return { ...scope, alias: route.alias, ...(call.prompt === undefined ? {} : { prompt: call.prompt }) };
}

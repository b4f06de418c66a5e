/** An answer of cached parts alone, whose data is made when it is read: a run that is repeated does not read it. */
import { cloneJson } from '../lib/index.ts';
import type { SubgraphResponse } from '../transport/index.ts';
import type { Part } from './part.ts';

export function cachedAnswer(parts: readonly Part[], isOfEntities: boolean): SubgraphResponse {
  const versions = parts.map(({ cached }) => cached?.response.version ?? 0);
  let data: Record<string, unknown> | null | undefined;
  return {
    versions,
    get data() {
      data ??= isOfEntities
        ? { _entities: parts.map(ownValue) }
        : (ownValue(parts[0]) as Record<string, unknown> | null);
      return data;
    },
  };
}

/** A value of its own: whoever gets it may write into it. */
export function ownValue(part: Part | undefined): unknown {
  return part?.cached === undefined ? null : cloneJson(part.cached.response.value);
}

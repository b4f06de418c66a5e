/** One answer of what was cached and what was read in groups, each entity and each error in its place. */
import type { GatewayError } from '../errors/index.ts';
import type { SubgraphError, SubgraphNote, SubgraphResponse } from '../transport/index.ts';

/** Parts of an answer that were read together, by their places. */
export type Group<Part> =
  | { readonly kind: 'answered'; readonly indexes: readonly number[]; readonly response: SubgraphResponse }
  | { readonly kind: 'failed'; readonly indexes: readonly number[]; readonly error: GatewayError }
  /** Others have read and stored them meanwhile. */
  | { readonly kind: 'cached'; readonly indexes: readonly number[]; readonly parts: readonly Part[] };

export interface JoinOptions {
  /** Of all parts. */
  readonly count: number;
  readonly groups: readonly Group<unknown>[];
  /** Places without a value, with the reason. */
  readonly failed: ReadonlyMap<number, GatewayError>;
  /** The cached value at a place that no group has answered. */
  readonly read: (index: number) => unknown;
  readonly notes: readonly SubgraphNote[];
}

export function joinGroups({ count, groups, failed, read, notes: own }: JoinOptions): SubgraphResponse {
  const entities = new Array<unknown>(count);
  const isAnswered = new Set<number>(failed.keys());
  const errors: SubgraphError[] = [];
  const notes: SubgraphNote[] = [...own];
  let further: SubgraphResponse = {};
  for (const group of groups) {
    if (group.kind !== 'answered') continue;
    const { indexes, response } = group;
    const received = entitiesOf(response, indexes.length);
    if (received === undefined && response.errors === undefined) return response; // malformed
    for (const [position, index] of indexes.entries()) {
      entities[index] = received?.[position] ?? null;
      isAnswered.add(index);
    }
    errors.push(...(response.errors ?? []).map((error) => inPlace(error, indexes)));
    notes.push(...(response.notes ?? []));
    further = { ...further, ...response };
  }
  for (const [index, error] of failed) {
    entities[index] = null;
    errors.push({ message: error.message, path: ['_entities', index], cause: error });
  }
  for (let index = 0; index < count; index++) if (!isAnswered.has(index)) entities[index] = read(index);
  return {
    data: { ...further.data, _entities: entities },
    ...(errors.length === 0 ? {} : { errors }),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

export function entitiesOf({ data }: SubgraphResponse, count: number): readonly unknown[] | undefined {
  const entities = data?._entities;
  return Array.isArray(entities) && entities.length === count ? entities : undefined;
}

/** An answer that may be cached: nothing of it is an error, or of this request alone. */
export function isWhole({ data, errors, notes }: SubgraphResponse): boolean {
  return data != null && errors === undefined && (notes === undefined || notes.length === 0);
}

function inPlace(error: SubgraphError, indexes: readonly number[]): SubgraphError {
  const [field, position, ...inEntity] = error.path ?? [];
  const index = field === '_entities' && typeof position === 'number' ? indexes[position] : undefined;
  return index === undefined ? error : { ...error, path: ['_entities', index, ...inEntity] };
}

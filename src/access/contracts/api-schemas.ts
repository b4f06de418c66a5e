/**
 * The API schemas of a generation: the whole one, those of contracts, and of each what a caller may use of it. They are
 * made when they are first needed, in slices with the event loop free in between. What contracts have stays; the rest is
 * within `limits.memory`, the least recently used evicted first.
 */
import type { GraphQLSchema } from 'graphql';
import { type CacheGroup, invariant } from '../../lib/index.ts';
import { buildApiSchema, type Composition, type HiddenElements } from '../../supergraph/index.ts';
import type { Access, VisiblePart } from '../access.ts';
import type { Caller } from '../rules/decide.ts';

/** The API schema that an operation is validated against. */
export interface ApiView {
  /** Undefined: the whole API schema. */
  readonly contract: string | undefined;
  readonly schema: GraphQLSchema;
}

export interface ApiSchemas {
  /** @param contract of the configuration; undefined: the whole API schema */
  view(contract: string | undefined): Promise<ApiView>;
  /** The part of a view that the caller may use: for introspection and suggestions. */
  visible(view: ApiView, caller: Caller): Promise<GraphQLSchema>;
}

export interface ApiSchemasOptions {
  readonly schema: GraphQLSchema;
  readonly composition: Pick<Composition, 'apiPieces' | 'contracts'>;
  readonly access: Access | undefined;
  readonly caches: CacheGroup;
}

/** What a schema retains for each character of its SDL: 52 with 300 fields, 39 with 10,000. */
const bytesPerCharacter = 50;

export function createApiSchemas({ schema, composition, access, caches }: ApiSchemasOptions): ApiSchemas {
  const { apiPieces, contracts } = composition;
  const length = apiPieces.reduce((sum, piece) => sum + piece.length, 0);
  const whole: ApiView = { contract: undefined, schema };
  const views = new Map<string, Promise<ApiView>>();
  const parts = caches.cache<GraphQLSchema>();
  const building = new Map<string, Promise<GraphQLSchema>>();

  async function viewOf(contract: string, hidden: HiddenElements): Promise<ApiView> {
    return { contract, schema: hidden.size === 0 ? schema : await buildApiSchema(apiPieces, hidden) };
  }

  function partOf({ contract, schema: apiSchema }: ApiView, part: VisiblePart): Promise<GraphQLSchema> {
    const key = `${part.outcome} ${contract ?? ''}`;
    const cached = parts.get(key);
    if (cached !== undefined) return Promise.resolve(cached);
    let built = building.get(key);
    if (built === undefined) {
      const hidden = new Set([...part.hiddenFrom(apiSchema), ...((contract && contracts.get(contract)) || [])]);
      built = buildApiSchema(apiPieces, hidden)
        .then((visible) => {
          parts.set(key, visible, length * bytesPerCharacter);
          return visible;
        })
        .finally(() => building.delete(key));
      building.set(key, built);
    }
    return built;
  }

  return {
    async view(contract) {
      if (contract === undefined) return whole;
      const hidden = contracts.get(contract);
      invariant(hidden !== undefined, 'composition has composed every contract');
      let view = views.get(contract);
      if (view === undefined) {
        view = viewOf(contract, hidden);
        views.set(contract, view);
      }
      return view;
    },
    async visible(view, caller) {
      const part = await access?.visibleTo(caller);
      return part === undefined ? view.schema : partOf(view, part);
    },
  };
}

/**
 * What a caller may publish, by the scopes of its API key:
 *
 *     registry:publish                            everything
 *     registry:publish:shop                       all variants of a graph
 *     registry:publish:shop@production            one variant
 *     registry:publish:shop/products              a subgraph, in all variants
 *     registry:publish:shop@production/products   a subgraph of one variant
 */
import { formatGraphRef, type GraphRef } from '../../config/index.ts';
import { type ContentChange, RegistryError } from '../publish/index.ts';

export interface PublishRight {
  readonly graph: string;
  /** Undefined: all of them. */
  readonly variant: string | undefined;
  /** Undefined: the whole graph. */
  readonly subgraph: string | undefined;
}

export type PublishRights = 'all' | readonly PublishRight[];

/** For the registry alone: to read it, and to publish. */
export const publishScope = 'registry:publish';

const name = '[A-Za-z][A-Za-z0-9_-]{0,63}';
const narrowScope = new RegExp(`^${publishScope}:(${name})(?:@(${name}))?(?:/([^/\\s]+))?$`);

/** A scope of another form gives no right. */
export function publishRightsOf(scopes: readonly string[]): PublishRights {
  if (scopes.includes(publishScope)) return 'all';
  return scopes.flatMap((scope) => {
    const [, graph, variant, subgraph] = narrowScope.exec(scope) ?? [];
    return graph === undefined ? [] : [{ graph, variant, subgraph }];
  });
}

/** @throws RegistryError FORBIDDEN, naming a scope that would do */
export function requireGraphRight(rights: PublishRights, ref: GraphRef): void {
  if (!allows(rights, ref, undefined)) throw missing(`${publishScope}:${formatGraphRef(ref)}`);
}

/** @throws RegistryError FORBIDDEN, naming a scope that would do */
export function requireChangeRight(rights: PublishRights, ref: GraphRef, change: ContentChange): void {
  const subgraphs = subgraphsOf(change);
  if (subgraphs === undefined) requireGraphRight(rights, ref);
  for (const subgraph of subgraphs ?? [])
    if (!allows(rights, ref, subgraph)) throw missing(`${publishScope}:${formatGraphRef(ref)}/${subgraph}`);
}

export function mayChange(rights: PublishRights, ref: GraphRef, change: ContentChange): boolean {
  return subgraphsOf(change)?.every((subgraph) => allows(rights, ref, subgraph)) ?? allows(rights, ref, undefined);
}

/** Undefined: the change is about more than subgraphs. */
function subgraphsOf(change: ContentChange): readonly string[] | undefined {
  if (change.kind === 'operations') return undefined;
  if (change.kind === 'delete') return change.subgraphs;
  return change.settings === undefined && change.subgraphs.length > 0
    ? change.subgraphs.map((subgraph) => subgraph.name)
    : undefined;
}

function allows(rights: PublishRights, { graph, variant }: GraphRef, subgraph: string | undefined): boolean {
  if (rights === 'all') return true;
  return rights.some(
    (right) =>
      right.graph === graph &&
      (right.variant ?? variant) === variant &&
      (right.subgraph === undefined || right.subgraph === subgraph),
  );
}

function missing(scope: string): RegistryError {
  return new RegistryError(
    'FORBIDDEN',
    `This requires the scope ${scope}, or one that includes it: ${publishScope} or admin:write.`,
  );
}

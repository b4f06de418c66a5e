/**
 * A subgraph whose root types have names of its own, asked by these and answering by those of the supergraph: type
 * conditions of what it is sent, and every `__typename` that was selected. Nothing else of an answer is looked at.
 */
import {
  type DocumentNode,
  Kind,
  type NamedTypeNode,
  parse,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { SubgraphClient, SubgraphRequest, SubgraphResponse } from './subgraph-client.ts';

/** A request in the subgraph's names, and what of its answer says a type. */
interface Renamed {
  readonly query: string;
  readonly queryJson: string;
  readonly selectionSet: SelectionSetNode | undefined;
}

const maxQueries = 1_000;

/** @param roots the supergraph's names by the subgraph's own */
export function withRootTypeNames(client: SubgraphClient, roots: ReadonlyMap<string, string>): SubgraphClient {
  if (roots.size === 0) return client;
  const own = new Map([...roots].map(([name, standard]) => [standard, name]));
  const queries = new LRUCache<string, Renamed>({ max: maxQueries });

  function renamed(query: string): Renamed {
    const known = queries.get(query);
    if (known !== undefined) return known;
    const made = read(parse(query, { noLocation: true }), own);
    queries.set(query, made);
    return made;
  }

  const { status } = client;
  return {
    name: client.name,
    kind: client.kind,
    async execute(request: SubgraphRequest, context): Promise<SubgraphResponse> {
      const { query, queryJson, selectionSet } = renamed(request.query);
      const response = await client.execute({ ...request, query, queryJson }, context);
      if (selectionSet !== undefined) tellStandard(response.data, selectionSet, roots);
      return response;
    },
    ...(status === undefined ? {} : { status: () => status.call(client) }),
    close: () => client.close(),
  };
}

function read(document: DocumentNode, own: ReadonlyMap<string, string>): Renamed {
  let selectionSet: SelectionSetNode | undefined;
  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) selectionSet = definition.selectionSet;
  const changed = visit(document, {
    InlineFragment: ({ typeCondition, ...rest }) => {
      const name = typeCondition === undefined ? undefined : own.get(typeCondition.name.value);
      if (name === undefined) return undefined;
      const condition: NamedTypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } };
      return { ...rest, typeCondition: condition };
    },
  });
  const query = stripIgnoredCharacters(print(changed));
  return { query, queryJson: JSON.stringify(query), selectionSet };
}

function tellStandard(value: unknown, set: SelectionSetNode, roots: ReadonlyMap<string, string>): void {
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) {
    for (const item of value) tellStandard(item, set, roots);
    return;
  }
  const object = value as Record<string, unknown>;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      tellStandard(object, selection.selectionSet, roots);
      continue;
    }
    const key = (selection.alias ?? selection.name).value;
    if (!Object.hasOwn(object, key)) continue;
    if (selection.selectionSet !== undefined) tellStandard(object[key], selection.selectionSet, roots);
    else if (selection.name.value === '__typename') {
      const standard = typeof object[key] === 'string' ? roots.get(object[key]) : undefined;
      if (standard !== undefined) object[key] = standard;
    }
  }
}

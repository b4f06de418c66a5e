/**
 * A subgraph whose root types have names of its own: type conditions in requests use the subgraph's names, and every
 * selected `__typename` in its answers is changed to the supergraph's. Nothing else of an answer is read.
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
import { TextCache } from '../lib/index.ts';
import type { SubgraphClient, SubgraphRequest, SubgraphResponse } from './subgraph-client.ts';

/** A request in the subgraph's names, and the selection that its answer has. */
interface Renamed {
  readonly query: string;
  readonly queryJson: string;
  readonly selectionSet: SelectionSetNode | undefined;
}

/** @param roots the supergraph's names by the subgraph's own */
export function withRootTypeNames(client: SubgraphClient, roots: ReadonlyMap<string, string>): SubgraphClient {
  if (roots.size === 0) return client;
  const subgraphNames = new Map([...roots].map(([name, standard]) => [standard, name]));
  const queries = new TextCache<Renamed>((query) => rename(parse(query, { noLocation: true }), subgraphNames));

  const { status } = client;
  return {
    name: client.name,
    kind: client.kind,
    async execute(request: SubgraphRequest, context): Promise<SubgraphResponse> {
      const { query, queryJson, selectionSet } = queries.of(request.query);
      const response = await client.execute({ ...request, query, queryJson }, context);
      if (selectionSet !== undefined) standardiseNames(response.data, selectionSet, roots);
      return response;
    },
    ...(status === undefined ? {} : { status: () => status.call(client) }),
    close: () => client.close(),
  };
}

function rename(document: DocumentNode, subgraphNames: ReadonlyMap<string, string>): Renamed {
  let selectionSet: SelectionSetNode | undefined;
  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) selectionSet = definition.selectionSet;
  const changed = visit(document, {
    InlineFragment: ({ typeCondition, ...rest }) => {
      const name = typeCondition === undefined ? undefined : subgraphNames.get(typeCondition.name.value);
      if (name === undefined) return undefined;
      const condition: NamedTypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } };
      return { ...rest, typeCondition: condition };
    },
  });
  const query = stripIgnoredCharacters(print(changed));
  return { query, queryJson: JSON.stringify(query), selectionSet };
}

function standardiseNames(value: unknown, set: SelectionSetNode, roots: ReadonlyMap<string, string>): void {
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) {
    for (const item of value) standardiseNames(item, set, roots);
    return;
  }
  const object = value as Record<string, unknown>;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      standardiseNames(object, selection.selectionSet, roots);
      continue;
    }
    const key = (selection.alias ?? selection.name).value;
    if (!Object.hasOwn(object, key)) continue;
    if (selection.selectionSet !== undefined) standardiseNames(object[key], selection.selectionSet, roots);
    else if (selection.name.value === '__typename') {
      const standard = typeof object[key] === 'string' ? roots.get(object[key]) : undefined;
      if (standard !== undefined) object[key] = standard;
    }
  }
}

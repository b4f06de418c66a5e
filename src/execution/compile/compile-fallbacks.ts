/** Which fields of a fetch have a declared fallback, found once for a plan. */
import {
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { fragmentsOf } from '../../documents/index.ts';
import type { EntityFetch, Rewrite, RootFetch } from '../../planning/index.ts';

export interface FallbackField {
  readonly key: string;
  readonly name: string;
  /** The type that it is selected of. */
  readonly on: string;
  /** The object type that it returns; undefined where its data says which. */
  readonly returns: string | undefined;
  readonly inner: FallbackSelection;
}

export type FallbackSelection = readonly FallbackField[];

/** The selections of a fetch with the keys that they are at: `''` for a root fetch, those of `_entities` for the other. */
export type FallbackSelections = ReadonlyMap<string, FallbackSelection>;

/** @returns undefined where no field of the fetch has a fallback */
export function compileFallbacks(
  schema: GraphQLSchema,
  fallbacks: ReadonlyMap<string, unknown>,
  fetch: RootFetch | EntityFetch,
): FallbackSelections | undefined {
  if (fallbacks.size === 0) return undefined;
  const names = new Set([...fallbacks.keys()].map((coordinate) => coordinate.split('.')[1] ?? ''));
  const document = parse(fetch.operation, { noLocation: true });
  const fragments = fragmentsOf(document);
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) return undefined;
  const root = operation.operation === 'mutation' ? 'Mutation' : 'Query';
  const selections = new Map<string, FallbackSelection>();
  if (fetch.kind === 'root') selections.set('', renamed(compile(operation.selectionSet, root), fetch.outputRewrites));
  else
    for (const selection of operation.selectionSet.selections) {
      if (selection.kind !== Kind.FIELD || selection.selectionSet === undefined) continue;
      const key = (selection.alias ?? selection.name).value;
      const rewrites = fetch.fields.find((field) => field.key === key)?.outputRewrites ?? [];
      selections.set(key, renamed(compile(selection.selectionSet, ''), rewrites));
    }
  return [...selections.values()].some((fields) => fields.length > 0) ? selections : undefined;

  function compile({ selections: nodes }: SelectionSetNode, on: string): FallbackSelection {
    return nodes.flatMap((node): FallbackSelection => {
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(node.name.value);
        return fragment === undefined ? [] : compile(fragment.selectionSet, fragment.typeCondition.name.value);
      }
      if (node.kind === Kind.INLINE_FRAGMENT) return compile(node.selectionSet, node.typeCondition?.name.value ?? on);
      const name = node.name.value;
      const type = schema.getType(on);
      const field = isCompositeType(type) && 'getFields' in type ? type.getFields()[name] : undefined;
      const returned = field && getNamedType(field.type);
      const inner =
        node.selectionSet === undefined || returned === undefined ? [] : compile(node.selectionSet, returned.name);
      if (!names.has(name) && inner.length === 0) return [];
      const key = (node.alias ?? node.name).value;
      return [{ key, name, on, returns: isObjectType(returned) ? returned.name : undefined, inner }];
    });
  }
}

/** By the keys that the data has. */
function renamed(selection: FallbackSelection, rewrites: readonly Rewrite[]): FallbackSelection {
  if (rewrites.length === 0) return selection;
  return selection.map((field) => {
    const rewrite = rewrites.find(({ kind, path }) => kind === 'rename' && path.at(-1) === field.key);
    const key = rewrite?.kind === 'rename' ? rewrite.to : field.key;
    return { ...field, key, inner: renamed(field.inner, rewrites) };
  });
}

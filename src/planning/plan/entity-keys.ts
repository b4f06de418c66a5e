/**
 * The keys of a supergraph's entities in each subgraph.
 *
 * Apollo's planner groups required fields under type conditions. If a field of an interface object is fetched for some
 * types only, one of these conditions may lack the key: `... on Film { __typename id } ... on Media { __typename title }`.
 * A Book would then be sent without its id. `narrowToKeys` restricts the second condition to the types of the first.
 */
import { type ConstDirectiveNode, type DocumentNode, Kind } from 'graphql';
import { parseFieldSet, toRequiredSelections } from './field-set.ts';
import type { RequiredSelection, Rewrite } from './operation-plan.ts';

export interface EntityKeys {
  /** The resolvable keys of a type in a subgraph. */
  keysOf(subgraph: string, typeName: string): readonly (readonly RequiredSelection[])[];
  /** @returns `requires` without conditions that make a representation without a key */
  narrowToKeys(
    subgraph: string,
    requires: readonly RequiredSelection[],
    rewrites: readonly Rewrite[],
  ): readonly RequiredSelection[];
}

type Condition = Extract<RequiredSelection, { kind: 'on' }> & { readonly type: string };

export function readEntityKeys(supergraph: DocumentNode): EntityKeys {
  const subgraphs = readSubgraphNames(supergraph);
  const keys = new Map<string, RequiredSelection[][]>();
  const wider = new Map<string, ReadonlySet<string>>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const { name, interfaces = [], directives = [] } = definition;
    wider.set(name.value, new Set([name.value, ...interfaces.map((type) => type.name.value)]));
    for (const directive of directives) {
      const key = directive.name.value === 'join__type' ? argumentOf(directive, 'key') : undefined;
      if (key === undefined || !isResolvable(directive)) continue;
      const place = `${subgraphs.get(argumentOf(directive, 'graph') ?? '')} ${name.value}`;
      keys.set(place, [...(keys.get(place) ?? []), toRequiredSelections(parseFieldSet(key))]);
    }
  }

  function hasKey(subgraph: string, { type, selections }: Condition, rewrites: readonly Rewrite[]): boolean {
    const selectedKeys = new Set(selections.map((selection) => (selection.kind === 'field' ? selection.key : '')));
    let typeName = type;
    for (const rewrite of rewrites) {
      const [condition = '', key] = rewrite.path;
      const holds = wider.get(type)?.has(condition.slice('... on '.length));
      if (rewrite.kind === 'set' && rewrite.path.length === 2 && key === '__typename' && holds)
        typeName = String(rewrite.value);
    }
    return (keys.get(`${subgraph} ${typeName}`) ?? []).some((key) =>
      key.every((field) => field.kind === 'field' && selectedKeys.has(field.key)),
    );
  }

  return {
    keysOf: (subgraph, typeName) => keys.get(`${subgraph} ${typeName}`) ?? [],
    narrowToKeys(subgraph, requires, rewrites) {
      if (!requires.every(isCondition)) return requires;
      const keyed = requires.filter((condition) => hasKey(subgraph, condition, rewrites));
      if (keyed.length === 0 || keyed.length === requires.length) return requires;
      return requires.flatMap((condition) => {
        if (keyed.some(({ type }) => wider.get(condition.type)?.has(type))) return [condition];
        const narrower = keyed.filter(({ type }) => wider.get(type)?.has(condition.type));
        return narrower.map(({ type }) => ({ ...condition, type }));
      });
    },
  };
}

function isCondition(selection: RequiredSelection): selection is Condition {
  return selection.kind === 'on' && selection.type !== undefined;
}

/** The names of the subgraphs by the values of the supergraph's enum. */
export function readSubgraphNames(supergraph: DocumentNode): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const { name, directives = [] } of definition.values ?? []) {
      for (const directive of directives) names.set(name.value, argumentOf(directive, 'name') ?? name.value);
    }
  }
  return names;
}

export function argumentOf(directive: ConstDirectiveNode, name: string): string | undefined {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined;
}

/** Whether the key of a `join__type` is resolvable in its subgraph. */
export function isResolvable(directive: ConstDirectiveNode): boolean {
  const value = directive.arguments?.find((argument) => argument.name.value === 'resolvable')?.value;
  return value?.kind !== Kind.BOOLEAN || value.value;
}

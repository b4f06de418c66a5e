/**
 * What a supergraph says about entities: the keys by which each subgraph finds them, and which types are which.
 *
 * Apollo's planner joins what it requires under type conditions of its own making, and where an interface object is
 * asked for some types only, one of these conditions lacks the key: `... on Film { __typename id } ... on Media {
 * __typename title }`. A Book would then be sent without its id. `narrowToKeys` leaves the second condition to hold
 * only where the first does.
 */
import { type ConstDirectiveNode, type DocumentNode, Kind } from 'graphql';
import { parseFieldSet, toRequiredSelections } from './field-set.ts';
import type { RequiredSelection, Rewrite } from './operation-plan.ts';

export interface EntityKeys {
  /** Each key by which a subgraph finds entities of a type. */
  keysOf(subgraph: string, typeName: string): readonly (readonly RequiredSelection[])[];
  /** @returns `requires` without conditions that would make a representation without a key */
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
    wider.set(name.value, new Set([name.value, ...interfaces.map((one) => one.name.value)]));
    for (const directive of directives) {
      const key = directive.name.value === 'join__type' ? argumentOf(directive, 'key') : undefined;
      if (key === undefined || !isResolvable(directive)) continue;
      const place = `${subgraphs.get(argumentOf(directive, 'graph') ?? '')} ${name.value}`;
      keys.set(place, [...(keys.get(place) ?? []), toRequiredSelections(parseFieldSet(key))]);
    }
  }

  function hasKey(subgraph: string, { type, selections }: Condition, rewrites: readonly Rewrite[]): boolean {
    const given = new Set(selections.map((one) => (one.kind === 'field' ? one.key : '')));
    let typeName = type;
    for (const rewrite of rewrites) {
      const [condition = '', key] = rewrite.path;
      const holds = wider.get(type)?.has(condition.slice('... on '.length));
      if (rewrite.kind === 'set' && rewrite.path.length === 2 && key === '__typename' && holds)
        typeName = String(rewrite.value);
    }
    return (keys.get(`${subgraph} ${typeName}`) ?? []).some((key) =>
      key.every((field) => field.kind === 'field' && given.has(field.key)),
    );
  }

  return {
    keysOf: (subgraph, typeName) => keys.get(`${subgraph} ${typeName}`) ?? [],
    narrowToKeys(subgraph, requires, rewrites) {
      if (!requires.every((one): one is Condition => one.kind === 'on' && one.type !== undefined)) return requires;
      const keyed = requires.filter((one) => hasKey(subgraph, one, rewrites));
      if (keyed.length === 0 || keyed.length === requires.length) return requires;
      return requires.flatMap((one) => {
        if (keyed.some(({ type }) => wider.get(one.type)?.has(type))) return [one];
        return keyed.filter(({ type }) => wider.get(type)?.has(one.type)).map(({ type }) => ({ ...one, type }));
      });
    },
  };
}

/** The subgraphs' own names by those of the supergraph's enum. */
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

/** Whether a `join__type` says that its subgraph can be asked by its key. */
export function isResolvable(directive: ConstDirectiveNode): boolean {
  const value = directive.arguments?.find((argument) => argument.name.value === 'resolvable')?.value;
  return value?.kind !== Kind.BOOLEAN || value.value;
}

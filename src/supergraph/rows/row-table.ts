/**
 * The rules of `@rows`, and how each subgraph's objects come by the fields that a rule reads: from the subgraph that returns
 * the object, or by its key from another one. Plain data, for the planner.
 */
import type { DocumentNode } from 'graphql';
import { parseFieldSet, printSelection } from './field-set.ts';
import type { RowRule } from './read-row-rules.ts';
import { type KeyOfType, readSubgraphTypes, type SubgraphTypes } from './subgraph-types.ts';

export interface RowTable {
  readonly rules: readonly RowRule[];
  /** By subgraph and object type, the fields of each rule that such objects of the subgraph may take. */
  readonly supplies: ReadonlyMap<string, ReadonlyMap<string, readonly RowSupply[]>>;
}

/** How the fields of a rule are read of a subgraph's objects of one type. */
export interface RowSupply {
  /** Its index among the rules. */
  readonly rule: number;
  /** Those that the subgraph returns with the object. */
  readonly here: readonly string[];
  readonly lookups: readonly RowLookup[];
  /** Those that cannot be read: composition refuses a subgraph that returns such objects. */
  readonly missing: readonly string[];
}

/** Further fields of the object, by its key, from another subgraph. */
export interface RowLookup {
  readonly subgraph: string;
  /** The type of the representation: the object's, or an interface of which only this subgraph knows the object's type. */
  readonly typeName: string;
  /** The fields of the key. */
  readonly key: readonly string[];
  readonly fields: readonly string[];
}

export function readRowTable(supergraph: DocumentNode, rules: readonly RowRule[]): RowTable {
  const supplies = new Map<string, Map<string, RowSupply[]>>();
  if (rules.length === 0) return { rules, supplies };
  const types = readSubgraphTypes(supergraph);
  for (const [index, rule] of rules.entries()) {
    const fields = parseFieldSet(rule.fields).selections.map(printSelection);
    for (const typeName of objectsOfRule(types, rule)) {
      for (const subgraph of types.subgraphs) {
        const isKnown = types.defines(subgraph, typeName);
        const wider = isKnown ? undefined : types.interfaceObjectAbove(subgraph, typeName);
        if (!isKnown && wider === undefined) continue;
        const ofSubgraph = supplies.get(subgraph) ?? new Map<string, RowSupply[]>();
        supplies.set(subgraph, ofSubgraph);
        const list = ofSubgraph.get(typeName) ?? [];
        ofSubgraph.set(typeName, list);
        list.push({ rule: index, ...supplyOf(types, fields, { subgraph, typeName, wider }) });
      }
    }
  }
  return { rules, supplies };
}

/** The object types of which a rule's objects are. */
export function objectsOfRule(types: SubgraphTypes, { coordinate }: RowRule): readonly string[] {
  const [typeName = '', field] = coordinate.split('.');
  return [...types.objectsOf(field === undefined ? typeName : (types.returnedBy(typeName, field) ?? ''))];
}

interface SuppliedType {
  readonly subgraph: string;
  readonly typeName: string;
  /** The interface that the subgraph has as an object, where it does not know the type itself. */
  readonly wider: string | undefined;
}

function supplyOf(
  types: SubgraphTypes,
  fields: readonly string[],
  { subgraph, typeName, wider }: SuppliedType,
): Omit<RowSupply, 'rule'> {
  const direct = wider === undefined ? fields.filter((field) => types.provides(subgraph, typeName, field)) : [];
  const lookups: RowLookup[] = [];
  let missing = fields.filter((field) => !direct.includes(field));
  while (missing.length > 0) {
    const candidates = types.subgraphs.flatMap((candidate) => {
      const provided = missing.filter((field) => types.provides(candidate, typeName, field));
      const represented = wider ?? typeName;
      const key = provided.length === 0 ? undefined : sharedKey(types, subgraph, candidate, represented);
      return key === undefined ? [] : [{ subgraph: candidate, typeName: represented, key, fields: provided }];
    });
    const best = candidates.toSorted((a, b) => b.fields.length - a.fields.length)[0];
    if (best === undefined) break;
    lookups.push(best);
    missing = missing.filter((field) => !best.fields.includes(field));
  }
  return { here: direct, lookups, missing };
}

/** A key by which `other` finds objects that `subgraph` returns. */
function sharedKey(
  types: SubgraphTypes,
  subgraph: string,
  other: string,
  typeName: string,
): readonly string[] | undefined {
  if (other === subgraph || types.isInterfaceObject(other, typeName)) return undefined;
  const keys = types.keysOf(subgraph, typeName);
  const isHeld = ({ fields }: KeyOfType): boolean =>
    fields.every(
      (field) => keys.some((key) => key.fields.includes(field)) || types.provides(subgraph, typeName, field),
    );
  return types.keysOf(other, typeName).find((key) => key.isResolvable && isHeld(key))?.fields;
}

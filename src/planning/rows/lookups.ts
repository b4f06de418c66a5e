/** The lookups of a fetch: one request for all objects of its response that are looked up alike, whatever rules they take. */
import { type FieldNode, Kind, print, type SelectionNode, stripIgnoredCharacters } from 'graphql';
import type { RowLookup as SuppliedLookup } from '../../supergraph/index.ts';
import { entitiesOperation, typeNameField } from '../plan/fetch-operation.ts';
import { toRequiredSelections } from '../plan/field-set.ts';
import type { RequiredSelection, RowCheck, RowField, RowLookup } from '../plan/operation-plan.ts';
import { fieldNamed, type RowKeys } from './row-keys.ts';

/** A field of a key, and where the object has it. */
export interface KeyField extends RowField {
  /** With the fields of its object, if it is one. */
  readonly field: string;
}

interface Lookup {
  readonly index: number;
  readonly subgraph: string;
  readonly typeName: string;
  readonly requires: readonly RequiredSelection[];
  /** By type, the fields by their keys. */
  readonly selected: Map<string, Map<string, FieldNode>>;
}

export class Lookups {
  readonly #keys: RowKeys;
  readonly #lookups = new Map<string, Lookup>();

  constructor(keys: RowKeys) {
    this.#keys = keys;
  }

  /** @param typeName of the objects */
  add(
    { subgraph, typeName: represented, fields }: SuppliedLookup,
    typeName: string,
    key: readonly KeyField[],
  ): RowCheck['lookups'][number] {
    const requires = [{ kind: 'field', key: '__typename' } as const, ...key.map(requiredOf)];
    const id = JSON.stringify([subgraph, represented, requires]);
    const lookup = this.#lookups.get(id) ?? {
      index: this.#lookups.size,
      subgraph,
      typeName: represented,
      requires,
      selected: new Map<string, Map<string, FieldNode>>(),
    };
    this.#lookups.set(id, lookup);
    const selected = lookup.selected.get(typeName) ?? new Map<string, FieldNode>();
    lookup.selected.set(typeName, selected);
    const rowFields = fields.map((selection): RowField => {
      const node = fieldNamed(selection);
      const alias = this.#keys.keyOf(typeName, selection);
      selected.set(alias, { ...node, alias: { kind: Kind.NAME, value: alias } });
      return { name: node.name.value, key: alias };
    });
    return { index: lookup.index, fields: rowFields };
  }

  planned(): readonly RowLookup[] {
    return [...this.#lookups.values()].map(({ subgraph, typeName, requires, selected }) => ({
      subgraph,
      typeName,
      requires,
      operation: stripIgnoredCharacters(print(operationOf(selected))),
    }));
  }
}

function requiredOf({ field, name, key }: KeyField): RequiredSelection {
  const { selectionSet } = fieldNamed(field);
  const common = { kind: 'field', key, ...(key === name ? {} : { as: name }) } as const;
  return selectionSet === undefined ? common : { ...common, selections: toRequiredSelections(selectionSet) };
}

function operationOf(selected: Lookup['selected']) {
  const conditions = [...selected].map(
    ([typeName, fields]): SelectionNode => ({
      kind: Kind.INLINE_FRAGMENT,
      typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: typeName } },
      selectionSet: { kind: Kind.SELECTION_SET, selections: [...fields.values()] },
    }),
  );
  const selectionSet = { kind: Kind.SELECTION_SET, selections: [typeNameField, ...conditions] } as const;
  return entitiesOperation([{ key: '_entities', variable: 'representations', selectionSet }], []);
}

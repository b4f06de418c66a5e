/**
 * Collects the representations of an `_entities` field, equal ones once, with the objects they stand for. An entity that
 * lacks a required field is not requested.
 */

import type { SubgraphClient } from '../../transport/index.ts';
import type { CompiledEntityField } from '../compile/compile-plan.ts';
import type { CompiledRepresentation } from '../compile/compile-representation.ts';
import { collectEntities, haveSameContent } from '../data/collect-entities.ts';
import type { DataObject, TypeMemberships } from '../data/data.ts';
import { FirstOfEach } from './first-of-each.ts';
import type { RepresentationValues } from './representation-values.ts';
import { isList, type RequestedEntities } from './requested-entities.ts';
import type { RunData } from './run-data.ts';

export interface RepresentationsOptions {
  readonly data: RunData;
  readonly types: TypeMemberships;
  /** Whether a value depends on an entity's place (@fromContext), so that no object may replace another. */
  readonly placeMatters: boolean;
  readonly values: RepresentationValues;
}

/** The entities at a path; valid as long as no answer has brought objects or lists. */
interface CollectedPath {
  readonly structure: number;
  readonly entities: readonly DataObject[] | ReadonlySet<DataObject>;
}

/** What is remembered of a field's entities while they are collected. */
interface Collecting {
  /** The representations by their texts. */
  readonly indexes: Map<string, number>;
  /** The objects that are requested; undefined where none is met twice. */
  readonly collected: Set<DataObject> | undefined;
}

export class Representations {
  readonly #data: RunData;
  readonly #types: TypeMemberships;
  readonly #mayReplace: boolean;
  readonly #values: RepresentationValues;
  readonly #unfilled = new Set<CompiledEntityField>();
  readonly #collected = new Map<string, CollectedPath>();

  constructor({ data, types, placeMatters, values }: RepresentationsOptions) {
    this.#data = data;
    this.#types = types;
    this.#values = values;
    this.#mayReplace = !placeMatters;
  }

  /** The places that stay empty because a field that a fetch requires is missing. */
  unfilled(): readonly (readonly string[])[] {
    return [...this.#unfilled].flatMap(({ covers }) => covers);
  }

  /**
   * @param kind of the subgraph. One in process gets values, and no entity of which a required field failed.
   * @param only the objects to request, where not all at the field's paths are
   */
  collect(field: CompiledEntityField, kind: SubgraphClient['kind'], only?: ReadonlySet<DataObject>): RequestedEntities {
    const requested: RequestedEntities = {
      field,
      representations: [],
      values: kind === 'in-process' ? [] : undefined,
      owners: [],
    };
    const data = this.#data;
    const types = this.#types;
    const mayReplace = this.#mayReplace;
    const isAlone = field.targets.length === 1;
    const collecting: Collecting = {
      indexes: new Map(),
      collected: data.isSharing || !isAlone ? new Set() : undefined,
    };
    for (const { path, pathKey, exact, requires, representation } of field.targets) {
      const failed = kind === 'in-process' && !data.failedNulls.isEmpty ? data.failedNulls : undefined;
      const request = (entity: DataObject, canReplace: boolean, isNew: boolean): DataObject =>
        failed?.isRead(types, requires, entity) === true
          ? this.#omit(field, entity)
          : this.#request(requested, entity, representation, collecting, canReplace, isNew);
      const { collected } = collecting;
      const earlier = only === undefined ? this.#collected.get(pathKey) : undefined;
      if (earlier?.structure === data.structure) {
        for (const object of earlier.entities) {
          const entity = data.inPlace(object);
          if (collected?.has(entity) !== true) request(entity, false, false);
        }
        continue;
      }
      const entities: DataObject[] | Set<DataObject> = collected === undefined ? [] : new Set();
      const firsts = exact && mayReplace ? new FirstOfEach(representation) : undefined;
      collectEntities(data.root, path, data.isSharing, (entity) => {
        if (only?.has(entity) === false) return entity;
        const first = firsts?.find(entity);
        if (first !== undefined) return data.standFor(first, entity);
        // No other target has representations that might be equal: a new key value makes a new representation.
        const isNew = isAlone && firsts?.hasKey === true;
        const standing = collected?.has(entity) === true ? entity : request(entity, mayReplace, isNew);
        firsts?.add(standing);
        if (!Array.isArray(entities)) entities.add(standing);
        else if (standing === entity) entities.push(entity);
        return standing;
      });
      if (only === undefined) this.#collected.set(pathKey, { structure: data.structure, entities });
    }
    return requested;
  }

  #omit(field: CompiledEntityField, entity: DataObject): DataObject {
    this.#unfilled.add(field);
    return entity;
  }

  /**
   * @param mayReplace whether the caller puts the returned object in the entity's place
   * @param isNew whether no entity before it has the same representation
   * @returns the object that stands for `entity` from now on: itself, or the first with the same content
   */
  #request(
    { field, representations, values, owners }: RequestedEntities,
    entity: DataObject,
    representation: CompiledRepresentation,
    { indexes, collected }: Collecting,
    mayReplace: boolean,
    isNew: boolean,
  ): DataObject {
    const text = representation.write(entity);
    if (text === undefined) return this.#omit(field, entity);
    const index = isNew ? undefined : indexes.get(text);
    if (index === undefined) {
      if (!isNew) indexes.set(text, representations.length);
      representations.push(text);
      values?.push(this.#values.find(text, entity, representation));
      owners.push(entity);
      collected?.add(entity);
      return entity;
    }
    const objects = owners[index] as DataObject | DataObject[];
    const first = isList(objects) ? (objects[0] as DataObject) : objects;
    if (mayReplace && haveSameContent(first, entity)) return this.#data.standFor(first, entity);
    if (isList(objects)) objects.push(entity);
    else owners[index] = [objects, entity];
    collected?.add(entity);
    return entity;
  }
}

/**
 * Collects the representations of an `_entities` field: each entity's as JSON text, equal ones once, with the objects
 * they stand for. An entity that lacks a required field is not requested.
 */

import type { CompiledEntityField } from '../compile/compile-plan.ts';
import { collectEntities, haveSameContent } from '../data/collect-entities.ts';
import type { DataObject, TypeMemberships } from '../data/data.ts';
import { FirstOfEach } from './first-of-each.ts';
import type { RequestedEntities } from './requested-entities.ts';
import type { RunData } from './run-data.ts';

export interface RepresentationsOptions {
  readonly data: RunData;
  readonly types: TypeMemberships;
  /** Whether a value depends on an entity's place (@fromContext), so that no object may replace another. */
  readonly placeMatters: boolean;
}

/** The entities at a path; valid as long as no answer has brought objects or lists. */
interface CollectedPath {
  readonly structure: number;
  readonly entities: ReadonlySet<DataObject>;
}

export class Representations {
  readonly #data: RunData;
  readonly #types: TypeMemberships;
  readonly #mayReplace: boolean;
  readonly #unfilled = new Set<CompiledEntityField>();
  readonly #collected = new Map<string, CollectedPath>();

  constructor({ data, types, placeMatters }: RepresentationsOptions) {
    this.#data = data;
    this.#types = types;
    this.#mayReplace = !placeMatters;
  }

  /** The places that stay empty because a field that a fetch requires is missing. */
  unfilled(): readonly (readonly string[])[] {
    return [...this.#unfilled].flatMap(({ covers }) => covers);
  }

  /**
   * @param isStrict whether objects are omitted of which a required field failed
   * @param only the objects to request, where not all at the field's paths are
   */
  collect(field: CompiledEntityField, isStrict: boolean, only?: ReadonlySet<DataObject>): RequestedEntities {
    const requested: RequestedEntities = { field, representations: [], owners: [] };
    const data = this.#data;
    const types = this.#types;
    const mayReplace = this.#mayReplace;
    const indexes = new Map<string, number>();
    const collected = new Set<DataObject>();
    for (const { path, pathKey, exact, requires, write } of field.targets) {
      const failed = isStrict && !data.failedNulls.isEmpty ? data.failedNulls : undefined;
      const representationOf = (entity: DataObject): string | undefined =>
        failed?.isRead(types, requires, entity) === true ? undefined : write(entity);
      const earlier = only === undefined ? this.#collected.get(pathKey) : undefined;
      if (earlier?.structure === data.structure) {
        for (const object of earlier.entities) {
          const entity = data.inPlace(object);
          if (!collected.has(entity))
            this.#request(requested, entity, representationOf(entity), indexes, collected, false);
        }
        continue;
      }
      const entities = new Set<DataObject>();
      const firsts = exact && mayReplace ? new FirstOfEach(write) : undefined;
      collectEntities(data.root, path, data.isSharing, (entity) => {
        if (only?.has(entity) === false) return entity;
        const first = firsts?.find(entity);
        if (first !== undefined) return data.standFor(first, entity);
        const standing = collected.has(entity)
          ? entity
          : this.#request(requested, entity, representationOf(entity), indexes, collected, mayReplace);
        firsts?.add(standing);
        entities.add(standing);
        return standing;
      });
      if (only === undefined) this.#collected.set(pathKey, { structure: data.structure, entities });
    }
    return requested;
  }

  /**
   * @param mayReplace whether the caller puts the returned object in the entity's place
   * @returns the object that stands for `entity` from now on: itself, or the first with the same content
   */
  #request(
    { field, representations, owners }: RequestedEntities,
    entity: DataObject,
    representation: string | undefined,
    indexes: Map<string, number>,
    collected: Set<DataObject>,
    mayReplace: boolean,
  ): DataObject {
    if (representation === undefined) {
      this.#unfilled.add(field);
      return entity;
    }
    const index = indexes.get(representation);
    if (index === undefined) {
      indexes.set(representation, representations.length);
      representations.push(representation);
      owners.push([entity]);
      collected.add(entity);
      return entity;
    }
    const list = owners[index] as DataObject[];
    const first = list[0] as DataObject;
    if (mayReplace && haveSameContent(first, entity)) return this.#data.standFor(first, entity);
    list.push(entity);
    collected.add(entity);
    return entity;
  }
}

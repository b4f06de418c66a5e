/**
 * Collects what an `_entities` field asks for: each entity's representation as JSON text, equal ones once, and with
 * them the objects they stand for. An entity of which something required is missing is not asked for.
 */

import type { CompiledEntityField } from '../compile/compile-plan.ts';
import { collectEntities, haveSameContent } from '../data/collect-entities.ts';
import type { DataObject, TypeMemberships } from '../data/data.ts';
import { FirstOfEach } from './first-of-each.ts';
import type { AskedEntities } from './requested-entities.ts';
import type { RunData } from './run-data.ts';

export interface RepresentationsOptions {
  readonly data: RunData;
  readonly types: TypeMemberships;
  /** Whether a value depends on where an entity stands, so that no object may take another's place. */
  readonly placeMatters: boolean;
}

interface Walked {
  readonly structure: number;
  readonly entities: ReadonlySet<DataObject>;
}

export class Representations {
  readonly #data: RunData;
  readonly #types: TypeMemberships;
  readonly #mayReplace: boolean;
  readonly #unfilled = new Set<CompiledEntityField>();
  readonly #walked = new Map<string, Walked>();

  constructor({ data, types, placeMatters }: RepresentationsOptions) {
    this.#data = data;
    this.#types = types;
    this.#mayReplace = !placeMatters;
  }

  /** The places that stayed empty because what a fetch requires there was missing. */
  unfilled(): readonly (readonly string[])[] {
    return [...this.#unfilled].flatMap(({ covers }) => covers);
  }

  /**
   * @param isStrict whether objects are left out of which something required failed
   * @param only the objects that are asked for, where not all at the field's paths are
   */
  collect(field: CompiledEntityField, isStrict: boolean, only?: ReadonlySet<DataObject>): AskedEntities {
    const asked: AskedEntities = { field, representations: [], owners: [] };
    const data = this.#data;
    const types = this.#types;
    const mayReplace = this.#mayReplace;
    const indexes = new Map<string, number>();
    const seen = new Set<DataObject>();
    for (const { path, pathKey, exact, requires, write } of field.targets) {
      const failed = isStrict && !data.failedNulls.isEmpty ? data.failedNulls : undefined;
      const representationOf = (entity: DataObject): string | undefined =>
        failed?.isRead(types, requires, entity) === true ? undefined : write(entity);
      const walked = only === undefined ? this.#walked.get(pathKey) : undefined;
      if (walked?.structure === data.structure) {
        for (const object of walked.entities) {
          const entity = data.inPlace(object);
          if (!seen.has(entity)) this.#ask(asked, entity, representationOf(entity), indexes, seen, false);
        }
        continue;
      }
      const entities = new Set<DataObject>();
      const here = exact && mayReplace ? new FirstOfEach(write) : undefined;
      collectEntities(data.root, path, data.isSharing, (entity) => {
        if (only?.has(entity) === false) return entity;
        const first = here?.find(entity);
        if (first !== undefined) return data.standFor(first, entity);
        const kept = seen.has(entity)
          ? entity
          : this.#ask(asked, entity, representationOf(entity), indexes, seen, mayReplace);
        here?.keep(kept);
        entities.add(kept);
        return kept;
      });
      if (only === undefined) this.#walked.set(pathKey, { structure: data.structure, entities });
    }
    return asked;
  }

  /**
   * @param mayReplace whether the caller puts what is returned in the entity's place
   * @returns the object that stands for `entity` from now on: itself, or the first with the same content
   */
  #ask(
    { field, representations, owners }: AskedEntities,
    entity: DataObject,
    representation: string | undefined,
    indexes: Map<string, number>,
    seen: Set<DataObject>,
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
      seen.add(entity);
      return entity;
    }
    const list = owners[index] as DataObject[];
    const first = list[0] as DataObject;
    if (mayReplace && haveSameContent(first, entity)) return this.#data.standFor(first, entity);
    list.push(entity);
    seen.add(entity);
    return entity;
  }
}

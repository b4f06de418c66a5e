/** The representations of one `_entities` field of a request, and the places in the data that its answer belongs to. */
import type { SubgraphNote } from '../../transport/index.ts';
import type { CompiledEntityField } from '../compile/compile-plan.ts';
import type { DataObject, DataPath } from '../data/data.ts';
import { findObject, findPlaces } from '../data/find-places.ts';
import type { RunData } from './run-data.ts';

/** Representations, each once, and for each the objects it stands for. */
export interface RequestedEntities {
  readonly field: CompiledEntityField;
  /** As JSON text. */
  readonly representations: string[];
  /** As values; undefined for an HTTP subgraph, which is sent the text. */
  readonly values: DataObject[] | undefined;
  /** An object where it is one: a list for each would be an allocation for each entity. */
  readonly owners: (DataObject | DataObject[])[];
}

/** The objects that a representation stands for. */
export function ownersAt({ owners }: RequestedEntities, index: number): readonly DataObject[] {
  const objects = owners[index];
  if (objects === undefined) return [];
  return isList(objects) ? objects : [objects];
}

export function isList(objects: DataObject | DataObject[]): objects is DataObject[] {
  return Array.isArray(objects);
}

/** The first place of an owner. */
export function placeOf(
  data: RunData,
  owner: DataObject,
  { field: { paths } }: RequestedEntities,
): DataPath | undefined {
  for (const path of paths) {
    // The object that replaced it may have done so at other paths only.
    const place = findObject(data.root, path, data.inPlace(owner)) ?? findObject(data.root, path, owner);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** The first place that the request would fill. */
export function firstPlace(data: RunData, allRequested: readonly RequestedEntities[]): DataPath | undefined {
  for (const requested of allRequested) {
    const owner = ownersAt(requested, 0)[0];
    const place = owner === undefined ? undefined : placeOf(data, owner, requested);
    const [key] = requested.field.gives;
    if (place !== undefined && key !== undefined) return [...place, key];
  }
  return undefined;
}

/** The most places of one object that a note is repeated at. */
const maxNotedPlaces = 100;

/** An entity's note, once for every place of the entity. */
export function notesInPlace(
  data: RunData,
  { extension, path: [key, index, ...fieldPath], value }: SubgraphNote,
  allRequested: readonly RequestedEntities[],
): SubgraphNote[] {
  const requested = allRequested.find(({ field }) => field.key === key);
  const owners = typeof index === 'number' && requested !== undefined ? ownersAt(requested, index) : [];
  const objects = [...new Set(owners.flatMap((owner) => [data.inPlace(owner), owner]))];
  const places = (requested?.field.paths ?? []).flatMap((path) =>
    objects.flatMap((object) => findPlaces(data.root, path, object, maxNotedPlaces)),
  );
  return places.map((place) => ({ extension, path: [...place, ...fieldPath], value }));
}

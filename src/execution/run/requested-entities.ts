/** What one `_entities` field of a request asks for, and the places in the data that its answer belongs to. */
import type { SubgraphNote } from '../../transport/index.ts';
import type { CompiledEntityField } from '../compile/compile-plan.ts';
import type { DataObject, DataPath } from '../data/data.ts';
import { findObject, findPlaces } from '../data/find-places.ts';
import type { RunData } from './run-data.ts';

/** Representations, and the objects each of them stands for. */
export interface AskedEntities {
  readonly field: CompiledEntityField;
  readonly representations: string[];
  readonly owners: DataObject[][];
}

/** Where an owner first stands. */
export function placeOf(data: RunData, owner: DataObject, { field: { paths } }: AskedEntities): DataPath | undefined {
  for (const path of paths) {
    // What took its place may have taken it elsewhere only.
    const place = findObject(data.root, path, data.inPlace(owner)) ?? findObject(data.root, path, owner);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** The first place that one of the fields would fill. */
export function firstPlace(data: RunData, asked: readonly AskedEntities[]): DataPath | undefined {
  for (const one of asked) {
    const owner = one.owners[0]?.[0];
    const place = owner === undefined ? undefined : placeOf(data, owner, one);
    const [key] = one.field.gives;
    if (place !== undefined && key !== undefined) return [...place, key];
  }
  return undefined;
}

/** A note is told at so many places of one object at most. */
const mostNotedPlaces = 100;

/** An entity's note is told once for every place the entity stands at. */
export function notesInPlace(
  data: RunData,
  { extension, path: [key, index, ...rest], value }: SubgraphNote,
  asked: readonly AskedEntities[],
): SubgraphNote[] {
  const one = asked.find(({ field }) => field.key === key);
  const owners = typeof index === 'number' ? (one?.owners[index] ?? []) : [];
  const objects = [...new Set(owners.flatMap((owner) => [data.inPlace(owner), owner]))];
  const places = (one?.field.paths ?? []).flatMap((path) =>
    objects.flatMap((object) => findPlaces(data.root, path, object, mostNotedPlaces)),
  );
  return places.map((place) => ({ extension, path: [...place, ...rest], value }));
}

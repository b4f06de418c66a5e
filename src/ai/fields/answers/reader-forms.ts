/**
 * What an AI field requires, in the forms in which its reader may read it: a masked field is masked before a prompt, a cache
 * key or the field's code sees it. Where objects of several types may stand, each has the forms of its type.
 */
import { type GraphQLCompositeType, Kind, type SelectionSetNode } from 'graphql';
import { JsonLeaf } from '../../../lib/index.ts';
import type { FieldReading, ReaderView } from '../../../transport/index.ts';
import { fieldTypeOf, type Schema, typeOfFragment } from './selected-types.ts';
import type { Inputs } from './sensitive.ts';

type Masks = FieldReading['masks'];
type Mask = NonNullable<ReturnType<Masks['get']>>;

/** What a reader reads of an object, by key. */
type Places = ReadonlyMap<string, Place>;

interface Place {
  /** Of each selection of the key: fragments on several types may select it. */
  readonly readings: Masks[];
  /** The form that counts, by the type of the object, once it has been looked for. */
  readonly forms: Map<string | undefined, Mask | undefined>;
  readonly below: Map<string, Place>;
}

/** @returns undefined where the reader reads everything whole */
export type ReaderForms = (reader: ReaderView | undefined) => ((inputs: Inputs) => Inputs) | undefined;

/** @param selection what the field's `@requires` reads */
export function compileReaderForms(
  schema: Schema,
  parent: GraphQLCompositeType,
  selection: SelectionSetNode | undefined,
): ReaderForms {
  if (selection === undefined) return () => undefined;
  const ofReaders = new WeakMap<ReaderView, { readonly shown: ReturnType<ReaderForms> }>();
  return (reader) => {
    if (reader === undefined) return undefined;
    let entry = ofReaders.get(reader);
    if (entry === undefined) {
      const places = new Map<string, Place>();
      const isMasked = collect(schema, parent, selection, reader, places);
      entry = { shown: isMasked ? (inputs) => apply(places, inputs) : undefined };
      ofReaders.set(reader, entry);
    }
    return entry.shown;
  };
}

/** @returns whether the reader reads anything masked */
function collect(
  schema: Schema,
  parent: GraphQLCompositeType,
  { selections }: SelectionSetNode,
  reader: ReaderView,
  into: Map<string, Place>,
): boolean {
  let isMasked = false;
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue; // a field set has none
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const type = typeOfFragment(schema, parent, selection);
      if (type !== undefined) isMasked = collect(schema, type, selection.selectionSet, reader, into) || isMasked;
      continue;
    }
    const key = (selection.alias ?? selection.name).value;
    const place: Place = into.get(key) ?? { readings: [], forms: new Map(), below: new Map() };
    into.set(key, place);
    const reading = reader.readingOf(parent.name, selection);
    place.readings.push(reading.masks);
    isMasked ||= reading.masks.size === 0 || [...reading.masks.values()].some((mask) => mask !== undefined);
    const type = fieldTypeOf(parent, selection);
    if (selection.selectionSet !== undefined && type !== undefined)
      isMasked = collect(schema, type, selection.selectionSet, reader, place.below) || isMasked;
  }
  return isMasked;
}

function apply(places: Places, object: Inputs): Inputs {
  const copy: Record<string, unknown> = { ...object };
  for (const [key, place] of places) {
    const value = copy[key];
    if (value === null || value === undefined) continue;
    const form = formOf(place, object.__typename);
    if (form !== undefined) copy[key] = mask(form, value);
    else if (place.below.size > 0) copy[key] = inner(place.below, value);
  }
  return copy;
}

function formOf({ readings, forms }: Place, typeName: unknown): Mask | undefined {
  const type = readings.some((masks) => masks.has(typeName as string)) ? (typeName as string) : undefined;
  if (!forms.has(type)) forms.set(type, findForm(readings, type));
  return forms.get(type);
}

/** @param type undefined where the object does not say which: then a form that all have counts, or nothing is read */
function findForm(readings: Place['readings'], type: string | undefined): Mask | undefined {
  const all =
    type === undefined
      ? readings.flatMap((masks) => (masks.size === 0 ? [nothing] : [...masks.values()]))
      : readings.filter((masks) => masks.has(type)).map((masks) => masks.get(type));
  const [first, ...others] = new Set(all);
  return others.length === 0 ? first : nothing;
}

const nothing: Mask = () => null;

function inner(places: Places, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => inner(places, item));
  return value === null || typeof value !== 'object' || value instanceof JsonLeaf
    ? value
    : apply(places, value as Inputs);
}

/** As clients are shown it: what is no text, and no list of some, shows nothing of itself. */
function mask(form: Mask, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map((item) => mask(form, item));
  return typeof value === 'object' && !(value instanceof JsonLeaf) ? null : form(String(value));
}

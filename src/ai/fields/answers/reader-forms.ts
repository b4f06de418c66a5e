/**
 * What an AI field requires, in the forms in which its reader may read it: a masked field is masked before a prompt, a cache
 * key or the field's code sees it. Composition has seen to it that one place has fields of one type.
 */
import { type FieldNode, type GraphQLCompositeType, Kind, type SelectionSetNode } from 'graphql';
import { JsonLeaf } from '../../../lib/index.ts';
import type { FieldReading, ReaderView } from '../../../transport/index.ts';
import { fieldTypeOf, type Schema, typeOfFragment } from './selected-types.ts';
import type { Inputs } from './sensitive.ts';

type Mask = NonNullable<FieldReading['mask']>;

/** The masks of a reader, by key: of a leaf, or of more below. */
type Forms = ReadonlyMap<string, Mask | Forms>;

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
      const forms = collect(schema, parent, selection, reader, new Map());
      entry = { shown: forms.size === 0 ? undefined : (inputs) => apply(forms, inputs) };
      ofReaders.set(reader, entry);
    }
    return entry.shown;
  };
}

function collect(
  schema: Schema,
  parent: GraphQLCompositeType,
  { selections }: SelectionSetNode,
  reader: ReaderView,
  into: Map<string, Mask | Forms>,
): Forms {
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue; // a field set has none
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const type = typeOfFragment(schema, parent, selection);
      if (type !== undefined) collect(schema, type, selection.selectionSet, reader, into);
      continue;
    }
    const key = (selection.alias ?? selection.name).value;
    const { mask } = reader.readingOf(parent.name, selection);
    if (mask !== undefined) into.set(key, mask);
    else collectBelow(schema, parent, selection, reader, key, into);
  }
  return into;
}

function collectBelow(
  schema: Schema,
  parent: GraphQLCompositeType,
  field: FieldNode,
  reader: ReaderView,
  key: string,
  into: Map<string, Mask | Forms>,
): void {
  const type = fieldTypeOf(parent, field);
  if (field.selectionSet === undefined || type === undefined) return;
  const earlier = into.get(key);
  if (typeof earlier === 'function') return;
  const below = collect(schema, type, field.selectionSet, reader, new Map(earlier));
  if (below.size > 0) into.set(key, below);
}

function apply(forms: Forms, object: Inputs): Inputs {
  const copy: Record<string, unknown> = { ...object };
  for (const [key, form] of forms) {
    const value = copy[key];
    if (value !== null && value !== undefined)
      copy[key] = typeof form === 'function' ? mask(form, value) : inner(form, value);
  }
  return copy;
}

function inner(forms: Forms, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => inner(forms, item));
  return value === null || typeof value !== 'object' || value instanceof JsonLeaf
    ? value
    : apply(forms, value as Inputs);
}

/** As clients are shown it: what is no text, and no list of some, shows nothing of itself. */
function mask(form: Mask, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map((item) => mask(form, item));
  return typeof value === 'object' && !(value instanceof JsonLeaf) ? null : form(String(value));
}

/**
 * Masks personal data before a prompt reads it: a field marked `@sensitive` in any subgraph never reaches a provider.
 * Each distinct value becomes a placeholder such as `[PERSONAL_1_k3q9x2]`, the same one wherever it stands in one field's
 * inputs, so that a model can still tell people apart. Its reader gets the value back in the answer (restorable-texts.ts).
 */
import { type FieldNode, type GraphQLCompositeType, isObjectType, Kind, type SelectionSetNode } from 'graphql';
import { ExactNumber, JsonLeaf } from '../../../lib/index.ts';
import type { ReaderView } from '../../../transport/index.ts';
import { PlaceholderMint } from '../../guardrails/index.ts';
import type { RestorableTexts } from './restorable-texts.ts';
import { fieldTypeOf, type Schema, typeOfFragment } from './selected-types.ts';

/** The kind of every `@sensitive` field of the supergraph, by its coordinate `Type.field`. */
export type SensitiveFields = ReadonlyMap<string, string>;

export type Inputs = Readonly<Record<string, unknown>>;

export interface Masked {
  readonly masked: Inputs;
  /** Masks the same values outside the inputs, such as in a client's arguments. */
  hide(values: Inputs): Inputs;
  /** What the placeholders stand for. */
  readonly texts: RestorableTexts;
}

/** What of a field's inputs is masked: by key, either a leaf of some kind or more of the same below. */
type Mask = Map<string, Place>;

interface Place {
  kind: string | undefined;
  readonly below: Mask;
  /** The fields that lead to a sensitive one, itself, and all below it. */
  readonly fields: { readonly type: string; readonly node: FieldNode }[];
}

/**
 * @param selection what the field's `@requires` reads
 * @param key of the placeholders' tags
 * @returns undefined where it reads nothing sensitive
 */
export function compileMask(
  schema: Schema,
  parent: GraphQLCompositeType,
  selection: SelectionSetNode | undefined,
  sensitive: SensitiveFields,
  key: Uint8Array,
): ((inputs: Inputs) => Masked) | undefined {
  if (selection === undefined || sensitive.size === 0) return undefined;
  const mask: Mask = new Map();
  if (!collect(schema, parent, selection, sensitive, mask, [])) return undefined;
  return (inputs) => {
    const mint = new PlaceholderMint(key, [JSON.stringify(inputs)]);
    const kinds = new Map<unknown, string>();
    const placesOf = new Map<string, Set<Place>>();
    apply(inputs, mask, (value, place) => {
      const kind = kinds.get(value) ?? wordOf(place.kind);
      kinds.set(value, kind);
      mint.name(kind, String(value));
      const key = `${kind}\n${value}`;
      placesOf.set(key, (placesOf.get(key) ?? new Set()).add(place));
      return '';
    });
    const { placeholders, of } = mint.mint();
    const names = new Map([...kinds].map(([value, kind]) => [value, of(kind, String(value))]));
    const masked = apply(inputs, mask, (value) => names.get(value) ?? '');
    const repeats = repeatsOf(names);
    const withoutRepeated = (values: Inputs): Inputs =>
      repeats === undefined ? values : (withoutRepeats(values, repeats) as Inputs);
    const places = new Map([...placesOf].map(([key, all]) => [of(...splitKey(key)), all]));
    return {
      masked: withoutRepeated(masked as Inputs),
      hide: (values) => withoutRepeated(withoutTags(values, placeholders.tail) as Inputs),
      texts: {
        placeholders,
        isReadable: (placeholder, reader) =>
          [...(places.get(placeholder) ?? [])].every((place) => mayRead(reader, place)),
      },
    };
  };
}

function splitKey(key: string): [kind: string, value: string] {
  const end = key.indexOf('\n');
  return [key.slice(0, end), key.slice(end + 1)];
}

/** A kind as the word of a placeholder. */
function wordOf(kind = ''): string {
  const word = kind.replace(/[^A-Za-z0-9]+/g, '_').slice(0, 40);
  return word === '' ? 'personal' : word;
}

/** One and the same value may have been read in several places: the reader has to be allowed each. */
function mayRead(reader: ReaderView, { fields }: Place): boolean {
  return fields.every(({ type, node }) => reader.readingOf(type, node).isReadable);
}

function collect(
  schema: Schema,
  parent: GraphQLCompositeType,
  { selections }: SelectionSetNode,
  sensitive: SensitiveFields,
  into: Mask,
  above: Place['fields'],
): boolean {
  let isSensitive = false;
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue; // a field set has none
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const type = typeOfFragment(schema, parent, selection);
      if (type !== undefined)
        isSensitive = collect(schema, type, selection.selectionSet, sensitive, into, above) || isSensitive;
      continue;
    }
    const { name, alias, selectionSet } = selection;
    const key = (alias ?? name).value;
    const place: Place = into.get(key) ?? { kind: undefined, below: new Map(), fields: [] };
    const fields = [...above, { type: parent.name, node: selection }];
    const kind = kindOf(schema, parent, name.value, sensitive);
    const type = fieldTypeOf(parent, selection);
    if (kind !== undefined) {
      place.kind = kind;
      place.fields.push(...fields, ...(type && selectionSet ? fieldsBelow(schema, type, selectionSet) : []));
      into.set(key, place);
      isSensitive = true;
    } else if (selectionSet !== undefined && type !== undefined) {
      if (!collect(schema, type, selectionSet, sensitive, place.below, fields)) continue;
      into.set(key, place);
      isSensitive = true;
    }
  }
  return isSensitive;
}

function fieldsBelow(schema: Schema, parent: GraphQLCompositeType, { selections }: SelectionSetNode): Place['fields'] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    const type =
      selection.kind === Kind.FIELD ? fieldTypeOf(parent, selection) : typeOfFragment(schema, parent, selection);
    const field = selection.kind === Kind.FIELD ? [{ type: parent.name, node: selection }] : [];
    const { selectionSet } = selection;
    return type === undefined || selectionSet === undefined
      ? field
      : [...field, ...fieldsBelow(schema, type, selectionSet)];
  });
}

/** A field of an interface is as sensitive as that of any type behind it. */
function kindOf(
  schema: Schema,
  parent: GraphQLCompositeType,
  field: string,
  sensitive: SensitiveFields,
): string | undefined {
  const declared = sensitive.get(`${parent.name}.${field}`);
  if (declared !== undefined || isObjectType(parent)) return declared;
  for (const type of schema.getPossibleTypes(parent)) {
    const kind = sensitive.get(`${type.name}.${field}`);
    if (kind !== undefined) return kind;
  }
  return undefined;
}

type NameValue = (value: unknown, place: Place) => string;

function apply(value: unknown, mask: Mask, name: NameValue): unknown {
  if (Array.isArray(value)) return value.map((item) => apply(item, mask, name));
  if (value === null || typeof value !== 'object' || value instanceof JsonLeaf) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const place = mask.get(key);
      if (place === undefined || inner === null) return [key, inner];
      return [key, place.kind === undefined ? apply(inner, place.below, name) : maskAll(inner, place, name)];
    }),
  );
}

/** Everything at and below a sensitive field is masked; lists and objects keep their structure. */
function maskAll(value: unknown, place: Place, name: NameValue): unknown {
  if (value === null || value === undefined) return value;
  if (value instanceof ExactNumber) return name(value.text, place);
  if (Array.isArray(value)) return value.map((item) => maskAll(item, place, name));
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskAll(inner, place, name)]));
  return name(value, place);
}

/** What a client writes is no placeholder. */
function withoutTags(value: unknown, tail: string): unknown {
  if (typeof value === 'string') return tail === '' ? value : value.replaceAll(tail, ']');
  if (Array.isArray(value)) return value.map((item) => withoutTags(item, tail));
  if (value === null || typeof value !== 'object' || value instanceof JsonLeaf) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutTags(inner, tail)]));
}

/** Shorter values are too likely to be ordinary words. */
const shortestRepeat = 4;

interface Repeats {
  readonly pattern: RegExp;
  /** The placeholders by their original, folded. */
  readonly names: ReadonlyMap<string, string>;
  readonly placeholders: ReadonlySet<string>;
}

/** One pattern of all masked values, the longest first: a name inside an address must not split it. */
function repeatsOf(masked: ReadonlyMap<unknown, string>): Repeats | undefined {
  const names = new Map<string, string>();
  const patterns: string[] = [];
  const values = [...masked].map(([value, name]) => ({ value, text: String(value), name }));
  values.sort((a, b) => b.text.length - a.text.length);
  for (const { value, text, name } of values) {
    const folded = fold(text);
    if (text.length < shortestRepeat || typeof value === 'boolean' || names.has(folded)) continue;
    names.set(folded, name);
    for (const spelling of spellingsOf(text)) {
      const escaped = spelling.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
      patterns.push(typeof value === 'string' ? escaped : `(?<!\\d)${escaped}(?!\\d)`);
    }
  }
  if (patterns.length === 0) return undefined;
  return { pattern: new RegExp(patterns.join('|'), 'giu'), names, placeholders: new Set(masked.values()) };
}

/** What a pattern that ignores case still tells apart: `İ` in lower case is two characters, as is `é` decomposed. */
function spellingsOf(text: string): Iterable<string> {
  if (isAscii(text)) return [text];
  const spellings = [text, text.toLowerCase(), text.toUpperCase()];
  return new Set(spellings.flatMap((spelling) => [spelling, spelling.normalize('NFC'), spelling.normalize('NFD')]));
}

/** Equal for all spellings of a text. */
function fold(text: string): string {
  return isAscii(text) ? text.toUpperCase() : text.toLowerCase().toUpperCase().normalize('NFC');
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}

/** A masked value may occur in other inputs too, in any case of letters: a review signed with its author's address. */
function withoutRepeats(value: unknown, repeats: Repeats): unknown {
  if (typeof value === 'string') {
    if (repeats.placeholders.has(value)) return value;
    return value.replace(repeats.pattern, (match) => repeats.names.get(fold(match)) ?? '[personal]');
  }
  if (Array.isArray(value)) return value.map((item) => withoutRepeats(item, repeats));
  if (value === null || typeof value !== 'object' || value instanceof JsonLeaf) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutRepeats(inner, repeats)]));
}

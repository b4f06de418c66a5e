import type { JsonSchema } from '../../model-call/index.ts';
import { bestSentence } from './best-sentence.ts';
import { cut, extractiveSummary, type Written } from './extractive-summary.ts';
import { isSentimentQuestion, labelsNamed, nearestLabel, sentimentLabel } from './nearest-label.ts';
import type { Sentence } from './read-text.ts';
import type { RequestText } from './request-text.ts';
import { opinionOf, sentimentOf } from './sentiment.ts';
import { topicsOf } from './topics.ts';

/** The two sentences that the extractive model writes itself. */
export const notInText = 'The text does not say.';
export const nothingToSummarise = 'There is nothing to summarise yet.';

/** A schema that the extractive model does not support; the message contains the feature and its path in the schema. */
export class CannotDo extends Error {
  override readonly name = 'CannotDo';
}

/** A request's text, split into sentences. */
export interface Material {
  readonly text: RequestText;
  readonly sentences: readonly Sentence[];
  readonly maxCharacters: number;
}

/** The question's best sentence, or else a summary. */
export async function writeText(material: Material, maxSentences = 3): Promise<Written> {
  const { text, sentences, maxCharacters } = material;
  if (text.question === undefined) {
    const language = text.labels.find(({ name }) => /^(?:language|locale)$/i.test(name))?.value;
    return (
      extractiveSummary(sentences, { maxSentences, maxCharacters, language }) ?? {
        text: nothingToSummarise,
        isCut: false,
      }
    );
  }
  const isName = ({ name }: { readonly name: string }) =>
    /\b(?:product|name|title|item|model|language|locale)$/i.test(name);
  const names = text.labels.filter(isName).map(({ value }) => value);
  const answer = await bestSentence(text.question, sentences, names);
  return answer === undefined ? { text: notInText, isCut: false } : cut(answer, maxCharacters);
}

/**
 * Fills a JSON schema from a text, property by property. The value always fits the schema. Throws {@link CannotDo} for
 * values that cannot be extracted from text (numbers, formats, lists of objects), unless the schema allows `null`.
 */
export async function fillSchema(schema: JsonSchema, material: Material, name = 'value'): Promise<unknown> {
  return fill(schema, { ...material, root: schema, path: name, depth: 0 });
}

interface Place extends Material {
  /** The schema that `$ref` is resolved in. */
  readonly root: JsonSchema;
  /** Dotted, its last part the property's name. */
  readonly path: string;
  readonly depth: number;
}

async function fill(node: unknown, place: Place): Promise<unknown> {
  if (place.depth > 12) throw new CannotDo(`${place.path}: the schema is nested too deeply`);
  const schema = resolve(node, place);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) return fillFirst(alternatives, place);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const isNullable = types.includes('null') || (Array.isArray(schema.enum) && schema.enum.includes(null));
  try {
    return await fillType(
      schema,
      types.find((type) => type !== 'null'),
      place,
    );
  } catch (error) {
    if (isNullable && error instanceof CannotDo) return null;
    throw error;
  }
}

/** The first alternative that can be filled; `null` only if no other can. */
async function fillFirst(alternatives: readonly unknown[], place: Place): Promise<unknown> {
  let reason: unknown = new CannotDo(`${place.path}: the schema allows nothing`);
  let isNullable = false;
  for (const alternative of alternatives) {
    if (resolve(alternative, place).type === 'null') {
      isNullable = true;
      continue;
    }
    try {
      return await fill(alternative, { ...place, depth: place.depth + 1 });
    } catch (error) {
      if (!(error instanceof CannotDo)) throw error;
      reason = error;
    }
  }
  if (isNullable) return null;
  throw reason;
}

async function fillType(schema: JsonSchema, type: unknown, place: Place): Promise<unknown> {
  if (Object.hasOwn(schema, 'const')) return schema.const;
  if (Array.isArray(schema.enum)) return fillEnum(schema.enum, place);
  switch (type) {
    case 'boolean':
      return fillBoolean(place);
    case 'string':
      return fillString(schema, place);
    case 'array':
      return fillList(schema, place);
    case 'object':
      return fillObject(schema, place);
    case undefined:
      if (isRecord(schema.properties)) return fillObject(schema, place);
      throw new CannotDo(`${place.path}: the schema has no type`);
    default:
      throw new CannotDo(`${place.path}: the extractive model gives no ${String(type)}`);
  }
}

async function fillEnum(values: readonly unknown[], place: Place): Promise<unknown> {
  const labels = values.filter((value) => typeof value === 'string');
  if (labels.length === 0 || labels.length < values.filter((value) => value !== null).length) {
    throw new CannotDo(`${place.path}: the extractive model chooses among strings only`);
  }
  if (labels.length === 1) return labels[0];
  if (place.sentences.length === 0) throw new CannotDo(`${place.path}: there is no text to judge`);
  if (isSentimentQuestion(labels)) {
    const label = sentimentLabel(labels, place.sentences);
    if (label === undefined) throw new CannotDo(`${place.path}: the text has no opinion, and no label says so`);
    return label;
  }
  return labelsNamed(labels, place.sentences)[0] ?? nearestLabel(labels, wholeText(place));
}

function fillBoolean({ sentences, path }: Place): boolean {
  if (sentences.length === 0) throw new CannotDo(`${path}: there is no text to judge`);
  const { praise, criticism } = sentimentOf(sentences);
  return praise > criticism;
}

async function fillString(schema: JsonSchema, place: Place): Promise<string> {
  if (schema.pattern !== undefined || schema.format !== undefined) {
    throw new CannotDo(`${place.path}: the extractive model gives no string of a pattern or format`);
  }
  const longest = typeof schema.maxLength === 'number' ? schema.maxLength : Number.POSITIVE_INFINITY;
  const maxCharacters = Math.min(place.maxCharacters, longest);
  const side = sideOf(place.path);
  const isShort = /(?:title|headline|quote|topic|highlight)$/i.test(place.path);
  const text =
    side === undefined
      ? (await writeText({ ...place, maxCharacters }, isShort ? 1 : 3)).text
      : sentencesOn(side, place, 2).join(' ');
  if (text === '') throw new CannotDo(`${place.path}: the text has none`);
  if (text.length > longest || (typeof schema.minLength === 'number' && text.length < schema.minLength)) {
    throw new CannotDo(`${place.path}: no sentence of the text has the length asked for`);
  }
  return text;
}

async function fillList(schema: JsonSchema, place: Place): Promise<readonly string[]> {
  const items = resolve(schema.items, place);
  const member = nonNull(items, place);
  const most = Math.min(5, typeof schema.maxItems === 'number' ? schema.maxItems : 5);
  const side = sideOf(place.path);
  let list: readonly string[];
  if (Array.isArray(member.enum)) {
    const labels = member.enum.filter((value) => typeof value === 'string');
    list = labelsNamed(labels, place.sentences).slice(0, most);
  } else if (member.type !== 'string' || member.pattern !== undefined || member.format !== undefined) {
    throw new CannotDo(`${place.path}: the extractive model lists plain strings only`);
  } else if (side !== undefined) {
    list = sentencesOn(side, place, most);
  } else {
    list = topicsOf(place.sentences, most);
  }
  const longest = typeof member.maxLength === 'number' ? member.maxLength : Number.POSITIVE_INFINITY;
  const selected = withinCharacters(
    list.filter(({ length }) => length <= longest),
    place.maxCharacters,
  );
  if (typeof schema.minItems === 'number' && selected.length < schema.minItems) {
    throw new CannotDo(`${place.path}: the text has ${selected.length} of the ${schema.minItems} asked for`);
  }
  return selected;
}

async function fillObject(schema: JsonSchema, place: Place): Promise<Record<string, unknown>> {
  const properties = Object.entries(isRecord(schema.properties) ? schema.properties : {});
  const required = Array.isArray(schema.required) ? schema.required : [];
  const share = Math.floor(place.maxCharacters / Math.max(1, properties.length));
  const filled: [string, unknown][] = [];
  for (const [name, inner] of properties) {
    // The only property of an object uses the name of the object.
    const path = properties.length === 1 && name === 'value' ? place.path : `${place.path}.${name}`;
    try {
      filled.push([name, await fill(inner, { ...place, path, maxCharacters: share, depth: place.depth + 1 })]);
    } catch (error) {
      if (required.includes(name) || !(error instanceof CannotDo)) throw error;
    }
  }
  return Object.fromEntries(filled);
}

/** The sentiment that a property's name selects: `pros` and similar praise, `cons` criticism. */
function sideOf(path: string): 'praise' | 'criticism' | undefined {
  const name = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  if (/^(?:pros?|positives?|praises?|likes?|strengths?|advantages?|upsides?)$/.test(name)) return 'praise';
  if (/^(?:cons?|negatives?|criticisms?|dislikes?|weakness(?:es)?|disadvantages?|downsides?|complaints?)$/.test(name)) {
    return 'criticism';
  }
  return undefined;
}

/** The clearest sentences of one sentiment, in the text's order, without duplicates. */
function sentencesOn(side: 'praise' | 'criticism', { sentences }: Material, most: number): string[] {
  const opposite = side === 'praise' ? 'criticism' : 'praise';
  return [...new Set(sentences.map(({ text }) => text))]
    .map((text, position) => ({ text, position, opinion: opinionOf(text) }))
    .filter(({ opinion }) => opinion[side] > opinion[opposite])
    .sort((a, b) => b.opinion[side] - a.opinion[side] || a.position - b.position)
    .slice(0, most)
    .sort((a, b) => a.position - b.position)
    .map(({ text }) => text);
}

function withinCharacters(list: readonly string[], maxCharacters: number): string[] {
  let room = maxCharacters;
  return list.filter((text) => {
    if (text.length > room) return false;
    room -= text.length;
    return true;
  });
}

function wholeText({ sentences }: Material): string {
  return sentences.map(({ text }) => text).join(' ');
}

function nonNull(schema: JsonSchema, place: Place): JsonSchema {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(alternatives)) return schema;
  const [only, ...others] = alternatives
    .map((alternative) => resolve(alternative, place))
    .filter(({ type }) => type !== 'null');
  return others.length === 0 && only !== undefined ? only : {};
}

/** Resolves `$ref` to the root's own definitions; any other is refused. */
function resolve(node: unknown, { root, path }: Place): JsonSchema {
  let schema = node;
  for (let hops = 0; isRecord(schema) && typeof schema.$ref === 'string'; hops++) {
    const [, keyword = '', name = ''] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(schema.$ref) ?? [];
    const definitions = root[keyword];
    if (hops > 8 || !isRecord(definitions) || !Object.hasOwn(definitions, name)) {
      throw new CannotDo(`${path}: $ref ${schema.$ref} leads nowhere`);
    }
    schema = definitions[name];
  }
  if (!isRecord(schema)) throw new CannotDo(`${path}: the schema is missing`);
  return schema;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

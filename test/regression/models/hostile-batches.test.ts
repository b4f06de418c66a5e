/**
 * AI fields with a model that is wrong at random: in form, in identity, in types, at any depth, for some of many items,
 * on first calls and on repairs, with answers that are cached or not, while clients disconnect. No value is ever another
 * entity’s, and a field that is null has an error with its path.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReceivedRequest, ScriptedReply } from '../../../src/testing.ts';
import { type AiGraph, aiLink, schemaOf, startAiGraph, userTextOf } from '../../testkit/graphs/ai-graph.ts';
import { Random } from '../../testkit/random/random.ts';
import { newSeed, randomRuns } from '../../testkit/random/random-runs.ts';

const sdl = `${aiLink}
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  slogan: String @requires(fields: "name") @generate(prompt: "write", maxOutputTokens: 20)
  line(style: String = "plain"): String @requires(fields: "name") @generate(prompt: "line", maxOutputTokens: 20)
  report: Report @requires(fields: "name") @generate(prompt: "write", maxOutputTokens: 200)
  tags: [String!] @requires(fields: "name") @generate(prompt: "write", maxOutputTokens: 40)
}
type Report { title: String!  parts: [Part!]  lead: Part  about: [Subject!]!  mood: Mood }
type Part { text: String!  weight: Float  subs: [Part!] }
interface Subject { label: String! }
type Person implements Subject { label: String!  role: String }
type Place implements Subject { label: String!  city: String! }
enum Mood { GOOD BAD }
`;
const head = '---\nmodel: fast\nbatch: { max: 10 }\n---\n{{role "user"}}\n';
const prompts = { 'write.prompt': `${head}About <{{name}}>.`, 'line.prompt': `${head}About <{{name}}> in {{style}}.` };
const query = `{ products { name slogan a: line b: line(style: "wild") tags
  report { title parts { text weight subs { text } } lead { text } about { label ... on Person { role } ... on Place { city } } mood } } }`;

/** Set by each test before its rounds. */
let random = new Random(0);
const chance = (share: number): boolean => random.below(1_000) < share * 1_000;

/** A correct answer about a name: every text in it contains the name. */
function honest(schema: Record<string, unknown> | undefined, name: string): unknown {
  if (schema === undefined || schema.const !== undefined) return schema?.const ?? `of ${name}`;
  if (Array.isArray(schema.anyOf)) {
    const choices = (schema.anyOf as Record<string, unknown>[]).filter(({ type }) => type !== 'null');
    return honest(choices[random.below(choices.length)], name);
  }
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (schema.type === 'array') return [honest(schema.items as never, name), honest(schema.items as never, name)];
  if (schema.type === 'object') {
    const properties = Object.entries(schema.properties as Record<string, Record<string, unknown>>);
    return Object.fromEntries(properties.map(([key, inner]) => [key, honest(inner, name)]));
  }
  return schema.type === 'number' ? 0.5 : `of ${name}`;
}

/** The same with something wrong in it, here or further in. */
function spoilt(value: unknown): unknown {
  if (value !== null && typeof value === 'object' && chance(0.7)) {
    const keys = Object.keys(value);
    const key = keys[random.below(Math.max(1, keys.length))] ?? '';
    const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    if (chance(0.2)) delete copy[key];
    else copy[key] = spoilt(copy[key]);
    return copy;
  }
  return [null, 7, '', [], {}, [null], { __proto__: null, constructor: 1 }, true][random.below(8)];
}

type Entry = { index?: unknown; id?: unknown; answer?: unknown };

/** Mixes up numbers or ids, never both alike: an answer under another's number and id is that item's answer. */
function mixed(entries: Entry[]): unknown {
  const key = chance(0.5) ? 'index' : 'id';
  const other = (at: number) =>
    entries[(at + 1 + random.below(Math.max(1, entries.length - 1))) % entries.length]?.[key];
  switch (random.below(7)) {
    case 0:
      return entries.map((entry, at) => ({ ...entry, [key]: other(at) }));
    case 1:
      return entries.map((entry, at) => (chance(0.3) ? { ...entry, [key]: other(at) } : entry));
    case 2:
      return entries.filter(() => chance(0.7));
    case 3:
      return [...entries, entries[0], { index: 99, id: 'none', answer: 'of nobody' }];
    case 4:
      return entries.map((entry) => (chance(0.3) ? { ...entry, answer: spoilt(entry.answer) } : entry));
    case 5:
      return [...entries].reverse();
    default:
      return chance(0.5) ? { entries } : entries.map(({ answer }) => answer);
  }
}

function answer(request: ReceivedRequest): ScriptedReply {
  const text = userTextOf(request);
  const items = [...text.matchAll(/Item (\d+) of \d+, id (\S+):\s+About <([^>]*)>/g)];
  if (chance(0.04)) return { error: { status: chance(0.5) ? 400 : 503 } };
  if (chance(0.04)) return { refusal: 'no' };
  const schema = schemaOf(request);
  if (items.length === 0) {
    const whole = honest(schema, /About <([^>]*)>/.exec(text)?.[1] ?? '');
    const value = chance(0.25) ? spoilt(whole) : whole;
    if (schema === undefined) return { text: typeof value === 'string' ? value : JSON.stringify(whole) };
    return chance(0.1) ? { text: JSON.stringify(value).slice(0, -3) } : { text: JSON.stringify(value) };
  }
  const { items: list } = (schema?.properties ?? {}) as { items?: { items?: { properties?: { answer?: never } } } };
  const of = list?.items?.properties?.answer;
  const entries = items.map(([, index, id, name = '']) => ({ index: Number(index), id, answer: honest(of, name) }));
  const json = JSON.stringify({ items: chance(0.6) ? mixed(entries) : entries });
  return {
    text: chance(0.1) ? json.slice(0, random.below(json.length)) : chance(0.1) ? `\`\`\`json\n${json}\n\`\`\`` : json,
  };
}

/** Fields of an entity that are null without an error, and texts below them without its name. */
function wrongIn(fields: Record<string, unknown>, name: string, place: string, failed: readonly string[]): string[] {
  return Object.entries(fields).flatMap(([key, value]) => {
    const path = `${place}.${key}`;
    // A list that may be null is one where the model says so; within an answer, too, it may say that there is nothing.
    if (value !== null || key === 'tags') return foreignIn(value, name, path);
    return failed.some((one) => one === path || one.startsWith(`${path}.`)) ? [] : [`${path} is null without an error`];
  });
}

function foreignIn(value: unknown, name: string, path: string): string[] {
  if (typeof value === 'string')
    return value.includes(name) || value === 'GOOD' || value === '' ? [] : [`${path} of ${name} is ${value}`];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => foreignIn(inner, name, `${path}.${key}`));
}

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({ products: 10, subgraphs: { assistant: { sdl, prompts } } });
  graph.provider.respond(answer);
});
afterAll(() => graph[Symbol.asyncDispose]());

describe('a model that is wrong at random', () => {
  it.each([
    ['a fixed seed', 20_260_101, 25],
    ['a new seed', undefined, randomRuns(10)],
  ] as const)(
    'never returns another item’s value, nor a null without an error: %s',
    async (_name, seed, rounds) => {
      random = new Random(seed ?? newSeed('hostile batches'));
      let whole = 0;
      for (let round = 0; round < rounds; round++) {
        // Some entities are unchanged: their cached answers are combined with new ones.
        for (const product of graph.products)
          if (chance(0.5)) product.name = `${product.id}-${round}-${random.below(1e6)}`;
        const leaving = new AbortController();
        const left = fetch(graph.gateway.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query }),
          signal: leaving.signal,
        }).catch(() => undefined);
        const asked = graph.query(query);
        setImmediate(() => leaving.abort());
        const { status, data, errors = [] } = await asked;
        await left;
        expect(status).toBe(200);
        const failed = errors.map(({ path = [] }) => path.join('.'));
        for (const [index, product] of data.products.entries()) {
          const { name, ...fields } = product;
          expect(wrongIn(fields, name, `products.${index}`, failed)).toEqual([]);
          for (const value of Object.values(fields)) if (value !== null) whole++;
        }
        expect(errors.map(({ extensions }) => extensions.code)).not.toContain('INTERNAL_SERVER_ERROR');
      }
      expect(whole).toBeGreaterThan(12 * rounds);
    },
    3_600_000,
  );
});

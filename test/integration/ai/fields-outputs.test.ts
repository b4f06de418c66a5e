/** Values of AI fields: results of a model or of a subgraph's code are validated against the field's type, to the leaf. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AiGraph, aiLink, echo, schemaOf, startAiGraph } from '../../testkit/graphs/ai-graph.ts';

const prompt = (text: string): string => `---\nmodel: fast\nconfig: { maxOutputTokens: 90 }\n---\n${text}`;

type Answer = Awaited<ReturnType<AiGraph['query']>>;
const failed = ({ errors = [] }: Answer): readonly string[] =>
  errors.map(({ path, extensions }) => `${path?.slice(2).join('.')} ${extensions.code}`);

describe('an answer that is invalid at a non-null position', () => {
  const sdl = `${aiLink}
    type Product @key(fields: "id") { id: ID!  name: String! @external
      report: Report @requires(fields: "name") @generate(prompt: "report")
      words: [String!] @requires(fields: "name") @generate(prompt: "report") }
    type Report { title: String!  main: Part!  parts: [Part!]  tone: Tone  spot: Spot! }
    type Part { weight: Float!  sub: [Part] }
    enum Tone { WARM DRY }
    union Spot = Museum | Bar
    type Museum { free: Boolean! }
    type Bar { opens: Int! }`;
  const good = {
    title: 'T',
    main: { weight: 1 },
    parts: [{ weight: 1, sub: [null, { weight: 2 }] }],
    tone: 'WARM',
    spot: { __typename: 'Museum', free: true },
  };
  const query =
    '{ products { report { title main { weight } parts { weight sub { weight } } tone spot { ... on Museum { free } ... on Bar { opens } } } } }';
  let graph: AiGraph;
  beforeAll(async () => {
    const subgraphs = { assistant: { sdl, prompts: { 'report.prompt': prompt('{{name}}') } } };
    graph = await startAiGraph({ products: 1, subgraphs });
  });
  afterAll(() => graph[Symbol.asyncDispose]());
  beforeEach(() => {
    graph.provider.reset();
    for (const one of graph.products) one.name += '+';
  });

  it.each<[string, object, string, boolean]>([
    ['a number as text, at depth', { ...good, main: { weight: '1' } }, 'report.main.weight', false],
    ['null, at depth', { ...good, main: { weight: null } }, 'report.main.weight', false],
    ['null', { ...good, main: null }, 'report.main', false],
    ['missing', { ...good, title: undefined }, 'report.title', false],
    ['another type', { ...good, spot: { __typename: 'Zoo', free: true } }, 'report.spot', false],
    ['what another type has', { ...good, spot: { __typename: 'Bar', free: true } }, 'report.spot.opens', false],
    ['an item of a list', { ...good, parts: [good.main, { weight: 'x', sub: [] }] }, 'report.parts.1.weight', true],
    [
      'deep in a list',
      { ...good, parts: [{ weight: 1, sub: [{ weight: 'x' }] }] },
      'report.parts.0.sub.0.weight',
      true,
    ],
  ])('(%s) says where, takes along what it must, and is not kept', async (_name, json, path, isReportKept) => {
    graph.provider.respond({ json });
    const answer = await graph.query(query);
    expect(failed(answer)).toEqual([`${path} AI_OUTPUT_INVALID`]);
    expect(answer.data.products[0].report === null).toBe(!isReportKept);
    expect(graph.provider.requests).toHaveLength(2);
    graph.provider.respond({ json: good });
    expect((await graph.query(query)).errors).toBeUndefined();
    expect(graph.provider.requests).toHaveLength(3);
  });

  it('names the item of a list', async () => {
    graph.provider.respond({ json: { value: ['fine', 7] } });
    const answer = await graph.query('{ products { words } }');
    expect(answer.data.products).toEqual([{ words: null }]);
    expect(failed(answer)).toEqual(['words.1 AI_OUTPUT_INVALID']);
  });
});

describe('an answer that a subgraph’s code changed', () => {
  const sdl = `${aiLink}
    type Product @key(fields: "id") { id: ID!  name: String! @external
      line: String @requires(fields: "name") @generate(prompt: "line")
      sure: String! @requires(fields: "name") @generate(prompt: "line")
      tone: Tone @requires(fields: "name") @generate(prompt: "line")
      words: [String!] @requires(fields: "name") @generate(prompt: "line")
      box: Box @requires(fields: "name") @generate(prompt: "line") }
    type Box { title: String!  tone: Tone  day: Date }
    scalar Date
    enum Tone { WARM DRY }`;
  const code = `
    const values = {
      text: 'Mine', empty: '', number: 7, list: ['a', 'b'], mixed: ['a', 7], nothing: undefined, big: 10n, date: new Date(0),
      long: 'x'.repeat(200_000), word: 'WARM', wrong: 'COLD', box: { title: 'T', tone: 'DRY', day: '2024-02-29', more: 1n },
      half: { title: 'T', tone: 'COLD', day: new Date(0) }, broken: { title: 7 },
    };
    const finish = (value, { entity }) => values[entity.name];
    export const fields = Object.fromEntries(
      ['line', 'sure', 'tone', 'words', 'box'].map((name) => ['Product.' + name, { finish }]));`;
  let graph: AiGraph;
  beforeAll(async () => {
    const subgraphs = { assistant: { sdl, prompts: { 'line.prompt': prompt('{{name}}') }, code } };
    graph = await startAiGraph({ products: 1, subgraphs });
    graph.provider.respond((request) => echo(request));
  });
  afterAll(() => graph[Symbol.asyncDispose]());

  const ask = async (value: string, selection: string) => {
    for (const one of graph.products) one.name = value;
    const first = await graph.query(`{ product(id: "p1") { ${selection} } }`);
    const calls = await graph.calls(() => graph.query(`{ product(id: "p1") { ${selection} } }`));
    const errors = (first.errors ?? []).map(({ path, extensions }) => `${path?.join('.')} ${extensions.code}`);
    return { product: first.data.product, errors, isKept: calls === 0 };
  };
  const box = 'box { title tone day }';

  it.each<[string, string, unknown]>([
    ['text', 'line', { line: 'Mine' }],
    ['empty', 'line', { line: '' }],
    ['nothing', 'line', { line: null }],
    ['text', 'sure', { sure: 'Mine' }],
    ['word', 'tone', { tone: 'WARM' }],
    ['nothing', 'tone', { tone: null }],
    ['list', 'words', { words: ['a', 'b'] }],
    ['box', box, { box: { title: 'T', tone: 'DRY', day: '2024-02-29' } }],
    ['nothing', box, { box: null }],
  ])('is given and kept where it fits: %s as %s', async (value, selection, product) => {
    expect(await ask(value, selection)).toEqual({ product, errors: [], isKept: true });
  });

  it.each<[string, string, unknown, readonly string[]]>([
    ['number', 'line', { line: null }, ['product.line']],
    ['date', 'line', { line: null }, ['product.line']],
    ['long', 'line', { line: null }, ['product.line']],
    ['big', 'line', { line: null }, ['product.line']],
    ['nothing', 'sure', null, ['product.sure']],
    ['number', 'sure', null, ['product.sure']],
    ['wrong', 'tone', { tone: null }, ['product.tone']],
    ['word', 'words', { words: null }, ['product.words']],
    ['mixed', 'words', { words: null }, ['product.words.1']],
    ['half', box, { box: { title: 'T', tone: null, day: null } }, ['product.box.tone', 'product.box.day']],
    ['broken', box, { box: null }, ['product.box.title']],
    ['list', box, { box: null }, ['product.box']],
  ])(
    'is AI_OUTPUT_INVALID where it does not fit, and is not kept: %s as %s',
    async (value, selection, product, paths) => {
      const errors = paths.map((path) => `${path} AI_OUTPUT_INVALID`);
      expect(await ask(value, selection)).toEqual({ product, errors, isKept: false });
    },
  );
});

describe('an object that a model writes', () => {
  const sdl = `${aiLink}
    type Product @key(fields: "id") { id: ID!  name: String! @external  group: Group
      report: Report @requires(fields: "name") @generate(prompt: "report") }
    type Report { title: String!  extra: Extra }
    type Extra { note: String  motto: String @generate(prompt: "motto") }
    type Group { motto: String @generate(prompt: "motto") }`;

  it('is requested for the other fields of a nested type, and not for its AI field', async () => {
    const prompts = { 'report.prompt': prompt('{{name}}'), 'motto.prompt': prompt('A motto') };
    await using graph = await startAiGraph({ products: 1, subgraphs: { assistant: { sdl, prompts } } });
    graph.provider.respond((request) => echo(request) ?? { json: { title: 'T', extra: { note: 'N' } } });
    const { data, errors } = await graph.query(
      '{ products { group { motto } report { title extra { note motto } } } }',
    );
    expect(errors).toBeUndefined();
    const motto = 'Said of: A motto';
    expect(data.products).toEqual([{ group: { motto }, report: { title: 'T', extra: { note: 'N', motto } } }]);
    const [asked] = graph.provider.requests.map(schemaOf).filter((schema) => schema !== undefined);
    expect(JSON.stringify(asked)).toContain('"note"');
    expect(JSON.stringify(asked)).not.toContain('"motto"');
  });
});

describe('a prompt that renders to nothing', () => {
  it.each([
    ['alone', ''],
    ['in a batch', 'batch: { max: 5 }\n'],
  ])('is no call: its field is null with a code, and the others are answered, %s', async (_how, batch) => {
    const sdl = `${aiLink}type Product @key(fields: "id") { id: ID!  description: String @external
        pitch: String @requires(fields: "description") @generate(prompt: "pitch", maxOutputTokens: 20) }`;
    const prompts = { 'pitch.prompt': `---\nmodel: fast\n${batch}---\n{{description}}` };
    await using graph = await startAiGraph({ products: 3, subgraphs: { assistant: { sdl, prompts } } });
    graph.provider.respond((request) => echo(request));
    Object.assign(graph.products[1] ?? {}, { description: null });
    const { data, errors } = await graph.query('{ products { pitch } }');
    expect(data.products.map(({ pitch }: { pitch: string | null }) => pitch)).toEqual([
      'Said of: Description 1',
      null,
      'Said of: Description 3',
    ]);
    expect(errors?.map(({ path, extensions }) => [path?.join('.'), extensions.code])).toEqual([
      ['products.1.pitch', 'AI_REQUEST_INVALID'],
    ]);
    expect(graph.provider.requests).toHaveLength(2);
  });
});

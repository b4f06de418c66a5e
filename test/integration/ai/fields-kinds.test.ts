/** AI fields of Query, of plain types, of several subgraphs; custom code; several versions of a prompt. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AiGraph,
  aiLink,
  echo,
  messagesOf,
  schemaOf,
  startAiGraph,
  userTextOf,
} from '../../testkit/graphs/ai-graph.ts';

const plain = (text: string): string => `---\nmodel: fast\nconfig: { maxOutputTokens: 50 }\n---\n${text}`;

describe('several AI subgraphs in one graph, written in YAML, SDL and prompts only', () => {
  let graph: AiGraph;
  beforeAll(async () => {
    graph = await startAiGraph({
      products: 4,
      subgraphs: {
        writers: {
          sdl: `${aiLink}
            type Query { haiku(about: String!): String @generate(prompt: "haiku")  studio: Studio  ideas(n: Int = 2): [Idea!] @generate(prompt: "haiku-list") }
            type Studio { motto(tone: String = "dry"): String @generate(prompt: "motto")  tools: Tools }
            type Tools { count: Int @generate(prompt: "count") }
            type Idea { title: String!  stars: Int }
            type Product @key(fields: "id") { id: ID!  name: String! @external
              tagline: String @requires(fields: "name") @generate(prompt: "tagline")  ai: ProductAi }
            type ProductAi { joke(kind: String!): String @generate(prompt: "joke") }`,
          prompts: {
            'haiku.prompt': plain('Haiku about {{about}}'),
            'haiku-list.prompt': plain('Ideas: {{n}}'),
            'motto.prompt': plain('A {{tone}} motto'),
            'count.prompt': plain('How many?'),
            'tagline.prompt': plain('Tagline for {{name}}'),
            'joke.prompt': plain('A {{kind}} joke'),
          },
        },
        critics: {
          sdl: `${aiLink}
            type Product @key(fields: "id") { id: ID!  description: String @external
              tagline2: String @requires(fields: "description") @generate(prompt: "tagline")
              grade: Grade @requires(fields: "description") @generate(prompt: "grade") }
            enum Grade { A B @deprecated(reason: "no") C }`,
          prompts: {
            'tagline.prompt': plain('Other team: {{description}}'),
            'grade.prompt': plain('Grade {{description}}'),
          },
        },
      },
    });
  });
  afterAll(() => graph[Symbol.asyncDispose]());
  beforeEach(() => {
    graph.provider.reset();
    graph.provider.respond(echo);
  });

  it('answer fields of Query from their arguments', async () => {
    const { data, errors } = await graph.query('{ haiku(about: "rain") again: haiku(about: "rain") }');
    expect(errors).toBeUndefined();
    expect(data).toEqual({ haiku: 'Said of: Haiku about rain', again: 'Said of: Haiku about rain' });
    expect(graph.provider.requests).toHaveLength(1);
    expect(graph.provider.requests[0]?.body).toMatchObject({ model: 'm' });
  });

  it('generate lists of plain types, with the selected fields only', async () => {
    graph.provider.respond({ json: { value: [{ title: 'One', stars: 5, extra: 1 }, { title: 'Two' }] } });
    const { data, errors } = await graph.query('{ ideas { name: title } }');
    expect(errors).toBeUndefined();
    expect(data).toEqual({ ideas: [{ name: 'One' }, { name: 'Two' }] });
    expect(JSON.stringify(schemaOf(graph.provider.requests[0]))).not.toContain('stars');
  });

  it('answer fields of plain types, which only group them', async () => {
    graph.provider.respond((request) => echo(request) ?? { json: { value: 3 } });
    const { data, errors } = await graph.query(
      '{ studio { motto tools { count } } products(first: 1) { ai { joke(kind: "short") } } }',
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      studio: { motto: 'Said of: A dry motto', tools: { count: 3 } },
      products: [{ ai: { joke: 'Said of: A short joke' } }],
    });
  });

  it('have separate prompts of the same name, and answer together', async () => {
    const { data, errors, extensions } = await graph.explain('{ products(first: 1) { tagline tagline2 } }');
    expect(errors).toBeUndefined();
    expect(data.products).toEqual([
      { tagline: 'Said of: Tagline for Product 1', tagline2: 'Said of: Other team: Description 1' },
    ]);
    expect(Object.keys(extensions?.ai ?? {}).sort()).toEqual(['products.0.tagline', 'products.0.tagline2']);
  });

  it('offer no deprecated value', async () => {
    graph.provider.respond({ json: { value: 'A' } });
    expect((await graph.query('{ products(first: 1) { grade } }')).data).toEqual({ products: [{ grade: 'A' }] });
    expect(JSON.stringify(schemaOf(graph.provider.requests[0]))).toContain('["A","C"]');
  });

  it('fail separately: one that is dead is null, the other is answered', async () => {
    for (const one of graph.products) Object.assign(one, { name: 'New', description: `Unread ${one.id}` });
    graph.provider.respond((request) =>
      userTextOf(request).startsWith('Other team') ? { error: { status: 500 } } : { text: 'Fine.' },
    );
    const { data, errors } = await graph.query('{ products(first: 2) { b: tagline2 haiku: tagline } }');
    expect(data.products).toEqual(Array(2).fill({ b: null, haiku: 'Fine.' }));
    expect(errors?.map(({ path }) => path?.join('.'))).toEqual(['products.0.b', 'products.1.b']);
    expect(graph.provider.requests).toHaveLength(3);
  });
});

describe('a subgraph’s own code', () => {
  const sdl = `${aiLink}
    type Product @key(fields: "id") { id: ID!  name: String! @external  priceCents: Int! @external
      banded: String @requires(fields: "name priceCents") @generate(prompt: "banded", maxOutputTokens: 20)
      shout: String @requires(fields: "name") @generate(prompt: "shout", maxOutputTokens: 20)
      broken(how: String!): String @requires(fields: "name") @generate(prompt: "shout", maxOutputTokens: 20) }`;
  const prompts = {
    'banded.prompt': '---\nmodel: fast\n---\n{{name}} is {{band}}',
    'shout.prompt': '---\nmodel: fast\n---\nShout {{name}}',
  };
  const code = (finish: string): string => `
    export const fields = {
      'Product.banded': {
        variables: ['band'],
        inputs: ({ entity }) => ({ band: entity.priceCents > 150 ? 'dear' : 'cheap' }),
      },
      'Product.shout': { finish: async (value) => ${finish} },
      'Product.broken': {
        inputs: ({ args }) => {
          if (args.how === 'inputs') throw new Error('secret of the shop');
          if (args.how === 'later') return Promise.reject(new Error('secret of the shop'));
          return args.how === 'never' ? new Promise(() => {}) : {};
        },
        finish: (value, { args }) => {
          if (args.how === 'finish') throw new Error('secret of the shop');
          return args.how === 'hang' ? new Promise(() => {}) : args.how === 'nothing' ? undefined : value;
        },
      },
    };`;
  let graph: AiGraph;
  beforeAll(async () => {
    const subgraphs = { assistant: { sdl, prompts, code: code('value.toUpperCase()') } };
    graph = await startAiGraph({ products: 2, subgraphs, fields: '{ deadline: 1500ms }' });
    graph.provider.respond(echo);
  });
  afterAll(() => graph[Symbol.asyncDispose]());

  it('supplies inputs, which are part of the cache key', async () => {
    const ask = async () => {
      const { data, errors } = await graph.query('{ products { banded } }');
      expect(errors).toBeUndefined();
      return data.products.map(({ banded }: { banded: string }) => banded);
    };
    expect(await ask()).toEqual(['Said of: Product 1 is cheap', 'Said of: Product 2 is dear']);
    expect(await graph.calls(ask)).toBe(0);
    Object.assign(graph.products[0] ?? {}, { priceCents: 110 });
    await ask();
    Object.assign(graph.products[0] ?? {}, { priceCents: 1_000 });
    expect(await ask()).toEqual(['Said of: Product 1 is dear', 'Said of: Product 2 is dear']);
  });

  it('processes the answer before it is cached, and an edit of it invalidates its answers', async () => {
    const query = '{ products(first: 1) { shout } }';
    expect((await graph.query(query)).data.products).toEqual([{ shout: 'SAID OF: SHOUT PRODUCT 1' }]);
    expect(await graph.calls(() => graph.query(query))).toBe(0);
    await writeFile(join(graph.folderOf('assistant'), 'fields.ts'), code('`${value}!`'));
    expect((await graph.gateway.gateway.reload()).kind).toBe('swapped');
    expect((await graph.query(query)).data.products).toEqual([{ shout: 'Said of: Shout Product 1!' }]);
    await writeFile(join(graph.folderOf('assistant'), 'fields.ts'), 'export const fields = { syntax error');
    expect((await graph.gateway.gateway.reload()).kind).toBe('refused');
    expect((await graph.query(query)).data.products).toEqual([{ shout: 'Said of: Shout Product 1!' }]);
  });

  it.each([
    ['inputs', 'INTERNAL_SERVER_ERROR'],
    ['later', 'INTERNAL_SERVER_ERROR'],
    ['finish', 'INTERNAL_SERVER_ERROR'],
    ['never', 'GATEWAY_TIMEOUT'],
    ['hang', 'GATEWAY_TIMEOUT'],
  ])('that fails (%s) makes its field null, with the reason in the log only', async (how, code) => {
    const { data, errors } = await graph.query(
      'query ($how: String!) { products(first: 1) { id broken(how: $how) } }',
      {
        how,
      },
    );
    expect(data.products).toEqual([{ id: 'p1', broken: null }]);
    expect(errors?.map(({ path, extensions }) => [path?.join('.'), extensions.code])).toEqual([
      ['products.0.broken', code],
    ]);
    expect(JSON.stringify(errors)).not.toContain('secret');
    if (code === 'INTERNAL_SERVER_ERROR') expect(graph.logged()).toContain('secret of the shop');
  });

  it('that returns nothing results in null', async () => {
    const { data, errors } = await graph.query('{ products(first: 1) { broken(how: "nothing") } }');
    expect({ data, errors }).toEqual({ data: { products: [{ broken: null }] }, errors: undefined });
  });
});

describe('several versions of a prompt', () => {
  it('are chosen by weight, the same one for the same entity, and cached separately', async () => {
    const sdl = `${aiLink}type Product @key(fields: "id") { id: ID!  name: String! @external
      line: String @requires(fields: "name") @generate(prompt: "line#live", maxOutputTokens: 20) }`;
    const prompts = {
      'line.prompt': plain('Working {{name}}'),
      'line@1.prompt': plain('{{role "system"}}\nOne.\n{{role "user"}}\n{{name}}'),
      'line@2.prompt': plain('{{role "system"}}\nTwo.\n{{role "user"}}\n{{name}}'),
      'labels.yaml': 'line: { live: { 1: 50, 2: 50 } }',
    };
    await using graph = await startAiGraph({
      products: 40,
      subgraphs: { assistant: { sdl, prompts } },
      fields: '{ cache: { enabled: false } }',
    });
    const ask = async (): Promise<readonly string[]> => {
      const { errors, extensions } = await graph.explain('{ products { line } }');
      expect(errors).toBeUndefined();
      return Object.values(extensions?.ai ?? {}).map(({ prompt }) => prompt);
    };
    const chosen = await ask();
    const ones = chosen.filter((name) => name === 'line@1').length;
    expect(chosen).toHaveLength(40);
    expect(new Set(chosen)).toEqual(new Set(['line@1', 'line@2']));
    expect(ones).toBeGreaterThan(8);
    expect(ones).toBeLessThan(32);
    for (const one of graph.products) one.name += ' (edited)';
    expect(await ask()).toEqual(chosen);
    const systems = graph.provider.requests.slice(0, 40).map((request) => messagesOf(request)[0]?.text);
    expect(systems.filter((text) => text === 'One.')).toHaveLength(ones);
  });
});

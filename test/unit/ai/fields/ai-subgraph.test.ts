import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAiSubgraph, createAiSubgraph, readPromptFolder } from '../../../../src/ai/fields/index.ts';
import type { ModelAnswer, ModelClient, ModelRequest } from '../../../../src/ai/models/index.ts';
import { GatewayError } from '../../../../src/errors/index.ts';
import { Deadline } from '../../../../src/lib/index.ts';
import { createLogger } from '../../../../src/observability/index.ts';
import { anonymous, type RequestContext } from '../../../../src/transport/index.ts';

const sdl = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
  @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
enum Mood { GOOD BAD OLD @deprecated }
type Query { haiku(about: String!): String @generate(prompt: "haiku") }
type Review @key(fields: "id") {
  id: ID!
  body: String! @external
  mood: Mood @requires(fields: "body") @generate(prompt: "mood", maxOutputTokens: 20)
  topics: [String!] @requires(fields: "body") @generate(prompt: "mood", maxOutputTokens: 60)
  score: Int @requires(fields: "body") @generate(prompt: "mood", maxOutputTokens: 5)
  gist: String @requires(fields: "body") @generate(prompt: "mood", maxOutputTokens: 30)
}`;

const prompts = {
  'mood.prompt': '---\nmodel: fast\nconfig: { temperature: 0 }\n---\n{{role "system"}}Judge.\n{{role "user"}}{{body}}',
  'haiku.prompt': '---\nmodel: fast\nconfig: { maxOutputTokens: 40 }\n---\nAbout {{about}}.',
};

async function folderOf(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-prompts-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return readPromptFolder(folder);
}

type Answer = (request: ModelRequest) => Partial<ModelAnswer> | Promise<Partial<ModelAnswer>>;

async function subgraph(answer: Answer) {
  const asked: ModelRequest[] = [];
  let running = 0;
  let most = 0;
  const models: ModelClient = {
    async complete(_alias, request) {
      asked.push(request);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      const usage = { inputTokens: 1, outputTokens: 1, source: 'reported' } as const;
      return { text: '', finishReason: 'stop', usage, model: 'test/model', attempts: 1, ...(await answer(request)) };
    },
    embed: () => Promise.reject(new Error('not asked for')),
    has: () => true,
    close: async () => {},
  };
  const log = createLogger({ level: 'silent', readable: false });
  const client = createAiSubgraph({ name: 'assistant', sdl, prompts: await folderOf(prompts), models, log });
  return { client, asked, most: () => most };
}

function context(): RequestContext {
  return { requestId: 'r', principal: anonymous, signal: new AbortController().signal, deadline: Deadline.in(5_000) };
}

const ask = (selection: string, bodies: readonly (string | null)[]) => ({
  kind: 'query' as const,
  query: `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Review { ${selection} } } }`,
  variables: { representations: bodies.map((body, index) => ({ __typename: 'Review', id: `r${index}`, body })) },
});

describe('an AI subgraph', () => {
  it('asks for twenty entities at once, twenty times at most', async () => {
    const { client, asked, most } = await subgraph(() => ({ text: '{"value":"GOOD"}' }));
    const bodies = Array.from({ length: 20 }, (_, index) => `Review number ${index}.`);
    const { data, errors } = await client.execute(ask('mood', bodies), context());
    expect(errors).toBeUndefined();
    expect(data?._entities).toEqual(Array(20).fill({ mood: 'GOOD' }));
    expect({ asked: asked.length, most: most() }).toEqual({ asked: 20, most: 20 });
  });

  it('asks the same once per client request, also across its fetches', async () => {
    const { client, asked } = await subgraph(() => ({ text: '{"value":"GOOD"}' }));
    const request = context();
    await client.execute(ask('mood', ['Fine.', 'Fine.', 'Poor.']), request);
    await client.execute(ask('mood', ['Fine.']), request);
    expect(asked).toHaveLength(2);
    await client.execute(ask('mood', ['Fine.']), context());
    expect(asked).toHaveLength(3);
  });

  it('asks by the prompt, with values in the user’s message and the type as JSON schema', async () => {
    const { client, asked } = await subgraph(() => ({ text: '{"value":["battery"]}' }));
    await client.execute(ask('topics', ['Fine.']), context());
    expect(asked[0]).toEqual({
      messages: [
        { role: 'system', content: 'Judge.' },
        { role: 'user', content: 'Fine.' },
      ],
      output: {
        kind: 'json',
        name: 'Review_topics',
        schema: {
          type: 'object',
          properties: { value: { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }] } },
          required: ['value'],
          additionalProperties: false,
        },
      },
      maxOutputTokens: 60,
      temperature: 0,
    });
  });

  it('leaves deprecated values out, and asks for a String as plain text', async () => {
    const { client, asked } = await subgraph(({ output }) => ({
      text: output.kind === 'text' ? ' short \n' : '{"value":"BAD"}',
    }));
    const { data } = await client.execute(ask('mood gist', ['Fine.']), context());
    expect(data?._entities).toEqual([{ mood: 'BAD', gist: 'short' }]);
    expect(JSON.stringify(asked[0]?.output)).toContain('["GOOD","BAD"]');
    expect(asked[1]?.output).toEqual({ kind: 'text' });
  });

  it('answers fields of Query from their arguments', async () => {
    const { client, asked } = await subgraph(() => ({ text: 'rain' }));
    const { data } = await client.execute({ kind: 'query', query: '{ haiku(about: "rain") }' }, context());
    expect({ ...data }).toEqual({ haiku: 'rain' });
    expect(asked[0]).toMatchObject({ messages: [{ role: 'user', content: 'About rain.' }], maxOutputTokens: 40 });
  });

  it.each([
    ['prose', { text: 'GOOD' }, 'AI_OUTPUT_INVALID'],
    ['another value', { text: '{"value":"SPLENDID"}' }, 'AI_OUTPUT_INVALID'],
    ['a list', { text: '{"value":["GOOD"]}' }, 'AI_OUTPUT_INVALID'],
    ['no value', { text: '{"mood":"GOOD"}' }, 'AI_OUTPUT_INVALID'],
    ['a prototype', { text: '{"__proto__":{"value":"GOOD"}}' }, 'AI_OUTPUT_INVALID'],
    ['half an answer', { text: '{"value":"GOOD"}', finishReason: 'length' as const }, 'AI_OUTPUT_INVALID'],
    ['a refusal', { refusal: 'I would rather not.' }, 'AI_OUTPUT_REFUSED'],
    ['filtered content', { finishReason: 'content_filter' as const }, 'AI_OUTPUT_REFUSED'],
  ])('makes the field null when a model answers %s, and keeps the others', async (_name, answer, code) => {
    const { client } = await subgraph(({ output }) => (output.kind === 'text' ? { text: 'gist' } : answer));
    const { data, errors } = await client.execute(ask('mood gist', ['Fine.']), context());
    expect(data?._entities).toEqual([{ mood: null, gist: 'gist' }]);
    expect(errors).toEqual([{ message: expect.any(String), path: ['_entities', 0, 'mood'], extensions: { code } }]);
  });

  it('fails one entity alone', async () => {
    const { client } = await subgraph(({ messages }) => {
      if (messages[1]?.content === 'Bad.') throw new GatewayError('AI_MODEL_UNAVAILABLE', { detail: 'test' });
      return { text: '{"value":"GOOD"}' };
    });
    const { data, errors } = await client.execute(ask('mood', ['Fine.', 'Bad.', 'Good.']), context());
    expect(data?._entities).toEqual([{ mood: 'GOOD' }, { mood: null }, { mood: 'GOOD' }]);
    expect(errors?.map((error) => [error.path?.[1], error.extensions?.code])).toEqual([[1, 'AI_MODEL_UNAVAILABLE']]);
  });

  it('makes no call where required data is missing', async () => {
    const { client, asked } = await subgraph(() => ({ text: '{"value":"GOOD"}' }));
    const { data, errors } = await client.execute(ask('mood', [null]), context());
    expect({ data: data?._entities, errors, asked }).toEqual({ data: [{ mood: null }], errors: undefined, asked: [] });
  });
});

describe('checking an AI subgraph', () => {
  const check = async (changed: string, files: Readonly<Record<string, string>> = prompts) =>
    checkAiSubgraph({
      source: { name: 'assistant', url: '', sdl: changed, origin: 'assistant.graphql' },
      prompts: await folderOf(files),
      modelAliases: new Set(['fast']),
    });

  it('finds nothing wrong with a good one', async () => {
    expect(await check(sdl)).toEqual([]);
  });

  it.each([
    ['a prompt that is not there', sdl.replace('"haiku"', '"sonnet"'), prompts, 'AI_PROMPT_INVALID', 5],
    ['a prompt outside its folder', sdl.replace('"haiku"', '"../haiku"'), prompts, 'AI_PROMPT_INVALID', 5],
    ['a prompt that cannot be read', sdl, { ...prompts, 'haiku.prompt': '{{#each' }, 'AI_PROMPT_INVALID', 5],
    ['a label that is not there', sdl.replace('"haiku"', '"haiku#production"'), prompts, 'AI_PROMPT_INVALID', 5],
    ['no upper bound', sdl, { ...prompts, 'haiku.prompt': '---\nmodel: fast\n---\nx' }, 'AI_OUTPUT_UNBOUNDED', 5],
    [
      'an unknown model',
      sdl.replace('prompt: "haiku"', 'prompt: "haiku", model: "smart"'),
      prompts,
      'AI_MODEL_UNKNOWN',
      5,
    ],
    [
      'no model',
      sdl,
      { ...prompts, 'haiku.prompt': '---\nconfig: { maxOutputTokens: 5 }\n---\nx' },
      'AI_MODEL_UNKNOWN',
      5,
    ],
  ])('names %s, with its line and a mend', async (_name, changed, files, code, line) => {
    const problems = await check(changed, files);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      severity: 'error',
      code,
      places: [{ subgraph: 'assistant', origin: 'assistant.graphql', line }],
    });
    expect(problems[0]?.mend).not.toBe('');
  });

  it('resolves versions and labels by file', async () => {
    const folder = await folderOf({
      ...prompts,
      'haiku@2.prompt': prompts['haiku.prompt'],
      'labels.yaml': 'haiku: { production: 2 }',
    });
    expect(folder.find('haiku#production')).toMatchObject({ name: 'haiku@2' });
    expect(folder.find('haiku@2')).toMatchObject({ name: 'haiku@2' });
    expect(folder.find('haiku@3')).toMatchObject({ message: 'there is no file haiku@3.prompt' });
  });
});

/**
 * The semantic cache through a whole gateway: requests with the same meaning are answered once, and no others, whatever
 * their vectors. The embedding model of most tests is the worst possible: it returns the same vector for all texts.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { userText } from '../../../src/ai/model-call/index.ts';
import { Deadline } from '../../../src/lib/index.ts';
import { testWorkers } from '../../testkit/test-workers.ts';
import { different } from '../../unit/ai/models/question-pairs.ts';
import { startV1Gateway, type V1Gateway } from './v1-gateway.ts';

const one = 'How do I pay?';
const same = 'How can I pay?';

const prompt = (more: string): string => `---
model: again
config: { maxOutputTokens: 20 }
input: { schema: { question: string } }
---
{{role "system"}}
Be brief.${more}
{{role "user"}}
{{question}}`;

let gateway: V1Gateway;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-prompts-'));
  await writeFile(join(folder, 'schema.graphql'), 'type Query { own: Int }');
  // Two versions with the same text: only their names differ.
  await writeFile(join(folder, 'help@1.prompt'), prompt(''));
  await writeFile(join(folder, 'help@2.prompt'), prompt(''));
  const cache = 'cache: { exact: true, semantic: { embedding: near, threshold: 0.9 } }';
  gateway = await startV1Gateway({
    yaml: `  helper: { ai: true, schema: { file: ${folder}/schema.graphql }, prompts: ${folder} }`,
    ai: ({ openAiBaseUrl }) => `  providers:
    p: { kind: openai, base_url: "${openAiBaseUrl}", api_key: k }
    r: { kind: openai, wire: responses, base_url: "${openAiBaseUrl}", api_key: k }
  models:
    again: { targets: [p/a], retries: 0, ${cache} }
    twin: { targets: [p/a], retries: 0, ${cache} }
    other: { targets: [p/b], retries: 0, ${cache} }
    local: { targets: [p/a], retries: 0, ${cache.replace('near', 'embedding').replace('0.9', '0.95')} }
    exact: { targets: [p/a], retries: 0, cache: { exact: true } }
    wires: { targets: [r/a], retries: 0, ${cache} }
    near: [p/embed]
    embedding: [local/use-lite]
  prices: { p/a: { input_per_mtok: "1", output_per_mtok: "1" }, p/b: { free: true }, r/a: { free: true }, p/embed: { free: true } }
`,
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
let turn = 0;
/** Every test has separate questions. */
let about = '';
beforeEach(() => {
  about = `Question number ${turn++}.`;
  gateway.provider.reset();
  gateway.provider.respond({ vectors: Array(16).fill([1, 0]) }, { model: 'embed' });
});

/** How many answers were paid for. */
const answers = (): number => gateway.provider.requests.filter(({ model }) => model !== 'embed').length;

async function ask(text: string, more: object = {}): Promise<readonly [cache: string | null, cost: string | null]> {
  const messages = [
    { role: 'system', content: about },
    { role: 'user', content: text },
  ];
  const response = await gateway.post('/chat/completions', { model: 'again', messages, ...more });
  expect(response.status).toBe(200);
  const body = await response.text();
  const cost = response.headers.get('isthmus-cost-usd') ?? /^: isthmus-cost-usd (\S+)$/m.exec(body)?.[1] ?? null;
  return [response.headers.get('isthmus-cache'), cost];
}

describe('a question that means the same', () => {
  it('is answered from the cache, free, whole and streamed, and recorded so', async () => {
    gateway.provider.respond({ text: 'By card.' }, { model: 'a' });
    expect((await ask(one))[0]).toBe('miss');
    const hit = await gateway.openai.chat.completions.create({
      model: 'again',
      messages: [
        { role: 'system', content: about },
        { role: 'user', content: same },
      ],
    });
    expect(hit.choices[0]?.message.content).toBe('By card.');
    expect(await ask(same)).toEqual(['semantic', '0']);
    expect(answers()).toBe(1);

    expect((await ask(one, { stream: true }))[0]).toBe('miss');
    expect(await ask(same, { stream: true })).toEqual(['semantic', '0']);
    expect(answers()).toBe(2);
    await expect.poll(() => gateway.callLog()).toMatch(/"costUsd":"0",.*"cache":"semantic"/);
  });

  it('is so with the model that comes with Isthmus', async () => {
    expect((await ask(one, { model: 'local' }))[0]).toBe('miss');
    expect(await ask(same, { model: 'local' })).toEqual(['semantic', '0']);
    expect(answers()).toBe(1);
  }, 30_000);

  it('is asked again where the alias has an exact cache only, and where texts cannot be embedded', async () => {
    expect((await ask(one, { model: 'exact' }))[0]).toBe('miss');
    expect((await ask(same, { model: 'exact' }))[0]).toBe('miss');
    expect((await ask(one, { model: 'exact' }))[0]).toBe('hit');
    gateway.provider.respond({ error: { status: 500 } }, { model: 'embed' });
    expect((await ask(one))[0]).toBe('miss');
    expect((await ask(same))[0]).toBe('miss');
    expect(answers()).toBe(4);
  });
});

describe('another question', () => {
  it(`is never the same: ${different.length} pairs that vectors cannot tell apart`, async () => {
    const wrong: string[] = [];
    for (const [text, other] of different) {
      about = `Pair ${turn++}.`;
      await ask(text);
      if ((await ask(other))[0] !== 'miss') wrong.push(`${text} | ${other}`);
    }
    expect(wrong).toEqual([]);
  });

  const schema = (name: string) => ({
    type: 'json_schema',
    json_schema: {
      name: 'answer',
      schema: {
        type: 'object',
        properties: { [name]: { type: 'string' } },
        required: [name],
        additionalProperties: false,
      },
    },
  });
  const tool = { type: 'function', function: { name: 't', parameters: { type: 'object', properties: {} } } };
  it.each<[string, object, object]>([
    ['alias of the same model', {}, { model: 'twin' }],
    ['model', {}, { model: 'other' }],
    ['schema', { response_format: schema('a') }, { response_format: schema('b') }],
    ['form', {}, { response_format: { type: 'json_object' } }],
    ['temperature', { temperature: 0 }, { temperature: 0.1 }],
    ['bound', { max_tokens: 50 }, { max_tokens: 51 }],
    ['seed', { seed: 1 }, { seed: 2 }],
    ['tool', {}, { tools: [tool] }],
    ['end user', { user: 'ann' }, { user: 'ben' }],
    ['field beyond the form', {}, { logit_bias: { '5': 1 } }],
    [
      'conversation',
      {},
      {
        messages: [
          { role: 'system', content: 'Be long.' },
          { role: 'user', content: same },
        ],
      },
    ],
  ])('is one of another %s', async (_what, first, second) => {
    await ask(one, first);
    expect((await ask(same, second))[0]).not.toBe('semantic');
    expect(answers()).toBe(2);
    // The first one's is still there.
    expect((await ask(same, first))[0]).toBe('semantic');
  });

  // Asks the model client of this thread: with workers there is none.
  if (testWorkers === 1)
    it('is one of another tenant', async () => {
      const models = gateway.gateway.gateway.generations.current?.models;
      if (models === undefined) throw new Error('no generation serves');
      const asked = async (text: string, tenant: string) => {
        const bounds = { signal: new AbortController().signal, deadline: Deadline.in(5_000) };
        const request = { messages: [userText(about), userText(text)], output: { kind: 'text' } } as const;
        return (await models.complete({ alias: 'again', caller: { id: 'c', tenant }, request, ...bounds })).cache;
      };
      expect(await asked(one, 'a')).toBe('miss');
      expect(await asked(same, 'b')).toBe('miss');
      expect(await asked(same, 'a')).toBe('semantic');
      expect(await asked(one, 'b')).toBe('semantic');
      expect(answers()).toBe(2);
    });

  it('is one of another version of the prompt', async () => {
    const run = async (name: string, question: string) => {
      const response = await gateway.post(`/prompts/${name}`, { input: { question } });
      expect(response.status).toBe(200);
      return response.headers.get('isthmus-cache');
    };
    expect(await run('help@1', one)).toBe('miss');
    expect(await run('help@2', same)).toBe('miss');
    expect(await run('help@1', same)).toBe('semantic');
    expect(await run('help@2', one)).toBe('semantic');
    expect(answers()).toBe(2);
  });

  it('is one by another wire of the client', async () => {
    const asked = { model: 'wires', instructions: about };
    expect((await gateway.openai.responses.create({ ...asked, input: one })).status).toBe('completed');
    const again = await gateway.post('/responses', { ...asked, input: same });
    expect(again.headers.get('isthmus-cache')).toBe('semantic');
    const messages = [{ role: 'user', content: same }];
    const other = await gateway.post('/messages', { model: 'wires', system: about, max_tokens: 50, messages });
    expect(other.headers.get('isthmus-cache')).toBe('miss');
    expect(answers()).toBe(2);
  });
});

describe('an answer that is no good', () => {
  it.each([
    ['cut', { text: 'By', finishReason: 'length' }],
    ['refused', { refusal: 'No.' }],
    ['empty', { text: '' }],
    ['filtered', { text: '', finishReason: 'content_filter' }],
  ] as const)('is not given to others: %s', async (_what, reply) => {
    gateway.provider.respond(reply, { model: 'a' });
    await ask(one);
    expect((await ask(same))[0]).toBe('miss');
    expect(answers()).toBe(2);
  });
});

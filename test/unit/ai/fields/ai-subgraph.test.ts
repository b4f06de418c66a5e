import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymous } from '../../../../src/access/principal.ts';
import { createAiSubgraph, type PromptFolder, readPromptFolder } from '../../../../src/ai/fields/index.ts';
import type { Completion } from '../../../../src/ai/model-call/index.ts';
import type { ModelCall, ModelClient } from '../../../../src/ai/models/index.ts';
import { type CacheStore, createMemoryStore } from '../../../../src/cache/index.ts';
import { GatewayError } from '../../../../src/errors/index.ts';
import { Deadline } from '../../../../src/lib/index.ts';
import { createLogger } from '../../../../src/observability/index.ts';
import { noSignals, type Signals } from '../../../../src/signals/index.ts';
import type { RequestContext } from '../../../../src/transport/index.ts';
import { nextSignal, twoWorkersSignals } from '../../../testkit/processes/worker-signals.ts';

const sdl = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
  @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
enum Mood { GOOD BAD OLD @deprecated }
type Query { haiku(about: String!): String @generate(prompt: "haiku") }
type Review @key(fields: "id") {
  id: ID!
  body: String! @external
  note: String @external
  mood: Mood @requires(fields: "body") @generate(prompt: "mood", maxOutputTokens: 20)
  topics: [String!] @requires(fields: "body") @generate(prompt: "mood", maxOutputTokens: 60)
  gist: String @requires(fields: "body note") @generate(prompt: "mood", maxOutputTokens: 30)
}`;

const files = {
  'mood.prompt': '---\nmodel: fast\nconfig: { temperature: 0 }\n---\n{{role "system"}}Judge.\n{{role "user"}}{{body}}',
  'haiku.prompt': '---\nmodel: fast\nconfig: { maxOutputTokens: 40 }\n---\nAbout {{about}}.',
};

let prompts: PromptFolder;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-prompts-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  prompts = await readPromptFolder(folder);
  await rm(folder, { recursive: true });
});

type Answer = (call: ModelCall) => (Partial<Completion> & { readonly text?: string }) | Promise<never>;

const closing: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(closing.map((close) => close())));

/** @param shared with another worker: its answers are stale at once */
function subgraph(answer: Answer, cached = false, shared?: { readonly cache: CacheStore; readonly signals: Signals }) {
  const asked: ModelCall[] = [];
  const running = { now: 0, most: 0 };
  const models: ModelClient = {
    async complete(call) {
      asked.push(call);
      running.most = Math.max(running.most, ++running.now);
      await new Promise((resolve) => setImmediate(resolve));
      running.now--;
      const { text = '', ...rest } = await answer(call);
      return {
        content: [{ type: 'text', text }],
        finishReason: 'stop',
        usage: { inputTokens: 1, outputTokens: 1, source: 'reported' },
        model: 'test/model',
        attempts: 1,
        cache: 'off',
        costNanoUsd: 3n,
        durationMs: 1,
        ...rest,
      };
    },
    stream: () => {
      throw new Error('not asked for');
    },
    embed: () => Promise.reject(new Error('not asked for')),
    has: () => true,
    list: () => [{ alias: 'fast', targets: ['test/model'] }],
    close: async () => {},
  };
  const client = createAiSubgraph({
    name: 'assistant',
    sdl,
    prompts,
    models,
    config: {
      deadlineMs: 5_000,
      maxInputTokens: 8_000,
      longInput: 'reject',
      maxChunks: 8,
      cache:
        shared === undefined
          ? { enabled: true, maxAgeMs: 60_000, staleWhileRevalidateMs: 0 }
          : { enabled: true, maxAgeMs: 1, staleWhileRevalidateMs: 60_000 },
      explain: { enabled: true, texts: false },
    },
    cache: shared?.cache ?? (cached ? createMemoryStore() : undefined),
    sensitive: new Map(),
    placeholderKey: new Uint8Array(32),
    code: undefined,
    signals: shared?.signals ?? noSignals,
    log: createLogger({ level: 'silent', readable: false }),
  });
  closing.push(() => client.close());
  return { client, asked, running };
}

function context(more: Partial<RequestContext> = {}): RequestContext {
  return {
    requestId: 'r',
    principal: anonymous,
    signal: new AbortController().signal,
    deadline: Deadline.in(10_000),
    ...more,
  };
}

const query = (selection: string): string =>
  `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Review { ${selection} } } }`;
const representation = (body: string | null, index: number) => ({ __typename: 'Review', id: `r${index}`, body });
const ask = (selection: string, bodies: readonly (string | null)[]) => ({
  kind: 'query' as const,
  query: query(selection),
  variables: { representations: bodies.map(representation) },
});
const good: Answer = () => ({ text: '{"value":"GOOD"}' });

describe('an AI subgraph', () => {
  it('generates the field of twenty entities concurrently, with at most twenty calls', async () => {
    const { client, asked, running } = subgraph(good);
    const bodies = Array.from({ length: 20 }, (_, index) => `Review number ${index}.`);
    const { data, errors } = await client.execute(ask('mood', bodies), context());
    expect(errors).toBeUndefined();
    expect(data?._entities).toEqual(Array(20).fill({ mood: 'GOOD' }));
    expect({ asked: asked.length, most: running.most }).toEqual({ asked: 20, most: 20 });
  });

  it('makes one call for equal questions of a client request, also across its fetches; with a cache, one call in total', async () => {
    const { client, asked } = subgraph(good);
    const request = context();
    await client.execute(ask('mood', ['Fine.', 'Fine.', 'Poor.']), request);
    await client.execute(ask('mood', ['Fine.']), request);
    expect(asked).toHaveLength(2);
    await client.execute(ask('mood', ['Fine.']), context());
    expect(asked).toHaveLength(3);
    const kept = subgraph(good, true);
    await kept.client.execute(ask('mood', ['Fine.']), context());
    await kept.client.execute(ask('mood', ['Fine.', 'Fine.']), context());
    expect(kept.asked).toHaveLength(1);
  });

  it('does not pay for a renewal that has failed in another worker', async () => {
    const cache = createMemoryStore();
    const { first, second, close } = twoWorkersSignals();
    let isWell = true;
    const answer: Answer = () => {
      if (!isWell) throw new GatewayError('AI_MODEL_UNAVAILABLE');
      return { text: '{"value":"GOOD"}' };
    };
    const [one, other] = [first, second].map((signals) => subgraph(answer, true, { cache, signals }));
    if (one === undefined || other === undefined) throw new Error('there are two');
    const read = async ({ client }: typeof one) => (await client.execute(ask('mood', ['Fine.']), context())).data;
    await read(one);
    isWell = false;
    const heard = nextSignal(second, 'AI field not renewed');
    // Until it is stale.
    await expect.poll(async () => [await read(one), one.asked.length][1]).toBe(2);
    await heard;
    for (const worker of [one, other, other]) expect(await read(worker)).toEqual({ _entities: [{ mood: 'GOOD' }] });
    expect([one.asked.length, other.asked.length]).toEqual([2, 0]);
    close();
  });

  it('separates tenants', async () => {
    const { client, asked } = subgraph(good, true);
    for (const tenant of ['one', 'two', 'one'])
      await client.execute(ask('mood', ['Fine.']), context({ principal: { ...anonymous, id: 'someone', tenant } }));
    expect(asked.map(({ caller }) => caller.tenant)).toEqual(['one', 'two']);
  });

  it('sends the prompt with values in the user message and the type as JSON schema', async () => {
    const { client, asked } = subgraph(() => ({ text: '{"value":["battery"]}' }));
    await client.execute(ask('topics', ['Fine.']), context());
    expect(asked[0]).toMatchObject({
      alias: 'fast',
      prompt: 'mood',
      requestId: 'r',
      caller: { id: 'anonymous', tenant: 'public' },
      request: {
        messages: [
          { role: 'system', content: 'Judge.' },
          { role: 'user', content: [{ type: 'text', text: 'Fine.' }] },
        ],
        output: { kind: 'json', name: 'Review_topics', schema: { required: ['value'], additionalProperties: false } },
        maxOutputTokens: 60,
        temperature: 0,
      },
    });
  });

  it('omits deprecated values, and requests a String as plain text', async () => {
    const { client, asked } = subgraph(({ request }) => ({
      text: request.output.kind === 'text' ? ' short \n' : '{"value":"BAD"}',
    }));
    const { data } = await client.execute(ask('mood gist', ['Fine.']), context());
    expect(data?._entities).toEqual([{ mood: 'BAD', gist: 'short' }]);
    expect(JSON.stringify(asked[0]?.request.output)).toContain('["GOOD","BAD"]');
    expect(asked[1]?.request.output).toEqual({ kind: 'text' });
  });

  it('answers fields of Query from their arguments', async () => {
    const { client, asked } = subgraph(() => ({ text: 'rain' }));
    const { data } = await client.execute({ kind: 'query', query: '{ haiku(about: "rain") }' }, context());
    expect({ ...data }).toEqual({ haiku: 'rain' });
    expect(asked[0]?.request).toMatchObject({
      messages: [{ content: [{ text: 'About rain.' }] }],
      maxOutputTokens: 40,
    });
  });

  it('uses representations as values, and does not change them', async () => {
    const { client } = subgraph(good);
    const request = ask('mood', ['One.', 'Two.']);
    const copy = structuredClone(request);
    expect((await client.execute(request, context())).data?._entities).toEqual([{ mood: 'GOOD' }, { mood: 'GOOD' }]);
    expect(request).toEqual(copy);
  });

  it('explains values on request, by the paths of the subgraph', async () => {
    const { client } = subgraph(good);
    expect((await client.execute(ask('mood', ['Fine.']), context())).notes).toBeUndefined();
    const { notes } = await client.execute(ask('m: mood', ['Fine.']), context({ explain: new Set(['ai']) }));
    expect(notes).toEqual([
      {
        extension: 'ai',
        path: ['_entities', 0, 'm'],
        value: expect.objectContaining({ model: 'test/model', prompt: 'mood', cached: false, costUsd: '0.000000003' }),
      },
    ]);
  });

  it('fails one entity only, with the gateway’s own message', async () => {
    const { client } = subgraph(({ request }) => {
      if (JSON.stringify(request.messages).includes('Bad.'))
        throw new GatewayError('AI_MODEL_UNAVAILABLE', { detail: 'secret detail' });
      if (JSON.stringify(request.messages).includes('Bug.')) throw new Error('secret defect');
      return { text: '{"value":"GOOD"}' };
    });
    const { data, errors } = await client.execute(ask('mood', ['Fine.', 'Bad.', 'Good.', 'Bug.']), context());
    expect(data?._entities).toEqual([{ mood: 'GOOD' }, { mood: null }, { mood: 'GOOD' }, { mood: null }]);
    expect(errors?.map(({ path, extensions }) => [path?.[1], extensions?.code]).sort()).toEqual([
      [1, 'AI_MODEL_UNAVAILABLE'],
      [3, 'INTERNAL_SERVER_ERROR'],
    ]);
    expect(JSON.stringify(errors)).not.toContain('secret');
  });

  it('makes no call if required non-null data is missing; a nullable null is an input', async () => {
    const { client, asked } = subgraph(good);
    const { data, errors } = await client.execute(ask('mood gist', [null]), context());
    expect({ data: data?._entities, errors, asked }).toEqual({
      data: [{ mood: null, gist: null }],
      errors: undefined,
      asked: [],
    });
    await client.execute(ask('gist', ['Fine.']), context());
    expect(asked).toHaveLength(1);
  });

  it('rejects with the reason of a client that disconnected, and makes no call for one that had disconnected before', async () => {
    const { client, asked } = subgraph(good);
    const controller = new AbortController();
    controller.abort(new Error('gone'));
    await expect(client.execute(ask('mood', ['Fine.']), context({ signal: controller.signal }))).rejects.toThrow(
      'gone',
    );
    expect(asked).toHaveLength(0);
  });
});

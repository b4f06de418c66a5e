import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fieldTags } from '../../../src/ai/fields/answers/field-cache.ts';
import { createRedisStore } from '../../../src/cache/index.ts';
import { runCommand } from '../../testkit/processes/run-command.ts';
import { spawnIsthmus } from '../../testkit/processes/spawn-isthmus.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../../testkit/servers/redis-server.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-ai-'));
  await writeFile(join(folder, 'query.graphql'), 'query A { a } query B($x: Int) { b(x: $x) }');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ai(...args: string[]): Promise<{ code: unknown; output: string }> {
  const { code, out, errors } = await runCommand('ai', ...args);
  return { code, output: `${out}${errors}` };
}

/** As a process of its own, which has to end by itself. */
async function spawnAi(...args: string[]): Promise<{ code: unknown; output: string }> {
  const command = spawnIsthmus(['ai', ...args]);
  return { code: await command.ended, output: command.output() };
}

describe('isthmus ai warm', { timeout: 60_000 }, () => {
  let server: Server;
  let url: string;
  let answer: unknown;
  let asked: { headers: IncomingMessage['headers']; body: string };
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      asked = { headers: request.headers, body };
      response.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  });
  afterAll(() => void server.close());

  const query = () => ['warm', '--query', join(folder, 'query.graphql'), '--gateway', url];

  it('adds up generated, cached and deduplicated answers, to the last nano-dollar', async () => {
    answer = {
      extensions: {
        ai: {
          'a.0': { cached: false, costUsd: '0.000000001' },
          'a.1': { cached: 'shared', costUsd: '0' },
          'a.2': { cached: 'field', costUsd: '0' },
          'a.3': { cached: 'stale', costUsd: '0' },
          'a.4': { cached: false, costUsd: '1.5' },
        },
      },
    };
    const more = ['--operation', 'B', '--variables', '{"x":1}', '--header', 'Authorization: Bearer a:b'];
    expect(await spawnAi(...query(), ...more)).toEqual({
      code: 0,
      output: '2 generated, 1 deduplicated, 2 already cached, 0 failed; 1.500000001 USD\n',
    });
    expect(JSON.parse(asked.body)).toMatchObject({ operationName: 'B', variables: { x: 1 } });
    expect(asked.headers).toMatchObject({ authorization: 'Bearer a:b', 'isthmus-explain': 'ai' });
  });

  it('fails if a field failed, and names it without control characters', async () => {
    answer = {
      errors: [{ message: 'No model\u001b[2J.', path: ['a', 0, 'b'], extensions: { code: 'AI_MODEL_UNAVAILABLE' } }],
      extensions: { ai: { 'a.1.b': { cached: false, costUsd: '0' } } },
    };
    expect(await ai(...query())).toEqual({
      code: 1,
      output: '1 generated, 0 already cached, 1 failed; 0 USD\na.0.b: AI_MODEL_UNAVAILABLE No model [2J.\n',
    });
  });

  it('fails if nothing was warmed, and if the answer is not a gateway’s', async () => {
    for (const [given, said] of [
      [{ data: {} }, 'no AI field was answered'],
      [{ extensions: { ai: [{ costUsd: 'NaN' }] }, errors: ['?'] }, 'the operation: '],
      [null, 'no AI field was answered'],
    ] as const) {
      answer = given;
      expect(await ai(...query())).toEqual({ code: 1, output: expect.stringContaining(said) });
    }
    expect(await ai(...query(), '--gateway', 'http://127.0.0.1:1/')).toMatchObject({ code: 2 });
  });

  it('runs queries only, and exits 2 for a wrong command line', async () => {
    await writeFile(join(folder, 'mutation.graphql'), 'mutation { a }');
    const mutation = await ai('warm', '--query', join(folder, 'mutation.graphql'), '--gateway', url);
    expect(mutation).toEqual({ code: 2, output: expect.stringContaining('only queries are run') });
    expect(await ai(...query(), '--variables', '[1]')).toMatchObject({ code: 2 });
    expect(await ai(...query(), '--header', 'no colon')).toMatchObject({ code: 2 });
    expect(await ai('invalidate')).toMatchObject({ code: 2 });
  });
});

describe('isthmus ai invalidate', { timeout: 60_000 }, () => {
  const configFile = () => join(folder, 'supergraph.yaml');
  async function writeConfig(more: string): Promise<void> {
    await mkdir(join(folder, 'prompts'), { recursive: true });
    await writeFile(join(folder, 'prompts/tone@2.prompt'), '---\nmodel: fast\n---\n{{body}}');
    await writeFile(
      join(folder, 'ai.graphql'),
      `extend schema @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
       type Review { body: String tone: String @generate(prompt: "tone@2") } type Other { body: String @deprecated }`,
    );
    await writeFile(
      configFile(),
      `subgraphs: { ai: { ai: true, schema: { file: ai.graphql }, prompts: prompts } }\n${more}`,
    );
  }

  it('reports that a memory cache is inside the running gateway, and what to do', async () => {
    await writeConfig('');
    const { code, output } = await ai('invalidate', '--prompt', 'tone', '--config', configFile());
    expect(code).toBe(2);
    expect(output).toMatch(/in the memory of each running gateway.*`admin` in the configuration/);
  });

  it('asks the admin listener of the configuration to invalidate a prompt in the memory of its gateway', async () => {
    const requests: { readonly url: string | undefined; readonly key: unknown; readonly body: string }[] = [];
    const listener = createServer(async (request, response) => {
      requests.push({ url: request.url, key: request.headers['x-api-key'], body: await text(request) });
      response.writeHead(200, { 'isthmus-admin': 'true' }).end('{}');
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    try {
      await writeConfig(`admin: { port: ${(listener.address() as AddressInfo).port} }\n`);
      const words = ['invalidate', '--prompt', 'tone', '--key', 'k', '--config', configFile()];
      const { code, output } = await spawnAi(...words);
      expect({ code, output }).toEqual({ code: 0, output: 'the cached answers of tone are invalidated\n' });
      const body = '[{"kind":"prompt","prompt":"tone"}]';
      expect(requests).toEqual([{ url: '/admin/invalidate', key: 'k', body }]);
    } finally {
      listener.close();
    }
  });

  describe.skipIf(withoutRedis)('with Redis', () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await startRedisServer();
      await writeConfig(`ai: { cache: { store: redis, url: "${redis.url}" } }\n`);
    });
    afterAll(() => redis.kill());

    it('invalidates the answers of a prompt or a type, and no others', async () => {
      const ready = Promise.withResolvers<void>();
      const onStateChange = (state: string): void => {
        if (state === 'ready') ready.resolve();
      };
      const store = createRedisStore({ url: redis.url, commandTimeoutMs: 2_000, onStateChange });
      try {
        await ready.promise;
        const keep = () =>
          Promise.all([
            store.set('tone', '1', { tags: [fieldTags.prompt('tone@2'), fieldTags.type('Review')] }),
            store.set('other', '1', { tags: [fieldTags.prompt('other'), fieldTags.type('Other')] }),
          ]);
        for (const [run, ...name] of [
          [spawnAi, '--prompt', 'tone'],
          [ai, '--type', 'Review'],
        ] as const) {
          await keep();
          expect(await store.get('tone')).toBeDefined();
          expect(await run('invalidate', ...name, '--config', configFile())).toMatchObject({ code: 0 });
          expect(await store.get('tone')).toBeUndefined();
          expect(await store.get('other')).toBeDefined();
        }
      } finally {
        await store.close();
      }
    });

    it('refuses names that no AI subgraph has, and reports an unreachable Redis', async () => {
      const config = ['--config', configFile()];
      const unknown = await ai('invalidate', '--type', 'Other', ...config);
      expect(unknown).toEqual({ code: 2, output: 'no AI subgraph has "Other"; there are Review\n' });
      await redis.kill();
      const away = await ai('invalidate', '--prompt', 'tone', ...config);
      expect(away).toEqual({ code: 2, output: 'Redis cannot be reached: nothing was invalidated\n' });
    });
  });
});

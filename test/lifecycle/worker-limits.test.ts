/** The limits of a model's target hold for all workers together, and the places of a worker that ends are free again. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedProvider, startScriptedProvider } from '../../src/testing.ts';
import { type SpawnedIsthmus, spawnIsthmus } from '../testkit/processes/spawn-isthmus.ts';

const concurrency = 4;

const plugin = `import { threadId } from 'node:worker_threads';
export const plugin = {
  name: 'which-worker',
  onRequest({ headers }) {
    if (headers['x-end'] === 'exit') process.exit(7);
  },
  onResponse({ headers }) {
    headers['x-worker'] = String(threadId);
  },
};
`;

interface Answer {
  readonly status: number;
  readonly worker: unknown;
}

let provider: ScriptedProvider;
let isthmus: SpawnedIsthmus;
let folder: string;
let url: string;
let turn = 0;

/** Releases the calls that the provider has, the oldest first. */
let calls: (() => void)[] = [];
let largest = 0;
/** Called for each call that reaches the provider. */
let onCall = (_reached: number): void => {};
let reached = 0;

beforeAll(async () => {
  provider = await startScriptedProvider();
  folder = await mkdtemp(join(tmpdir(), 'isthmus-limits-'));
  await writeFile(join(folder, 'which-worker.mjs'), plugin);
  await writeFile(join(folder, 'a.graphql'), 'type Query { a: Int }');
  await writeFile(
    join(folder, 'supergraph.yaml'),
    `subgraphs: { a: { routing_url: "http://127.0.0.1:1/", schema: { file: a.graphql } } }
server: { workers: 2 }
plugins: [which-worker.mjs]
ai:
  providers: { p: { kind: openai, base_url: "${provider.openAiBaseUrl}", api_key: sk-operator } }
  models:
    chat: { targets: [{ model: p/m, limits: { concurrency: ${concurrency}, queue: 100 } }], retries: 0 }
  prices: { p/m: { free: true } }
`,
  );
  isthmus = spawnIsthmus(['serve', '--config', join(folder, 'supergraph.yaml'), '--port', '0']);
  const [, served = ''] = await isthmus.waitFor(/"url":"([^"]+)"/);
  url = served;
});
afterAll(async () => {
  isthmus.child.kill('SIGKILL');
  await isthmus.ended;
  await provider.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  calls = [];
  largest = 0;
  reached = 0;
  provider.reset();
  provider.respond(async () => {
    const held = new Promise<void>((resolve) => calls.push(resolve));
    largest = Math.max(largest, calls.length);
    onCall(++reached);
    await held;
    return { text: 'Yes.' };
  });
});

/** On a connection of its own: the system spreads connections over the workers. */
function ask(headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: `Question ${turn++}` }] });
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL('/v1/chat/completions', url),
      { method: 'POST', agent: false, headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        response.resume();
        response.on('end', () => resolve({ status: response.statusCode ?? 0, worker: response.headers['x-worker'] }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('a limit of concurrent calls with two workers', () => {
  it('is one limit, and every queued call has its turn', async () => {
    const total = 40;
    onCall = (count) => {
      // The oldest is answered as soon as the limit is reached; the last ones when no more come.
      if (calls.length >= concurrency) calls.shift()?.();
      if (count === total) for (const release of calls.splice(0)) release();
    };
    const answers = await Promise.all(Array.from({ length: total }, () => ask()));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ worker }) => worker)).size).toBe(2);
    expect(largest).toBe(concurrency);
  }, 30_000);

  it('has the places of a worker that ended in the middle of its calls', async () => {
    const full = new Promise<void>((resolve) => {
      onCall = (count) => {
        if (count === concurrency) resolve();
      };
    });
    let lost = 0;
    const held = Array.from({ length: concurrency }, () => ask().catch(() => void lost++));
    await full;
    for (let ended = 1; lost < concurrency; ended++) {
      await ask({ 'x-end': 'exit' }).catch(() => undefined);
      await isthmus.waitFor(new RegExp(`(?:a worker serves again[^]*){${ended}}`));
    }
    await Promise.all(held);
    calls = [];
    reached = 0;
    onCall = (count) => {
      if (count === concurrency) for (const release of calls.splice(0)) release();
    };
    const answers = await Promise.all(Array.from({ length: concurrency }, () => ask()));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  }, 30_000);
});

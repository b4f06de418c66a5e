/** Owners that publish at once, and are killed, while a gateway serves. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import type { GenerationContent } from '../../src/registry/generation/index.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { type SpawnedIsthmus, spawnIsthmus } from '../testkit/processes/spawn-isthmus.ts';
import { Random } from '../testkit/random/random.ts';
import { newSeed, randomRuns } from '../testkit/random/random-runs.ts';

vi.setConfig({ testTimeout: 240_000 * randomRuns(1) });

/** Each of two owners publishes so many; the 500 are `npm run soak -- 32 registry`. */
const versions = randomRuns(8);
const kills = randomRuns(3);
const shop = { graph: 'shop', variant: 'current' };

let folder: string;
let config: string;
let subgraph: Server;
let gateway: SpawnedIsthmus;
let url: string;
let store: Store;

/** The versions that a content or an answer names, such as `a3 b1`. */
const versionsIn = (text: string) =>
  [...text.matchAll(/\b[ab]\d+\b/g)]
    .map(([name]) => name)
    .sort()
    .join(' ');

async function versionsOf({ subgraphs }: GenerationContent): Promise<string> {
  const texts = await store.registry.texts(Object.values(subgraphs).flatMap(({ files }) => Object.values(files)));
  return versionsIn([...texts.values()].join('\n'));
}

function publisher(name: string, first: number, last: number): ChildProcess {
  const file = resolve('test/testkit/processes/publish-versions.ts');
  return spawn(process.execPath, [file, config, name, String(first), String(last)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** What the gateway serves, once for each request. */
async function ask(): Promise<string> {
  const query = '{ a __type(name: "Query") { fields { name } } }';
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  expect(text).not.toContain('errors');
  return versionsIn(text);
}

/** Asks about 100 times a second, until `work` ends. @returns all that was served */
async function askedDuring(work: Promise<unknown>): Promise<ReadonlySet<string>> {
  const answers = new Set<string>();
  const ended = work.then(() => true);
  while (!(await Promise.race([ended, setTimeout(20, false)])))
    for (const answer of await Promise.all([ask(), ask()])) answers.add(answer);
  return answers;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-publishers-'));
  config = join(folder, 'supergraph.yaml');
  subgraph = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"a":1}}');
  });
  await once(subgraph.listen(0, '127.0.0.1'), 'listening');
  const at = `http://127.0.0.1:${(subgraph.address() as AddressInfo).port}/graphql`;
  for (const name of ['a', 'b'])
    await writeFile(join(folder, `${name}.graphql`), `type Query { ${name}0: Int, ${name}: Int }`);
  const lines = ['a', 'b'].map((name) => `  ${name}: { routing_url: "${at}", schema: { file: ${name}.graphql } }`);
  await writeFile(config, `subgraphs:\n${lines.join('\n')}\nregistry: { graph: shop }\n`);
  gateway = spawnIsthmus(['serve', '--config', config, '--port', '0']);
  const [, base = ''] = await gateway.waitFor(/"url":"([^"]+)","msg":"listening"/);
  url = `${base}/graphql`;
  store = await openStore({
    config: (await loadConfig(config)).store,
    configFile: config,
    log: { warn: () => undefined },
  });
});
afterAll(async () => {
  gateway.child.kill();
  await gateway.ended;
  await store.close();
  subgraph.close();
  subgraph.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});

describe('two owners that publish at once', () => {
  it('fail no request, mix nothing, and leave one linear history', async () => {
    const owners = ['a', 'b'].map((name) => once(publisher(name, 1, versions), 'exit'));
    const answers = await askedDuring(
      Promise.all(owners).then((codes) =>
        expect(codes).toEqual([
          [0, null],
          [0, null],
        ]),
      ),
    );
    const history = await store.registry.history(shop, { limit: 10_000 });
    expect(history.map(({ number }) => number)).toEqual(
      Array.from({ length: 2 * versions + 1 }, (_, n) => 2 * versions + 1 - n),
    );
    const published = new Set<string>();
    for (const { content } of history) published.add(await versionsOf(content));
    expect(published.size).toBe(2 * versions + 1);
    for (const answer of answers) expect(published, answer).toContain(answer);
    expect(await versionsOf(history[0]?.content ?? { subgraphs: {}, settings: {} })).toBe(`a${versions} b${versions}`);
    await expect.poll(ask).toBe(`a${versions} b${versions}`);
  });

  it('that are killed leave the old generation or the new one', async () => {
    const random = new Random(newSeed('killed publishers'));
    let next = versions + 1;
    for (let kill = 0; kill < kills; kill++) {
      const owner = publisher('a', next, next + 1_000);
      const [line] = await once(owner.stdout ?? owner, 'data');
      await setTimeout(random.below(300));
      owner.kill('SIGKILL');
      await once(owner, 'exit');
      const head = await store.registry.head(shop);
      const [newest, ...older] = await store.registry.history(shop, { limit: 10_000 });
      expect(newest?.number, String(line)).toBe(head?.number);
      expect(older).toHaveLength((newest?.number ?? 0) - 1);
      const served = await versionsOf(newest?.content ?? { subgraphs: {}, settings: {} });
      expect(served).toMatch(/^a\d+ b\d+$/);
      next = Number(/a(\d+)/.exec(served)?.[1]) + 1;
      await expect.poll(ask).toBe(served);
    }
  });
});

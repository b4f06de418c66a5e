/** Owners that publish at once, and processes that are killed meanwhile, while a gateway serves. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import type { GenerationContent } from '../../src/registry/generation/index.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { type SpawnedIsthmus, spawnIsthmus } from '../testkit/processes/spawn-isthmus.ts';
import { versionOf } from '../testkit/processes/version-of.ts';
import { Random } from '../testkit/random/random.ts';
import { newSeed, randomRuns } from '../testkit/random/random-runs.ts';
import { steadyRequests } from '../testkit/steady-requests.ts';

vi.setConfig({ testTimeout: 240_000 * randomRuns(1) });

/** Each of two owners publishes so many. The 500 versions and 200 kills are `npm run soak -- 50 registry`. */
const versions = randomRuns(5);
const ownersKilled = randomRuns(3);
const gatewaysKilled = randomRuns(1);
const perSecond = 200;
const shop = { graph: 'shop', variant: 'current' };

let folder: string;
let config: string;
let subgraph: Server;
let gateway: SpawnedIsthmus;
let url: string;
let registryUrl: string;
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

/** The environment of a process that is to die before a statement at random: of a transaction that publishes, or after it. */
function deathIn(random: Random, statements: number): NodeJS.ProcessEnv {
  const hook = pathToFileURL(resolve('test/testkit/processes/die-in-store.ts'));
  return {
    ISTHMUS_TEST_DIES_AT: `into "isthmus_registry_texts":${random.below(statements)}`,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${hook}`,
  };
}

interface Publishing {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly seed: number;
  readonly environment?: NodeJS.ProcessEnv;
}

function publisher({ name, first, last, seed, environment }: Publishing): ChildProcess {
  const file = resolve('test/testkit/processes/publish-versions.ts');
  return spawn(process.execPath, [file, config, name, ...[first, last, seed].map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
}

async function startGateway(environment: NodeJS.ProcessEnv = {}): Promise<void> {
  gateway = spawnIsthmus(['serve', '--config', config, '--port', '0'], environment);
  const [, base = ''] = await gateway.waitFor(/"url":"([^"]+)","msg":"listening"/);
  const [, admin = ''] = await gateway.waitFor(/"adminUrl":"([^"]+)\/admin/);
  url = `${base}/graphql`;
  registryUrl = `${admin}/registry/v1/graphs/shop/current`;
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

/** That history is linear and its head the newest. @returns the versions that are published, the newest first */
async function publishedVersions(): Promise<readonly [newest: string, ...older: string[]]> {
  const [head, history] = await Promise.all([
    store.registry.head(shop),
    store.registry.history(shop, { limit: 100_000 }),
  ]);
  expect(history.map(({ number }) => number)).toEqual(history.map((_, index) => history.length - index));
  expect(head?.number).toBe(history.length);
  const published: string[] = [];
  for (const { content } of history) published.push(await versionsOf(content));
  const [newest = '', ...older] = published;
  expect(newest).toMatch(/^a\d+ b\d+$/);
  expect(new Set(published).size).toBe(history.length);
  return [newest, ...older];
}

/** The number of a version of `a`. */
const versionOfA = (published: string) => Number(/a(\d+)/.exec(published)?.[1]);

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
  await writeFile(config, `subgraphs:\n${lines.join('\n')}\nregistry: { graph: shop }\nadmin: { port: 0 }\n`);
  await startGateway();
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
    const seed = newSeed('publishers');
    const ended = ['a', 'b'].map((name) => once(publisher({ name, first: 1, last: versions, seed }), 'exit'));
    const answers = new Set<string>();
    const { sent, seconds } = await steadyRequests({
      perSecond,
      send: async () => answers.add(await ask()),
      during: Promise.all(ended),
    });
    console.info(`${2 * versions} versions under ${(sent / seconds).toFixed(1)} requests/s: ${sent} requests`);
    for (const exit of ended) expect(await exit).toEqual([0, null]);
    const published = await publishedVersions();
    expect(published).toHaveLength(2 * versions + 1);
    expect(published[0]).toBe(`a${versions} b${versions}`);
    for (const answer of answers) expect(published).toContain(answer);
    await expect.poll(ask).toBe(published[0]);
  });
});

describe('kill -9', () => {
  it('of an owner leaves the old generation or the new one', async () => {
    const seed = newSeed('killed owners');
    const random = new Random(seed);
    const [newest] = await publishedVersions();
    const inTransaction: boolean[] = [];
    for (let kill = 0, first = versionOfA(newest) + 1; kill < ownersKilled; kill++) {
      const isTimed = random.chance(0.5);
      const environment = isTimed ? {} : deathIn(random, 20);
      const owner = publisher({ name: 'a', first, last: first + 1_000, seed: seed + kill, environment });
      const exit = once(owner, 'exit');
      let output = '';
      owner.stdout?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
      if (isTimed) {
        await once(owner.stdout ?? owner, 'data');
        await setTimeout(random.below(300));
        owner.kill('SIGKILL');
      }
      expect(await exit).toEqual([null, 'SIGKILL']);
      if (!isTimed) inTransaction.push(output.includes('dies in a transaction'));
      const [served] = await publishedVersions();
      first = versionOfA(served) + 1;
      await expect.poll(ask).toBe(served);
    }
    console.info(`${ownersKilled} owners killed, ${inTransaction.filter(Boolean).length} in a transaction`);
  });

  it('of the gateway that has the registry leaves the old generation or the new one, and it starts with that', async () => {
    const random = new Random(newSeed('killed gateways'));
    let inTransaction = 0;
    let answered = 0;
    for (let kill = 0; kill < gatewaysKilled; kill++) {
      const isTimed = random.chance(0.5);
      gateway.child.kill('SIGKILL');
      await gateway.ended;
      await startGateway(isTimed ? {} : deathIn(random, 16));
      const [before] = await publishedVersions();
      expect(await ask()).toBe(before);
      const next = versionOfA(before) + 1;
      const change = { kind: 'publish', subgraphs: [versionOf('a', next, random)] };
      const publication = fetch(`${registryUrl}/publish`, { method: 'POST', body: JSON.stringify({ change }) }).then(
        ({ status }) => status,
        () => undefined,
      );
      const answers = new Set<string>();
      const { sent } = await steadyRequests({
        perSecond,
        // Those that the death of the gateway cuts off have no answer.
        send: () => ask().then((answer) => answers.add(answer), refuseWrongAnswers),
        during: isTimed
          ? setTimeout(random.below(900)).then(() => gateway.child.kill('SIGKILL'))
          : // It outlives its publication where it dies of a statement that follows: the feed's.
            gateway.ended,
      });
      answered += sent;
      expect(await gateway.ended).toBe('SIGKILL');
      if (gateway.output().includes('dies in a transaction')) inTransaction++;
      const [after] = await publishedVersions();
      const changed = before.replace(/a\d+/, `a${next}`);
      expect([before, changed]).toContain(after);
      if ((await publication) === 201) expect(after).toBe(changed);
      for (const answer of answers) expect([before, after]).toContain(answer);
    }
    await startGateway();
    const [served] = await publishedVersions();
    expect(await ask()).toBe(served);
    console.info(`${gatewaysKilled} gateways killed under ${answered} requests, ${inTransaction} in a transaction`);
  });
});

/** @throws what an answer was refused for */
function refuseWrongAnswers(error: unknown): void {
  if (!(error instanceof TypeError)) throw error;
}

/** Several workers serve as one gateway: they swap together, one that ends is replaced, and all end together. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  clientsOf,
  prepareShop,
  productsSdl,
  type ServedWorkers,
  serveWorkers,
  WorkerClient,
  waiting,
} from '../testkit/processes/served-workers.ts';
import { spawnIsthmus } from '../testkit/processes/spawn-isthmus.ts';
import { randomRuns } from '../testkit/random/random-runs.ts';

const versionQuery = '{ __type(name: "Product") { description } }';
const versionOf = (body: string): number => Number(/version (\d+)/.exec(body)?.[1]);

// A start takes many times as long where the machine is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let gateway: ServedWorkers;
beforeAll(async () => {
  gateway = await serveWorkers(2);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const serving = async (): Promise<unknown> =>
  ((await (await fetch(`${gateway.url}/health/ready`)).json()) as { workers: unknown }).workers;

describe('two workers', () => {
  it('both answer on one port, and are counted by the health checks', async () => {
    const clients = await clientsOf(gateway.url, 2);
    expect(clients.size).toBe(2);
    for (const client of clients.values()) client.close();
    expect(await serving()).toEqual({ configured: 2, serving: 2 });
    const live = (await (await fetch(`${gateway.url}/health/live`)).json()) as object;
    expect(live).toEqual({ status: 'live', workers: { configured: 2, serving: 2 } });
  });

  it('plan an operation once for both', async () => {
    const clients = await clientsOf(gateway.url, 2);
    const sent = gateway.subgraph.requests.length;
    for (const client of clients.values()) {
      expect((await client.query('{ products { name price } }')).status).toBe(200);
      client.close();
    }
    expect(gateway.subgraph.requests.length - sent).toBe(2);
  });

  it('write one log of whole lines, in the order of each worker, with its number', async () => {
    const clients = await clientsOf(gateway.url, 2);
    // More than a pipe takes at once without splitting.
    const long = `query ${'x'.repeat(5_000)} { __typename }`;
    const requests = [...clients].flatMap(([thread, client]) =>
      Array.from({ length: 200 }, (_, count) => client.query(long, { 'x-request-id': `${thread}-${count}` })),
    );
    await Promise.all(requests);
    const isOfTest = ({ requestId }: Readonly<Record<string, unknown>>) => /^\d+-\d+$/.test(String(requestId));
    await vi.waitFor(() => expect(gateway.lines().filter(isOfTest)).toHaveLength(400), waiting);
    const numbers = new Set<unknown>();
    for (const thread of clients.keys()) {
      const lines = gateway.lines().filter(({ requestId }) => String(requestId).startsWith(`${thread}-`));
      expect(lines.map(({ requestId }) => requestId)).toEqual(
        Array.from({ length: 200 }, (_, count) => `${thread}-${count}`),
      );
      const ofLines = [...new Set(lines.map(({ worker }) => worker))];
      expect(ofLines).toHaveLength(1);
      numbers.add(ofLines[0]);
    }
    expect(numbers).toEqual(new Set([1, 2]));
    for (const client of clients.values()) client.close();
  });

  it('swap together under load: no request begins on what another has already seen replaced', async () => {
    const answers: { readonly began: number; readonly ended: number; readonly version: number }[] = [];
    let isOver = false;
    const workers = new Set<string>();
    const clients = await Promise.all(Array.from({ length: 3 }, () => clientsOf(gateway.url, 2)));
    const loads = clients
      .flatMap((each) => [...each.values()])
      .map(async (client) => {
        while (!isOver) {
          const began = performance.now();
          const { body, worker, status } = await client.query(versionQuery);
          expect(status).toBe(200);
          workers.add(worker);
          answers.push({ began, ended: performance.now(), version: versionOf(body) });
        }
        client.close();
      });
    const swaps = randomRuns(4);
    for (let version = 1; version <= swaps; version++) {
      await gateway.save('products.graphql', productsSdl(`version ${version}`));
      await vi.waitFor(() => expect(answers.at(-1)?.version).toBe(version), waiting);
    }
    isOver = true;
    await Promise.all(loads);
    expect(workers.size).toBe(2);
    const byBegin = answers.toSorted((a, b) => a.began - b.began);
    const byEnd = answers.toSorted((a, b) => a.ended - b.ended);
    let seen = 0;
    let newest = 0;
    for (const { began, version } of byBegin) {
      for (; (byEnd[seen]?.ended ?? Number.POSITIVE_INFINITY) < began; seen++)
        newest = Math.max(newest, byEnd[seen]?.version ?? 0);
      expect(version).toBeGreaterThanOrEqual(newest);
    }
    await gateway.save('products.graphql', productsSdl('version 0'));
    await vi.waitFor(async () => expect(versionOf(await (await post(versionQuery)).text())).toBe(0), waiting);
  });

  it('refuse a change that one of them cannot take up, with one line', async () => {
    const from = gateway.lines().length;
    await gateway.save(
      'refuses.mjs',
      // Workers share the environment: the second one that builds the change refuses it.
      `export const plugin = {
         name: 'refuses',
         onReload() {
           process.env.BUILT_BY_ONE = process.env.BUILT_BY_ONE === undefined ? 'yes' : 'both';
           if (process.env.BUILT_BY_ONE === 'both') throw new Error('not in this worker');
         },
       };`,
    );
    const yaml = `subgraphs: { products: { routing_url: "${gateway.subgraph.url}", schema: { file: products.graphql } } }
plugins: [which-worker.mjs, refuses.mjs]
server: { introspection: false }\n`;
    await gateway.save('supergraph.yaml', yaml);
    const line = await gateway.logged('the change was refused', from);
    expect(line.msg).toContain('the previous generation keeps serving');
    expect(line).not.toHaveProperty('worker');
    const clients = await clientsOf(gateway.url, 2);
    for (const client of clients.values()) {
      expect((await client.query(versionQuery)).body).toContain('version 0');
      client.close();
    }
    expect(
      gateway
        .lines()
        .slice(from)
        .filter(({ msg }) => String(msg).includes('refused')),
    ).toHaveLength(1);

    await gateway.save('supergraph.yaml', yaml.replace(', refuses.mjs', ''));
    await vi.waitFor(async () => expect(await (await post(versionQuery)).text()).toContain('switched off'), waiting);
    const after = await clientsOf(gateway.url, 2);
    for (const client of after.values()) {
      expect((await client.query(versionQuery)).body).toContain('switched off');
      client.close();
    }
    await gateway.save('supergraph.yaml', yaml.replace(', refuses.mjs', '').replace(/server:.*\n/, ''));
    await vi.waitFor(async () => expect(versionOf(await (await post(versionQuery)).text())).toBe(0), waiting);
  });

  it('refuse a change that ends those that build it, and lose no request to it', async () => {
    await gateway.logged('a spare worker stands by');
    const from = gateway.lines().length;
    await gateway.save('ends.mjs', `export const plugin = { name: 'ends', onReload() { process.exit(9); } };`);
    const yaml = `subgraphs: { products: { routing_url: "${gateway.subgraph.url}", schema: { file: products.graphql } } }
plugins: [which-worker.mjs]\n`;
    await gateway.save('supergraph.yaml', yaml.replace('which-worker.mjs', 'which-worker.mjs, ends.mjs'));
    let isOver = false;
    const load = (async () => {
      let failed = 0;
      while (!isOver)
        failed += await post(versionQuery).then(
          ({ status }) => (status === 200 ? 0 : 1),
          () => 1,
        );
      return failed;
    })();
    const line = await gateway.logged('the change was refused', from);
    expect(line.msg).toContain('workers ended while they built the change');
    expect(await serving()).toEqual({ configured: 2, serving: 2 });
    isOver = true;
    expect(await load).toBe(0);
    const ended = gateway
      .lines()
      .slice(from)
      .filter(({ exitCode }) => exitCode === 9);
    expect(ended.map(({ msg }) => msg)).toEqual(Array(2).fill('a spare worker ended; starting another'));
    await gateway.save('supergraph.yaml', yaml);
    await gateway.logged('the refused change has been undone', from);
  });

  it('lose only the requests in flight of one that ends, which is replaced', async () => {
    const ends = randomRuns(3);
    const endedThreads = new Set<string>();
    const failures: { readonly worker: string | undefined; readonly reason: string }[] = [];
    let answered = 0;
    let isOver = false;
    const loads = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        const client = new WorkerClient(gateway.url);
        /** Of this connection; undefined until its first answer. */
        let connected: string | undefined;
        try {
          while (!isOver) {
            const { worker, status } = await client.query('{ products { name } }');
            expect(status).toBe(200);
            connected = worker;
            answered++;
          }
        } catch (error) {
          failures.push({ worker: connected, reason: String(error) });
        }
        client.close();
      }
    });
    for (let count = 0; count < ends; count++) {
      const from = gateway.lines().length;
      const killer = new WorkerClient(gateway.url);
      endedThreads.add((await killer.query('{ __typename }')).worker);
      await expect(killer.query('{ __typename }', { 'x-end': 'exit' })).rejects.toThrow();
      killer.close();
      expect(await gateway.logged('a worker ended; starting another', from)).toMatchObject({
        level: 'error',
        exitCode: 7,
      });
      await gateway.logged('a worker serves again', from);
    }
    isOver = true;
    await Promise.all(loads);
    expect(endedThreads.size).toBe(ends);
    // A connection that had no answer yet may have been the ended worker's to accept.
    const attributed = failures.flatMap(({ worker }) => worker ?? []);
    expect(attributed.filter((worker) => !endedThreads.has(worker))).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    expect(await serving()).toEqual({ configured: 2, serving: 2 });
  });

  it('share their port with no other gateway, whether or not it has workers', async () => {
    const { port } = new URL(gateway.url);
    for (const workers of ['2', '1']) {
      const other = spawnIsthmus(['serve', '--config', gateway.config, '--port', port, '--workers', workers]);
      expect(await other.ended).toBe(2);
      expect(other.output()).toContain('EADDRINUSE');
    }
  });

  it('drain together on SIGTERM: unready at once, requests in flight finish in each, exit 0', async () => {
    const clients = await clientsOf(gateway.url, 2);
    const release = Promise.withResolvers<void>();
    let arrived = 0;
    gateway.subgraph.intercept = async (_request, response) => {
      arrived++;
      await release.promise;
      response.end('{"data":{"products":[]}}');
    };
    const inFlight = [...clients.values()].map((client, index) => client.query(`query Q${index} { products { id } }`));
    await vi.waitFor(() => expect(arrived).toBe(2), waiting);
    gateway.isthmus.child.kill('SIGTERM');
    await gateway.logged('draining');
    const ready = await fetch(`${gateway.url}/health/ready`);
    expect({ status: ready.status, body: await ready.json() }).toEqual({
      status: 503,
      body: { status: 'draining', workers: { configured: 2, serving: 2 } },
    });
    release.resolve();
    for (const { status, body } of await Promise.all(inFlight)) expect({ status, body }).toMatchObject({ status: 200 });
    expect(await gateway.isthmus.ended).toBe(0);
    const last = gateway.lines().at(-1);
    expect(last).toMatchObject({ msg: 'stopped', finished: true });
    expect(gateway.lines().filter(({ operation }) => /^Q[01]$/.test(String(operation)))).toHaveLength(2);
    for (const client of clients.values()) client.close();
  });
});

function post(query: string): Promise<Response> {
  return fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
}

describe('workers', () => {
  it('that run out of memory end alone', async () => {
    await using small = await serveWorkers(2, { environment: { NODE_OPTIONS: '--max-old-space-size=192' } });
    const clients = await clientsOf(small.url, 2);
    const [victim, other] = [...clients.values()];
    const lost = victim?.query('{ __typename }', { 'x-end': 'memory' }).then(
      () => 'answered',
      () => 'lost',
    );
    expect((await other?.query('{ products { name } }'))?.status).toBe(200);
    await small.isthmus.waitFor(/a worker ended; starting another/);
    expect(await lost).toBe('lost');
    expect((await other?.query('{ products { name } }'))?.status).toBe(200);
    await small.isthmus.waitFor(/a worker serves again/);
    expect(small.lines().find(({ msg }) => String(msg).startsWith('a worker ended'))).toMatchObject({
      error: { code: 'ERR_WORKER_OUT_OF_MEMORY' },
    });
    small.isthmus.child.kill('SIGTERM');
    expect(await small.isthmus.ended).toBe(0);
    for (const client of clients.values()) client.close();
  });

  it('cut what is in flight when the time is over, and say so by the exit code', async () => {
    await using cut = await serveWorkers(2, { yaml: 'server: { drain_timeout: 300ms }' });
    const arrived = Promise.withResolvers<void>();
    cut.subgraph.intercept = () => arrived.resolve();
    const client = new WorkerClient(cut.url);
    const inFlight = client.query('{ products { name } }').catch(() => 'cut');
    await arrived.promise;
    cut.isthmus.child.kill('SIGTERM');
    expect(await cut.isthmus.ended).toBe(1);
    expect(await inFlight).toBe('cut');
    client.close();
  });

  it('are a number or auto on the command line', async () => {
    const isthmus = spawnIsthmus(['serve', '--workers', '0']);
    expect(await isthmus.ended).toBe(2);
    expect(isthmus.output()).toContain('auto, or a number of workers from 1 to 256');
  });

  it('fail the start with what one of them refuses', async () => {
    await using shop = await prepareShop();
    await shop.save('which-worker.mjs', 'export const nothing = 1;\n');
    const isthmus = spawnIsthmus(['serve', '--config', shop.config, '--port', '0', '--workers', '2']);
    expect(await isthmus.ended).toBe(2);
    expect(isthmus.output()).toContain('supergraph.yaml:2: plugins[0]');
    expect(isthmus.output()).not.toMatch(/\n\s+at .*:\d+:\d+/);
  });
});

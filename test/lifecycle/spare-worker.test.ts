/** A spare worker stands by: it takes the place of one that ends, and does not serve before. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  clientsOf,
  productsSdl,
  type ServedWorkers,
  serveWorkers,
  WorkerClient,
  waiting,
} from '../testkit/processes/served-workers.ts';
import { randomRuns } from '../testkit/random/random-runs.ts';

// A start takes many times as long where the machine is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const versionQuery = '{ __type(name: "Product") { description } }';
const standsBy = 'a spare worker stands by';
/** The promise: from the end of a worker until another serves in its place. */
const replacedWithinMs = 1_000;

let gateway: ServedWorkers;
/** How many lines had been logged. */
let from = 0;
beforeAll(async () => {
  gateway = await serveWorkers(2);
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(async () => {
  const [spare] = gateway.lines().filter(({ msg }) => msg === standsBy);
  if (spare === undefined) await gateway.logged(standsBy);
  from = gateway.lines().length;
});

const timeOf = async (message: string, after: number): Promise<number> =>
  Date.parse(String((await gateway.logged(message, after)).time));

/** Ends a worker. @returns its thread, and how long its place was empty */
async function endOne(after: number): Promise<{ readonly thread: string; readonly emptyMs: number }> {
  const killer = new WorkerClient(gateway.url);
  const { worker: thread } = await killer.query('{ __typename }');
  await expect(killer.query('{ __typename }', { 'x-end': 'exit' })).rejects.toThrow();
  killer.close();
  const ended = await timeOf('a worker ended; starting another', after);
  return { thread, emptyMs: (await timeOf('a worker serves again', after)) - ended };
}

describe('a spare worker', () => {
  it('takes no connection while it stands by', async () => {
    const clients = Array.from({ length: 60 }, () => new WorkerClient(gateway.url));
    const answers = await Promise.all(clients.map((client) => client.query('{ __typename }')));
    expect(new Set(answers.map(({ worker }) => worker)).size).toBe(2);
    for (const client of clients) client.close();
    const ready = (await (await fetch(`${gateway.url}/health/ready`)).json()) as { workers: unknown };
    expect(ready.workers).toEqual({ configured: 2, serving: 2 });
  });

  it('serves within 1 s in the place of one that ends each second under load, the first included', async () => {
    const ends = randomRuns(3);
    const endedThreads = new Set<string>();
    const failures: (string | undefined)[] = [];
    let answered = 0;
    let isOver = false;
    const loads = Array.from({ length: 4 }, async () => {
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
        } catch {
          failures.push(connected);
        }
        client.close();
      }
    });
    for (let count = 0; count < ends; count++) {
      const after = gateway.lines().length;
      const due = performance.now() + 1_000;
      const { thread, emptyMs } = await endOne(after);
      endedThreads.add(thread);
      expect(emptyMs).toBeLessThan(replacedWithinMs);
      await gateway.logged(standsBy, after);
      await vi.waitUntil(() => performance.now() >= due, waiting);
    }
    isOver = true;
    await Promise.all(loads);
    expect(endedThreads.size).toBe(ends);
    // Those that were in flight at a worker that ended. A connection without an answer may have been its to accept.
    expect(failures.filter((worker) => worker !== undefined && !endedThreads.has(worker))).toEqual([]);
    expect(failures.length).toBeLessThanOrEqual(4 * ends);
    expect(answered).toBeGreaterThan(100);
  });

  it('has swapped with the others when it takes a place', async () => {
    await gateway.save('products.graphql', productsSdl('version 1'));
    await gateway.logged('a new generation serves', from);
    const before = await clientsOf(gateway.url, 2);
    for (const client of before.values()) client.close();
    const { thread, emptyMs } = await endOne(from);
    expect(emptyMs).toBeLessThan(replacedWithinMs);
    const after = await clientsOf(gateway.url, 2);
    const fresh = [...after].filter(([worker]) => !before.has(worker));
    expect(fresh).toHaveLength(1);
    expect([...after.keys()]).not.toContain(thread);
    for (const client of after.values()) {
      expect((await client.query(versionQuery)).body).toContain('version 1');
      client.close();
    }
    await gateway.logged(standsBy, from);
  });

  it('is all that a change ends which edits a module that serves, and which no other worker can start with', async () => {
    const file = 'which-worker.mjs';
    const served = `import { threadId } from 'node:worker_threads';
export const plugin = {
  name: 'which-worker',
  ON_RELOAD
  onResponse({ headers }) {
    headers['x-worker'] = String(threadId);
  },
};
`;
    await gateway.save(file, served.replace('ON_RELOAD', 'onReload() { process.exit(9); },'));
    const line = await gateway.logged('the change was refused', from);
    expect(line.msg).toContain('workers ended while they built the change');
    const ended = gateway
      .lines()
      .slice(from)
      .filter(({ exitCode }) => exitCode === 9);
    expect(ended.map(({ msg }) => msg)).toEqual(['a spare worker ended; starting another']);
    const clients = await clientsOf(gateway.url, 2);
    for (const client of clients.values()) client.close();

    const mended = gateway.lines().length;
    await gateway.save(file, served.replace('  ON_RELOAD\n', ''));
    await gateway.logged('a new generation serves', mended);
    await gateway.logged(standsBy, mended);
  });
});

describe('SIGTERM', () => {
  it('ends a spare that stands by, and one that is starting', async () => {
    await using starting = await serveWorkers(2);
    starting.isthmus.child.kill('SIGTERM');
    expect(await starting.isthmus.ended).toBe(0);
    expect(starting.lines().at(-1)).toMatchObject({ msg: 'stopped', finished: true });
    expect(starting.lines().filter(({ msg }) => msg === standsBy)).toEqual([]);

    gateway.isthmus.child.kill('SIGTERM');
    expect(await gateway.isthmus.ended).toBe(0);
    expect(gateway.lines().at(-1)).toMatchObject({ msg: 'stopped', finished: true });
    expect(gateway.lines().filter(({ level }) => level === 'fatal')).toEqual([]);
  });
});

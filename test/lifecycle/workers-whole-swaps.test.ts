/**
 * What hot-swap.test.ts promises of one thread, with two workers: under load, each request has the schema, the header rules
 * and the subgraphs of one generation, those in flight finish on the one that they began with, and none is lost.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  productsSdl,
  type ServedWorkers,
  serveWorkers,
  WorkerClient,
  waiting,
} from '../testkit/processes/served-workers.ts';
import { randomRuns } from '../testkit/random/random-runs.ts';

// A start takes many times as long where the machine is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const query = '{ products { name } __type(name: "Product") { description } }';

let gateway: ServedWorkers;
beforeAll(async () => {
  gateway = await serveWorkers(2);
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** A configuration that has its version in three places: in a file of the schema, in the rules, and in a path. */
async function save(version: number): Promise<void> {
  await gateway.save(`products-${version}.graphql`, productsSdl(`version ${version}`));
  const { url } = gateway.subgraph;
  await gateway.save(
    'supergraph.yaml',
    `subgraphs: { products: { routing_url: "${url}/${version}", schema: { file: products-${version}.graphql } } }
plugins: [which-worker.mjs]
headers: { all: { request: [{ propagate: { named: x-held } }, { insert: { name: x-version, value: "${version}" } }] } }
traffic: { all: { timeout: 100s } }
server: { operation_timeout: 110s }
`,
  );
}

it('requests under load have one generation each, also those that are in flight over a swap', async () => {
  const unanswered: (() => void)[] = [];
  gateway.subgraph.intercept = (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    const name = `rule ${request.headers['x-version']}, path ${request.url?.split('/').pop()}`;
    const answer = (): void => void response.end(JSON.stringify({ data: { products: [{ name }] } }));
    // Until the next swap.
    if (request.headers['x-held'] !== undefined) unanswered.push(answer);
    else answer();
  };
  let newest = -1;
  let isOver = false;
  const workers = new Set<string>();
  const wrong: string[] = [];
  const send = async (client: WorkerClient, headers = {}): Promise<number> => {
    const { status, worker, body } = await client.query(query, headers);
    workers.add(worker);
    const version = /"description":"version (\d+)"/.exec(body)?.[1];
    if (status !== 200 || !body.includes(`"rule ${version}, path ${version}"`)) wrong.push(body);
    return Number(version);
  };
  await save(0);
  const first = new WorkerClient(gateway.url);
  const isFirst = async () => (await first.query(query)).body.includes('path 0');
  await vi.waitFor(async () => expect(await isFirst()).toBe(true), waiting);
  first.close();
  const loads = Array.from({ length: 6 }, async () => {
    const client = new WorkerClient(gateway.url);
    while (!isOver) newest = Math.max(newest, await send(client));
    client.close();
  });
  const swaps = randomRuns(3);
  for (let version = 1; version <= swaps; version++) {
    const clients = [1, 2, 3, 4, 5, 6].map(() => new WorkerClient(gateway.url));
    const inFlight = clients.map((client, index) => send(client, { 'x-held': String(index) }));
    await vi.waitFor(() => expect(unanswered).toHaveLength(clients.length), waiting);
    await save(version);
    await vi.waitFor(() => expect(newest).toBe(version), waiting);
    for (const answer of unanswered.splice(0)) answer();
    expect(await Promise.all(inFlight)).toEqual(clients.map(() => version - 1));
    for (const client of clients) client.close();
  }
  isOver = true;
  await Promise.all(loads);
  expect(wrong).toEqual([]);
  expect(workers.size).toBe(2);
});

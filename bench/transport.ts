/**
 * CPU of this process for one subgraph request, against a loopback server in another process: undici as it is commonly
 * called, undici's cheapest calls, and SubgraphClient with its sharing, breaker, deadline and abort.
 *
 * `node bench/transport.ts`
 */
import { fork } from 'node:child_process';
import { Agent, type Dispatcher, Pool, request as undiciRequest } from 'undici';
import { anonymous } from '../src/access/principal.ts';
import { Deadline } from '../src/lib/index.ts';
import { createHttpSubgraph, type RequestContext } from '../src/transport/index.ts';

const requests = 20_000;
const concurrency = 20;

const child = fork(new URL('./transport-subgraph.ts', import.meta.url));
const port = await new Promise<number>((resolve) => child.once('message', (message) => resolve(Number(message))));
const origin = `http://127.0.0.1:${port}`;

const query = 'query($representations:[_Any!]!){_entities(representations:$representations){...on Product{name}}}';
const representations = Array.from({ length: 20 }, (_, index) => ({ __typename: 'Product', id: `p${index}` }));
const headers = { 'content-type': 'application/json', accept: 'application/json', 'x-request-id': 'r-1' };
const flatHeaders = Object.entries(headers).flat();
const writeBody = (turn: number) => JSON.stringify({ query, variables: { representations, turn } });
const representationsJson = representations.map((one) => JSON.stringify(one));

type Ask = (path: string, turn: number) => Promise<unknown>;

const agent = new Agent({ connections: 100, headersTimeout: 0, bodyTimeout: 0 });
const commonly: Ask = async (path, turn) => {
  const signal = AbortSignal.any([new AbortController().signal, AbortSignal.timeout(10_000)]);
  const { body } = await undiciRequest(origin + path, {
    dispatcher: agent,
    signal,
    method: 'POST',
    headers,
    body: writeBody(turn),
  });
  return body.json();
};

const pool = new Pool(origin, { connections: 100, headersTimeout: 0, bodyTimeout: 0 });
const poolRequest: Ask = async (path, turn) => {
  const { body } = await pool.request({ path, method: 'POST', headers, body: writeBody(turn) });
  return body.json();
};

class Collect implements Dispatcher.DispatchHandler {
  readonly #resolve: (value: unknown) => void;
  readonly #chunks: Buffer[] = [];
  constructor(resolve: (value: unknown) => void) {
    this.#resolve = resolve;
  }
  onRequestStart(): void {}
  onResponseStart(): void {}
  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }
  onResponseEnd(): void {
    this.#resolve(JSON.parse(Buffer.concat(this.#chunks).toString('utf8')));
  }
  onResponseError(_controller: unknown, error: Error): void {
    throw error;
  }
}
const dispatch: Ask = (path, turn) =>
  new Promise((resolve) => {
    pool.dispatch({ path, method: 'POST', headers: flatHeaders, body: writeBody(turn) }, new Collect(resolve));
  });

const breaker = { thresholdPercent: 50, minRequests: 20, windowMs: 10_000, sleepMs: 5_000 };
const clientFor = (path: string, sender: 'lean' | 'undici') =>
  createHttpSubgraph({ name: 's', url: origin + path, timeoutMs: 10_000, breaker, client: sender });
const clients = new Map(['/', '/large'].map((path) => [path, clientFor(path, 'lean')]));
const undiciClients = new Map(['/', '/large'].map((path) => [path, clientFor(path, 'undici')]));
const signal = new AbortController().signal;
const contextOf = (): RequestContext => ({
  requestId: 'r-1',
  principal: anonymous,
  signal,
  deadline: Deadline.in(30_000),
});
const client: Ask = (path, turn) =>
  clients.get(path)?.execute({ kind: 'query', query, variables: { representations, turn } }, contextOf()) ??
  Promise.reject();
const clientText: Ask = (path, turn) =>
  clients
    .get(path)
    ?.execute({ kind: 'query', query, variablesJson: `{"turn":${turn}}`, representationsJson }, contextOf()) ??
  Promise.reject();
const clientUndici: Ask = (path, turn) =>
  undiciClients
    .get(path)
    ?.execute({ kind: 'query', query, variablesJson: `{"turn":${turn}}`, representationsJson }, contextOf()) ??
  Promise.reject();
const clientShared: Ask = (path, turn) =>
  clients.get(path)?.execute({ kind: 'query', query, variables: { representations, turn: turn % 10 } }, contextOf()) ??
  Promise.reject();

const least = new Map<string, number>();

async function measure(name: string, path: string, ask: Ask): Promise<void> {
  let turn = 0;
  const run = (count: number): Promise<unknown> => {
    const last = turn + count;
    return Promise.all(
      Array.from({ length: concurrency }, async () => {
        while (turn < last) await ask(path, turn++);
      }),
    );
  };
  await run(3_000);
  const before = process.cpuUsage();
  await run(requests);
  const { user, system } = process.cpuUsage(before);
  const label = `${path.padEnd(8)}${name}`;
  least.set(label, Math.min(least.get(label) ?? Number.POSITIVE_INFINITY, (user + system) / 1_000 / requests));
}

// The least of several rounds: whatever else the machine does only ever adds.
const rounds = 5;
for (const path of Array.from({ length: rounds }, () => ['/', '/large']).flat()) {
  await measure('undici request, AbortSignal.any and .timeout', path, commonly);
  await measure('undici Pool.request', path, poolRequest);
  await measure('undici Pool.dispatch, bare', path, dispatch);
  await measure('SubgraphClient', path, client);
  await measure('SubgraphClient, variables as text', path, clientText);
  await measure('SubgraphClient over undici, variables as text', path, clientUndici);
  await measure('SubgraphClient, half of them shared', path, clientShared);
}
for (const [label, milliseconds] of [...least].sort()) console.log(`${label.padEnd(56)}${milliseconds.toFixed(4)} ms`);
await Promise.all([
  agent.destroy(),
  pool.destroy(),
  ...[...clients.values(), ...undiciClients.values()].map((one) => one.close()),
]);
child.kill();

/** A gateway with workers, as a process of its own, over one subgraph: what each worker answers is seen by a plugin. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { shop } from '../graphs/shop.ts';
import { startSubgraph, type TestSubgraph } from '../subgraph-server.ts';
import { type SpawnedIsthmus, spawnIsthmus } from './spawn-isthmus.ts';

export interface PreparedShop {
  readonly folder: string;
  /** The configuration file. */
  readonly config: string;
  readonly subgraph: TestSubgraph;
  /** Saves a file as careful editors do: replaced, never half written. */
  save(file: string, text: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ServedWorkers extends PreparedShop {
  readonly isthmus: SpawnedIsthmus;
  readonly url: string;
  /** Every whole line logged so far. */
  lines(): readonly LogLine[];
  /** Resolves with the first line, after so many, whose message has a text. */
  logged(message: string, from?: number): Promise<LogLine>;
}

export type LogLine = Readonly<Record<string, unknown>>;

/** What a busy machine may take for a start. */
export const waiting = { timeout: 60_000, interval: 20 };

/**
 * Answers name in `x-worker` the thread that they are of. A request with `x-end` ends its worker: by
 * `exit`, or by `memory` that it runs out of.
 */
const plugin = `import { threadId } from 'node:worker_threads';
const retained = [];
export const plugin = {
  name: 'which-worker',
  onRequest({ headers }) {
    if (headers['x-end'] === 'exit') process.exit(7);
    if (headers['x-end'] === 'memory') for (;;) retained.push(new Array(50_000).fill(1.5));
  },
  onResponse({ headers }) {
    headers['x-worker'] = String(threadId);
  },
};
`;

/** @param description of the type `Product`, which clients read: it tells generations apart */
export const productsSdl = (description: string): string =>
  shop.products.sdl.replace('type Product @key', `"${description}" type Product @key`);

/** The files of a gateway, and its subgraph. */
export async function prepareShop(yaml = ''): Promise<PreparedShop> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-workers-'));
  const subgraph = await startSubgraph(shop.products.sdl, shop.products.resolvers);
  const save = async (file: string, text: string): Promise<void> => {
    await writeFile(join(folder, `${file}.new`), text);
    await rename(join(folder, `${file}.new`), join(folder, file));
  };
  await save('products.graphql', productsSdl('version 0'));
  await save('which-worker.mjs', plugin);
  await save(
    'supergraph.yaml',
    `subgraphs: { products: { routing_url: "${subgraph.url}", schema: { file: products.graphql } } }
plugins: [which-worker.mjs]
${yaml}\n`,
  );
  return {
    folder,
    config: join(folder, 'supergraph.yaml'),
    subgraph,
    save,
    async [Symbol.asyncDispose]() {
      await subgraph.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function serveWorkers(
  workers: number,
  { yaml = '', environment = {} }: { readonly yaml?: string; readonly environment?: NodeJS.ProcessEnv } = {},
): Promise<ServedWorkers> {
  const prepared = await prepareShop(yaml);
  const args = ['serve', '--config', prepared.config, '--port', '0', '--workers', String(workers)];
  const isthmus = spawnIsthmus(args, environment);
  const [, url = ''] = await isthmus.waitFor(/"url":"([^"]+)"/);
  const lines = (): readonly LogLine[] =>
    isthmus
      .output()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine);
  return {
    ...prepared,
    isthmus,
    url,
    lines,
    logged: (message, from = 0) =>
      vi.waitFor(() => {
        const line = lines()
          .slice(from)
          .find(({ msg }) => String(msg).includes(message));
        if (line === undefined) throw new Error(`nothing logged has "${message}"`);
        return line;
      }, waiting),
    async [Symbol.asyncDispose]() {
      isthmus.child.kill('SIGKILL');
      await isthmus.ended;
      await prepared[Symbol.asyncDispose]();
    },
  };
}

export interface WorkerAnswer {
  readonly status: number;
  /** The id of its thread. */
  readonly worker: string;
  readonly body: string;
}

/** One connection, which stays with the worker that accepted it. */
export class WorkerClient {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(url: string) {
    this.#url = `${url}/graphql`;
  }

  query(query: string, headers: Readonly<Record<string, string>> = {}): Promise<WorkerAnswer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        this.#url,
        { method: 'POST', agent: this.#agent, headers: { 'content-type': 'application/json', ...headers } },
        async (response) => {
          try {
            let body = '';
            for await (const chunk of response) body += String(chunk);
            resolve({ status: response.statusCode ?? 0, worker: String(response.headers['x-worker']), body });
          } catch (error) {
            reject(error);
          }
        },
      );
      sent.on('error', reject);
      sent.end(JSON.stringify({ query }));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** A connection to each of so many workers, by their thread. */
export async function clientsOf(url: string, workers: number): Promise<ReadonlyMap<string, WorkerClient>> {
  const clients = new Map<string, WorkerClient>();
  while (clients.size < workers) {
    const client = new WorkerClient(url);
    const { worker } = await client.query('{ __typename }');
    if (clients.has(worker)) client.close();
    else clients.set(worker, client);
  }
  return clients;
}

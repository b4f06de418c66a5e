import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createGateway, createLogger, type ListeningServer } from '../../../src/index.ts';
import { startAccounts } from '../../../subgraphs/accounts/accounts.ts';
import { identifyByStatement } from '../../../subgraphs/identify-by-statement.ts';
import { startInventory } from '../../../subgraphs/inventory/inventory.ts';
import { startWarehouse } from '../../../subgraphs/inventory/rest/warehouse.ts';
import { startProducts } from '../../../subgraphs/products/products.ts';
import { startCatalog } from '../../../subgraphs/products/rest/catalog.ts';
import { startReviews } from '../../../subgraphs/reviews/reviews.ts';
import type { TestAnswer } from '../test-gateway.ts';
import { openTestWorkers, testWorkers } from '../test-workers.ts';

export type SampleSubgraph = 'accounts' | 'reviews' | 'products' | 'inventory';

export interface Sample {
  readonly url: string;
  readonly server: ListeningServer;
  readonly subgraphUrls: Readonly<Record<SampleSubgraph, string>>;
  query(query: string, headers?: Record<string, string>): Promise<TestAnswer>;
  /** Ends one subgraph for good, as a crash would. */
  kill(name: SampleSubgraph): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The sample graph as `npm start` serves it, in this process, on free ports. */
export async function startSample(more = ''): Promise<Sample> {
  const [catalog, warehouse] = await Promise.all([startCatalog({ port: 0 }), startWarehouse({ port: 0 })]);
  let gatewayUrl = '';
  const identify = (name: SampleSubgraph) => identifyByStatement(name, () => `${gatewayUrl}/.well-known/jwks.json`);
  const running = {
    accounts: await startAccounts({ port: 0, identify: identify('accounts') }),
    reviews: await startReviews({ port: 0, identify: identify('reviews') }),
    products: await startProducts({ port: 0, identify: identify('products'), catalogUrl: catalog.url }),
    inventory: await startInventory({ port: 0, identify: identify('inventory'), warehouseUrl: warehouse.url }),
  };
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-sample-'));
  const ports: Record<SampleSubgraph, number> = { accounts: 4001, reviews: 4002, products: 4003, inventory: 4004 };
  let yaml = (await readFile('supergraph.yaml', 'utf8')).replaceAll(
    /(file: |prompts: |code: |example_operations: |jwks: )(subgraphs\/)/g,
    `$1${resolve('.')}/$2`,
  );
  for (const name of Object.keys(ports) as SampleSubgraph[]) {
    yaml = yaml.replace(`http://127.0.0.1:${ports[name]}/graphql`, running[name].url);
  }
  const configFile = join(folder, 'supergraph.yaml');
  await writeFile(configFile, `${yaml}${more}`);
  const log = createLogger({ level: 'silent', readable: false });
  const gateway =
    testWorkers === 1
      ? await createGateway({ configFile, log, watch: false, environment: {} })
      : await openTestWorkers({ configFile, workers: testWorkers, log, watch: false, writeLines: () => undefined });
  const server = await gateway.listen({ port: 0 });
  gatewayUrl = server.url;
  const killed = new Set<SampleSubgraph>();

  return {
    url: server.url,
    server,
    subgraphUrls: {
      accounts: running.accounts.url,
      reviews: running.reviews.url,
      products: running.products.url,
      inventory: running.inventory.url,
    },
    async query(query, headers = {}) {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
      return { status: response.status, ...((await response.json()) as object) };
    },
    async kill(name) {
      killed.add(name);
      await running[name].close();
    },
    async [Symbol.asyncDispose]() {
      await server.drain();
      await gateway.close();
      const names = Object.keys(running) as SampleSubgraph[];
      await Promise.all(names.filter((name) => !killed.has(name)).map((name) => running[name].close()));
      await Promise.all([catalog.close(), warehouse.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

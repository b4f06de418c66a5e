import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { shop } from '../testkit/graphs/shop.ts';
import { clientsOf, type ServedWorkers, serveWorkers, waiting } from '../testkit/processes/served-workers.ts';
import { freePort } from '../testkit/servers/free-port.ts';
import { startTestGateway } from '../testkit/test-gateway.ts';

async function scrape(adminPort: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/plain');
  return response.text();
}

function valueIn(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const cart = 'isthmus_operation_duration_seconds_count{kind="query",operation="Cart"}';

describe('/metrics of a gateway with two workers', () => {
  let served: ServedWorkers;
  let adminPort: number;
  beforeAll(async () => {
    adminPort = await freePort();
    served = await serveWorkers(2, {
      yaml: `admin: { port: ${adminPort} }\ntelemetry: { metrics: { operations: [Cart] } }`,
    });
  }, 60_000);
  afterAll(() => served[Symbol.asyncDispose]());

  it('sums both, and what one counted stays when it has ended', async () => {
    const clients = await clientsOf(served.url, 2);
    for (const client of clients.values())
      for (let count = 0; count < 5; count++) await client.query('query Cart { products { id } }');
    expect(valueIn(await scrape(adminPort), cart)).toBe(10);
    expect(valueIn(await scrape(adminPort), 'isthmus_workers{state="serving"}')).toBe(2);

    const [first] = clients.values();
    await first?.query('{ __typename }', { 'x-end': 'exit' }).catch(() => undefined);
    await vi.waitFor(async () => {
      const text = await scrape(adminPort);
      expect(valueIn(text, cart)).toBe(10);
      expect(valueIn(text, 'isthmus_worker_ends_total')).toBe(1);
      expect(valueIn(text, 'isthmus_workers{state="serving"}')).toBe(2);
    }, waiting);
    for (const client of clients.values()) client.close();
    const others = await clientsOf(served.url, 2);
    for (const client of others.values()) {
      await client.query('query Cart { products { id } }');
      client.close();
    }
    expect(valueIn(await scrape(adminPort), cart)).toBe(12);
  });

  it('tells of the process once, and of the threads together', async () => {
    const text = await scrape(adminPort);
    expect(valueIn(text, 'process_memory_usage_bytes')).toBeGreaterThan(10_000_000);
    expect(valueIn(text, 'v8js_memory_heap_used_bytes')).toBeGreaterThan(10_000_000);
    expect(valueIn(text, 'isthmus_metrics_threads{state="late"}')).toBe(0);
    expect(text).toMatch(/^isthmus_build_info\{version="\d/m);
    expect(text).toMatch(/^isthmus_generation_info\{generation="/m);
  });

  it('counts a change that was refused, and one that was not', async () => {
    await served.save('products.graphql', 'type Query { broken: Missing }');
    await vi.waitFor(async () => {
      const text = await scrape(adminPort);
      expect(valueIn(text, 'isthmus_reloads_total{outcome="refused"}')).toBeGreaterThanOrEqual(1);
      expect(valueIn(text, 'isthmus_reload_refused')).toBe(1);
    }, waiting);
    await served.save('products.graphql', shop.products.sdl);
    await vi.waitFor(async () => {
      const text = await scrape(adminPort);
      expect(valueIn(text, 'isthmus_reloads_total{outcome="swapped"}')).toBeGreaterThanOrEqual(1);
      expect(valueIn(text, 'isthmus_reload_refused')).toBe(0);
    }, waiting);
  });

  it('is nothing that clients reach', async () => {
    expect((await fetch(`${served.url}/metrics`)).status).toBe(404);
  });

  it('is refused to pages of other sites, like all of the listener', async () => {
    const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`, {
      headers: { origin: 'https://evil.example' },
    });
    expect(response.status).toBe(403);
  });
});

describe('/metrics of a gateway with one thread', () => {
  const subgraphs = { products: shop.products };

  it('is the same', async () => {
    const adminPort = await freePort();
    await using gateway = await startTestGateway({
      subgraphs,
      workers: 1,
      yaml: `admin: { port: ${adminPort} }\ntelemetry: { metrics: { operations: [Cart] } }`,
    });
    await gateway.query('query Cart { products { id } }');
    await vi.waitFor(async () => expect(valueIn(await scrape(adminPort), cart)).toBe(1), waiting);
    const text = await scrape(adminPort);
    expect(valueIn(text, 'isthmus_fetches_total{subgraph="products",kind="root",outcome="ok",fault="none"}')).toBe(1);
    expect(valueIn(text, 'isthmus_plan_cache_size')).toBe(1);
  });

  it('is off where the configuration says so', async () => {
    const adminPort = await freePort();
    await using _gateway = await startTestGateway({
      subgraphs,
      workers: 1,
      yaml: `admin: { port: ${adminPort} }\ntelemetry: { metrics: false }`,
    });
    expect((await fetch(`http://127.0.0.1:${adminPort}/metrics`)).status).toBe(404);
  });
});

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { shop } from '../testkit/graphs/shop.ts';
import { runCommand } from '../testkit/processes/run-command.ts';
import { type SpawnedIsthmus, spawnIsthmus } from '../testkit/processes/spawn-isthmus.ts';
import { safetyLimit } from '../testkit/safety-limit.ts';
import { startSubgraph, type TestSubgraph } from '../testkit/subgraph-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): SpawnedIsthmus {
  const isthmus = spawnIsthmus(args, environment);
  cleanups.push(() => isthmus.child.kill('SIGKILL'));
  return isthmus;
}

async function shopConfig(more = ''): Promise<{ config: string; subgraph: TestSubgraph }> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-serve-'));
  const subgraph = await startSubgraph(shop.products.sdl, shop.products.resolvers);
  cleanups.push(() => subgraph.close());
  await writeFile(join(folder, 'products.graphql'), shop.products.sdl);
  const config = join(folder, 'supergraph.yaml');
  await writeFile(
    config,
    `subgraphs: { products: { routing_url: "${subgraph.url}", schema: { file: products.graphql } } }\n${more}`,
  );
  return { config, subgraph };
}

async function serve(config: string): Promise<{ isthmus: SpawnedIsthmus; url: string }> {
  const isthmus = run(['serve', '--config', config, '--port', '0']);
  const [, url = ''] = await isthmus.waitFor(/"url":"([^"]+)"/);
  return { isthmus, url };
}

const ask = (url: string) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ products { name } }"}',
  });

describe('isthmus serve', () => {
  it('logs the problems of a composition that is refused at the start as fields of one JSON line', async () => {
    const { config } = await shopConfig();
    await writeFile(
      join(dirname(config), 'products.graphql'),
      `${shop.products.sdl}\nextend type Product { other: Missing }`,
    );
    const isthmus = run(['serve', '--config', config, '--port', '0']);
    expect(await isthmus.ended).toBe(2);
    const lines = isthmus.output().trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      msg: expect.stringContaining('Missing'),
      problems: [{ severity: 'error', code: expect.any(String), subgraph: 'products', line: expect.any(Number) }],
    });
  });

  it('drains on SIGTERM: unready at once, requests in flight finish, exit 0', async () => {
    const { config, subgraph } = await shopConfig();
    const { isthmus, url } = await serve(config);
    const release = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    subgraph.intercept = async (_request, response) => {
      asked.resolve();
      await release.promise;
      response.end('{"data":{"products":[]}}');
    };
    const inFlight = ask(url);
    await asked.promise;
    isthmus.child.kill('SIGTERM');
    await isthmus.waitFor(/draining/);
    const ready = await fetch(`${url}/health/ready`);
    expect({ status: ready.status, connection: ready.headers.get('connection') }).toEqual({
      status: 503,
      connection: 'close',
    });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    release.resolve();
    expect(await (await inFlight).json()).toEqual({ data: { products: [] } });
    expect(await isthmus.ended).toBe(0);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'writes JSON lines into a pipe, and ends on %s when nothing is in flight',
    async (signal) => {
      const { config } = await shopConfig();
      const { isthmus, url } = await serve(config);
      expect((await ask(url)).status).toBe(200);
      await isthmus.waitFor(/"msg":"request"/);
      const lines = isthmus
        .output()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.find((line) => line.msg === 'request')).toMatchObject({
        level: 'info',
        method: 'POST',
        path: '/graphql',
        status: 200,
      });
      const began = performance.now();
      isthmus.child.kill(signal);
      expect(await isthmus.ended).toBe(0);
      expect(performance.now() - began).toBeLessThan(safetyLimit(500));
    },
  );

  it('cuts what is still in flight when the grace is over, and says so by its exit code', async () => {
    const { config, subgraph } = await shopConfig('server: { drain_timeout: 300ms }');
    const { isthmus, url } = await serve(config);
    const asked = Promise.withResolvers<void>();
    subgraph.intercept = () => asked.resolve();
    const inFlight = ask(url).catch(() => 'cut');
    await asked.promise;
    isthmus.child.kill('SIGTERM');
    expect(await isthmus.ended).toBe(1);
    expect(await inFlight).toBe('cut');
  });

  it('ends at once on a second signal', async () => {
    const { config, subgraph } = await shopConfig();
    const { isthmus, url } = await serve(config);
    const asked = Promise.withResolvers<void>();
    subgraph.intercept = () => asked.resolve();
    const inFlight = ask(url).catch(() => 'cut');
    await asked.promise;
    isthmus.child.kill('SIGTERM');
    await isthmus.waitFor(/draining/);
    const began = performance.now();
    isthmus.child.kill('SIGTERM');
    expect(await isthmus.ended).toBe(1);
    expect(performance.now() - began).toBeLessThan(safetyLimit(500));
    expect(await inFlight).toBe('cut');
  });

  it('composes introspected subgraphs from what they say of themselves, and leaves no planner process behind when it is killed', async () => {
    const { config, subgraph } = await shopConfig();
    await writeFile(config, `subgraphs: { products: { schema: { subgraph_url: "${subgraph.url}" } } }`);
    const { isthmus, url } = await serve(config);
    expect(((await (await ask(url)).json()) as { data: { products: unknown[] } }).data.products).toHaveLength(3);
    const children = (await readFile(`/proc/${isthmus.child.pid}/task/${isthmus.child.pid}/children`, 'utf8'))
      .trim()
      .split(' ')
      .filter(Boolean);
    expect(children.length).toBeGreaterThan(0);
    isthmus.child.kill('SIGKILL');
    await isthmus.ended;
    const alive = (pid: string) =>
      readFile(`/proc/${pid}/cmdline`, 'utf8').then(
        (line) => line.includes('planner'),
        () => false,
      );
    await expect.poll(async () => (await Promise.all(children.map(alive))).some(Boolean)).toBe(false);
  });

  it('connects to nothing but its subgraphs', async () => {
    const { config } = await shopConfig();
    const guard = join(import.meta.dirname, '../testkit/processes/refuse-connections.ts');
    const isthmus = run(['serve', '--config', config, '--port', '0'], {
      NODE_OPTIONS: `--import ${guard}`,
      APOLLO_TELEMETRY_DISABLED: '',
    });
    const [, url = ''] = await isthmus.waitFor(/"url":"([^"]+)"/);
    expect((await ask(url)).status).toBe(200);
    isthmus.child.kill('SIGTERM');
    expect(await isthmus.ended).toBe(0);
    expect(isthmus.output()).not.toContain('OUTBOUND');
  });
});

describe('a bad start', () => {
  async function fails(args: readonly string[]): Promise<string> {
    const { code, out, errors } = await runCommand(...args);
    const output = `${out}${errors}`;
    expect(code).toBe(2);
    expect(output).not.toMatch(/\n\s+at .*:\d+:\d+/);
    return output;
  }

  it('names a missing configuration', async () => {
    expect(await fails(['serve', '--config', '/nowhere/supergraph.yaml'])).toContain('there is no such file');
  });

  it('names every wrong key with path and line', async () => {
    const { config } = await shopConfig('events: { url: none }\nserver: { prot: 1 }\n');
    const output = await fails(['serve', '--config', config]);
    expect(output).toContain(`supergraph.yaml:2: events: "events" is not available yet`);
    expect(output).toContain(`supergraph.yaml:3: server.prot: "prot" is not a key here`);
  });

  it('names what does not compose, with subgraph, line and a suggested fix', async () => {
    const { config } = await shopConfig();
    await writeFile(config.replace('supergraph.yaml', 'products.graphql'), 'type Query {\n  a: Nowhere\n}');
    const isthmus = run(['serve', '--config', config]);
    expect(await isthmus.ended).toBe(2);
    const output = isthmus.output();
    expect(output).not.toMatch(/\n\s+at .*:\d+:\d+/);
    expect(output).toMatch(/error INVALID_GRAPHQL in products \(.*products\.graphql:2\)/);
    expect(output).toContain('suggested fix:');
  });

  it('names a subgraph that does not give its schema, which a gateway waits for and composing does not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-serve-'));
    const config = join(folder, 'supergraph.yaml');
    await writeFile(
      config,
      'subgraphs: { gone: { schema: { subgraph_url: "http://me:secretpw@127.0.0.1:1/graphql" } } }',
    );
    const isthmus = run(['serve', '--config', config]);
    await isthmus.waitFor(/waiting for the schema of gone; trying again in/);
    expect(isthmus.output()).not.toContain('secretpw');
    expect(isthmus.output()).toContain('SUBGRAPH_SCHEMA_UNAVAILABLE in gone (http://127.0.0.1:1/graphql)');
    const composing = await fails(['compose', '--config', config]);
    expect(composing).toContain('SUBGRAPH_SCHEMA_UNAVAILABLE in gone (http://127.0.0.1:1/graphql)');
    expect(composing).not.toContain('secretpw');
  });

  it('names a port that is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => taken.close());
    const { config } = await shopConfig();
    const { port } = taken.address() as { port: number };
    const isthmus = run(['serve', '--config', config, '--port', String(port)]);
    expect(await isthmus.ended).toBe(2);
    expect(isthmus.output()).toContain('EADDRINUSE');
    expect(isthmus.output()).not.toMatch(/\n\s+at .*:\d+:\d+/);
  });

  it('refuses a wrong command line with 2', async () => {
    expect(await fails(['serve', '--port', 'many'])).toContain('0 to 65535');
  });
});

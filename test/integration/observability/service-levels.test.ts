/** The files under deploy/observability, with a real Prometheus that scrapes a gateway with two workers. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { definitions, type MetricName } from '../../../src/observability/metrics/metric-table.ts';
import { ProcessMetrics } from '../../../src/observability/metrics/process-metrics.ts';
import { shop } from '../../testkit/graphs/shop.ts';
import { type SpawnedIsthmus, spawnIsthmus } from '../../testkit/processes/spawn-isthmus.ts';
import { freePort } from '../../testkit/servers/free-port.ts';
import { type PrometheusServer, startPrometheus, withoutPrometheus } from '../../testkit/servers/prometheus-server.ts';
import { startSubgraph, type TestSubgraph } from '../../testkit/subgraph-server.ts';

const run = promisify(execFile);
const deployed = 'deploy/observability';
const waiting = { timeout: 45_000, interval: 100 };

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** The same rules, for minutes that are seconds. */
function sooner(rules: string): string {
  return rules
    .replaceAll('interval: 15s', 'interval: 250ms')
    .replaceAll(/for: \d+[sm]/g, 'for: 1s')
    .replaceAll('[2m]', '[5s]');
}

const labels: ReadonlySet<string> = new Set(Object.values(definitions).flatMap(({ labels: names }) => names));

const readRules = () => readFile(`${deployed}/isthmus.rules.yml`, 'utf8');

describe.skipIf(withoutPrometheus)('the rules', () => {
  it('are valid, and each fires within two minutes of what it is for, and not before', async () => {
    await run('promtool', ['check', 'rules', `${deployed}/isthmus.rules.yml`]);
    const { stdout } = await run('promtool', ['test', 'rules', `${deployed}/isthmus.rules.test.yml`]);
    expect(stdout).toContain('SUCCESS');
  });

  it('and the board name metrics that there are', async () => {
    const texts = [await readRules(), await readFile(`${deployed}/isthmus.dashboard.json`, 'utf8')];
    const pattern = /\b(?:isthmus|gen_ai|http|process|nodejs|v8js)_\w+/g;
    const names = new Set(texts.flatMap((text) => text.match(pattern) ?? []));
    const unknown = [...names].filter((name) => {
      const metric = name.replace(/_(?:bucket|sum|count)$/, '');
      return !Object.hasOwn(definitions, name) && !Object.hasOwn(definitions, metric) && !labels.has(name);
    });
    expect(names.size).toBeGreaterThan(50);
    expect(unknown).toEqual([]);
  });

  it('read metrics that are as Prometheus recommends, each of them', async () => {
    const metrics = new ProcessMetrics({ maxNames: 0 });
    metrics.own.add((set) => {
      for (const [name, { type, labels: names }] of Object.entries(definitions)) {
        const values = names.map((label) => `a "quoted"\\ ${label}`) as never[];
        if (type === 'histogram')
          metrics.own
            .family(name as MetricName)
            .of(...(values as never))
            .observe(0.02);
        else set(name as MetricName, 1, ...(values as never));
      }
    });
    const { text } = await metrics.scrape();
    metrics.close();
    const checking = run('promtool', ['check', 'metrics']);
    checking.child.stdin?.end(text);
    expect(await checking).toEqual({ stdout: '', stderr: '' });
  });

  it('are all tested', async () => {
    const { groups } = parse(await readRules()) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
    const alerts = groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? []));
    const { tests } = parse(await readFile(`${deployed}/isthmus.rules.test.yml`, 'utf8')) as {
      readonly tests: readonly {
        readonly name: string;
        readonly promql_expr_test: readonly { readonly eval_time: string }[];
      }[];
    };
    const names = tests.map(({ name }) => name);
    expect(alerts.filter((alert) => !names.includes(alert))).toEqual([]);
    expect(new Set(alerts).size).toBe(alerts.length);
    // What they are for begins after two minutes of each test, and they are looked at two minutes later.
    const late = tests.filter(({ promql_expr_test: looks }) =>
      looks.some(({ eval_time }) => Number.parseInt(eval_time, 10) > 4),
    );
    expect(late.map(({ name }) => name).filter((name) => alerts.includes(name))).toEqual(['IsthmusGenerationsDiffer']);
  });
});

/** Panels of what did not happen here. */
const quiet: readonly string[] = ['Changes', 'Counters shared with other gateways, ledger'];

describe.skipIf(withoutPrometheus)('a Prometheus that scrapes two workers', () => {
  let folder: string;
  let subgraphs: readonly TestSubgraph[];
  let isthmus: SpawnedIsthmus;
  let prometheus: PrometheusServer;
  let url: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-levels-'));
    const [products, stock] = [
      await startSubgraph(shop.products.sdl, shop.products.resolvers),
      await startSubgraph(shop.stock.sdl, shop.stock.resolvers),
    ];
    subgraphs = [products, stock];
    await writeFile(join(folder, 'products.graphql'), shop.products.sdl);
    await writeFile(join(folder, 'stock.graphql'), shop.stock.sdl);
    const adminPort = await freePort();
    await writeFile(
      join(folder, 'supergraph.yaml'),
      `subgraphs:
  products: { routing_url: "${products.url}", schema: { file: products.graphql } }
  stock: { routing_url: "${stock.url}", schema: { file: stock.graphql } }
admin: { port: ${adminPort} }
server: { workers: 2 }
limits: { aliases: 2, overload: {} }
cache: { entities: { enabled: true, default_max_age: 1s, subgraphs: { stock: false } } }
traffic: { all: { breaker: { min_requests: 5, sleep: 60s } } }
ai:
  models: { small: [local/extractive] }
  budgets: [{ name: day, limit_calls: 20, every: day }]
telemetry: { metrics: { operations: [Cart, Stock], clients: [web] } }
`,
    );
    isthmus = spawnIsthmus(['serve', '--config', join(folder, 'supergraph.yaml'), '--port', '0', '--workers', '2']);
    const listening = isthmus.waitFor(/"url":"([^"]+)"/);
    prometheus = await startPrometheus(`127.0.0.1:${adminPort}`, sooner(await readRules()));
    url = (await listening)[1] ?? '';
  }, 60_000);
  afterAll(async () => {
    await prometheus?.stop();
    isthmus.child.kill('SIGKILL');
    await isthmus.ended;
    await Promise.all(subgraphs.map((subgraph) => subgraph.close()));
    await rm(folder, { recursive: true, force: true });
  });

  async function send(query: string): Promise<void> {
    const headers = { 'content-type': 'application/json', 'apollographql-client-name': 'web' };
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
    await response.text();
  }

  async function chat(stream: boolean): Promise<void> {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'small', stream, messages: [{ role: 'user', content: 'Kettles boil water.' }] }),
    });
    await response.text();
  }

  /** A page as clients ask for it, and what they get wrong. */
  async function visit(): Promise<void> {
    await Promise.all(Array.from({ length: 4 }, () => send('query Cart { products { id name price } }')));
    await Promise.all(Array.from({ length: 4 }, () => send('query Stock { products { id stock } }')));
    await send('query Wrong { nothing }');
    await send('query Cart { a: __typename b: __typename c: __typename }');
    await chat(false);
  }

  /** One that leaves before it has its answer. */
  async function leave(): Promise<void> {
    const { hostname, port } = new URL(url);
    const body = JSON.stringify({ query: 'query Stock { products { id stock name } }' });
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      () => socket.resetAndDestroy(),
    );
    await new Promise((resolve) => socket.once('close', resolve));
  }

  /** Goes on asking until it is so. */
  async function until(check: () => Promise<void>): Promise<void> {
    await vi.waitFor(async () => {
      await Promise.all([visit(), leave()]);
      await check();
    }, waiting);
  }

  const firing = async (alert: string) =>
    (await prometheus.query(`ALERTS{alertname="${alert}", alertstate="firing"}`)).map(({ metric }) => metric);

  it('sees both as one, and nothing that fires while all is well', async () => {
    await Promise.all([chat(false), chat(true)]);
    await until(async () => {
      const [level] = await prometheus.query('isthmus:operations_failed:ratio2m');
      expect(level?.value[1]).toBe('0');
    });
    expect(await prometheus.query('isthmus_workers{state="serving"}')).toMatchObject([
      { value: [expect.anything(), '2'] },
    ]);
    expect(await prometheus.query('up')).toHaveLength(1);
  });

  it('fires where a subgraph has died', async () => {
    await subgraphs[1]?.close();
    await until(async () => {
      expect(await firing('IsthmusSubgraphFailing')).toMatchObject([{ subgraph: 'stock' }]);
      expect(await firing('IsthmusOperationsFailing')).toHaveLength(1);
      expect(await firing('IsthmusBreakerOpen')).toMatchObject([{ subgraph: 'stock' }]);
    });
  });

  it('answers the expression of every rule', async () => {
    const { groups } = parse(sooner(await readRules())) as {
      readonly groups: readonly { readonly rules: readonly Rule[] }[];
    };
    for (const { record, expr } of groups.flatMap(({ rules }) => rules)) {
      const samples = await prometheus.query(expr);
      if (record !== undefined) expect(samples, record).not.toEqual([]);
    }
  });

  it('has something to show in every panel of the board', async () => {
    const { panels } = JSON.parse(await readFile(`${deployed}/isthmus.dashboard.json`, 'utf8')) as {
      readonly panels: readonly Panel[];
    };
    const isEmpty = async ({ targets = [] }: Panel): Promise<boolean> => {
      const expressions = targets.map(({ expr }) =>
        expr.replaceAll('$job', 'isthmus').replaceAll('$__rate_interval', '1m'),
      );
      const samples = await Promise.all(expressions.map((expression) => prometheus.query(expression)));
      return targets.length > 0 && samples.every((of) => of.length === 0);
    };
    // A rate wants two scrapes of what it is of, and whether a client that leaves has its answer before is a race.
    await until(async () => {
      await chat(true);
      const empty: string[] = [];
      for (const panel of panels) if (await isEmpty(panel)) empty.push(panel.title);
      expect(empty.filter((title) => !quiet.includes(title))).toEqual([]);
    });
  });
});

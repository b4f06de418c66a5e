import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FEDERATION_VERSIONS } from '@apollo/federation-internals';
import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  configJsonSchema,
  loadConfig,
  pendingKeys,
  supportedFederation,
} from '../../../src/config/index.ts';

const subgraphs = 'subgraphs:\n  a: { routing_url: http://127.0.0.1:1/graphql, schema: { file: a.graphql } }\n';

async function load(yaml: string, environment: NodeJS.ProcessEnv = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-config-'));
  const file = join(folder, 'supergraph.yaml');
  await writeFile(file, yaml);
  return { folder, config: await loadConfig(file, environment) };
}

async function problemsOf(yaml: string, environment: NodeJS.ProcessEnv = {}) {
  const failure: unknown = await load(yaml, environment).catch((error: unknown) => error);
  if (!(failure instanceof ConfigError)) throw new Error('the configuration was accepted');
  return failure.problems;
}

describe('a supergraph from elsewhere', () => {
  const sourceOf = async (yaml: string) => (await load(`supergraph: ${yaml}\n`)).config.supergraph?.source;

  it('comes from a URL, Hive’s CDN, a file or an OCI layout', async () => {
    expect(await sourceOf('{ url: "http://r/s", poll: 3s, headers: { authorization: "Bearer x" } }')).toEqual({
      kind: 'http',
      url: 'http://r/s',
      headers: { authorization: 'Bearer x' },
      pollMs: 3_000,
    });
    const hive = {
      kind: 'http',
      url: 'http://cdn/v1/t/supergraph',
      headers: { 'x-hive-cdn-key': 'k' },
      pollMs: 10_000,
    };
    for (const endpoint of ['http://cdn/v1/t', 'http://cdn/v1/t/', 'http://cdn/v1/t/supergraph'])
      expect(await sourceOf(`{ hive: { endpoint: "${endpoint}", key: k } }`)).toEqual(hive);
    expect(await sourceOf('{ url: "http://r/s", poll: off }')).toMatchObject({ pollMs: undefined });
    expect(await sourceOf('{ file: s.graphql }')).toMatchObject({
      kind: 'file',
      path: expect.stringMatching(/^\/.*s\.graphql$/),
    });
    expect(await sourceOf('{ oci: layout, tag: v1 }')).toMatchObject({ kind: 'oci', tag: 'v1' });
  });

  it.each([
    ['', 'name at least one subgraph'],
    ['supergraph: {}', 'name exactly one of url, file, hive and oci'],
    ['supergraph: { file: a, oci: b }', 'name exactly one of url, file, hive and oci'],
    ['supergraph: { file: a, poll: 1s }', 'poll belongs to url and hive'],
    ['supergraph: { file: a, headers: { a: b } }', 'headers belong to url'],
    ['supergraph: { file: a, tag: b }', 'tag belongs to oci'],
    [
      `${subgraphs}\nregistry: { url: "http://r", public_key: ${'a'.repeat(43)}, webhook: { url: "http://w", secret: whsec_${'a'.repeat(40)} } }`,
      'webhook belongs to the process that has the registry',
    ],
    ['supergraph: { url: "http://r/s", headers: { "a b": c } }', 'write the name of a header'],
    ['supergraph: { file: a }\nregistry: { graph: a }', 'comes from another registry'],
    [`supergraph: { file: a }\n${subgraphs}`, 'name either subgraphs or supergraph'],
  ])('and is refused otherwise: %s', async (yaml, message) => {
    expect((await problemsOf(`engine: isthmus\n${yaml}\n`)).map((problem) => problem.message).join()).toContain(
      message,
    );
  });
});

describe('checks of a registry', () => {
  it('count a week of all requests, unless the configuration says otherwise', async () => {
    const checksOf = async (yaml: string) => (await load(`${subgraphs}${yaml}`)).config.registry.checks;
    const counted = { variants: [], minRequests: 1, minPercent: 0, excludedClients: [], operations: 50 };
    const defaults = { windowMs: 604_800_000, ...counted };
    for (const yaml of ['', 'registry: false\n', 'registry: { graph: shop }\n'])
      expect(await checksOf(yaml)).toEqual({ ...defaults, owners: {} });
    expect(await checksOf('registry: { checks: { window: 60d, owners: { "Review.*": reviews } } }\n')).toEqual({
      ...defaults,
      windowMs: 5_184_000_000,
      owners: { 'Review.*': 'reviews' },
    });
  });

  it.each([
    ['window: 5m', 'write at least 1h'],
    ['min_percent: 101', '100'],
    ['variants: [shop@current]', 'write the name of a variant'],
    ['owners: { "Review.author.name": reviews }', 'own a Type.field, a Type.* or a Type'],
  ])('are refused with %s', async (yaml, message) => {
    const [problem] = await problemsOf(`${subgraphs}registry: { checks: { ${yaml} } }\n`);
    expect(problem?.path).toMatch(/^registry\.checks\./);
    expect(JSON.stringify(problem)).toContain(message);
  });
});

describe('the traffic of a subgraph', () => {
  const two =
    'subgraphs:\n  a: { routing_url: http://127.0.0.1:1/graphql, schema: { file: a.graphql } }\n  b: { routing_url: http://127.0.0.1:2/graphql, schema: { file: b.graphql } }\n';

  it('has every default', async () => {
    const { config } = await load(subgraphs);
    expect(config.traffic).toEqual({
      shareIdentical: 'operation',
      subgraphs: {
        a: {
          timeoutMs: 10_000,
          connectTimeoutMs: 1_000,
          retries: 1,
          furtherUrls: [],
          maxResponseBytes: 50_000_000,
          maxRepresentations: undefined,
          maxConnections: 100,
          http2: true,
          client: 'lean',
          apq: false,
          compression: 'none',
          breaker: { thresholdPercent: 50, minRequests: 20, windowMs: 10_000, sleepMs: 5_000 },
        },
      },
    });
    expect(config.headers).toEqual({ a: { request: [], response: [] } });
  });

  it('overrides the values of all, key by key, inside breaker too', async () => {
    const { config } = await load(`${two}traffic:
  share_identical: off
  all: { timeout: 3s, retries: 2, breaker: { min_requests: 5, sleep: 1s }, max_response: 1mb, compression: br }
  subgraphs: { b: { timeout: 2s, urls: [http://127.0.0.1:3/graphql], breaker: { sleep: 2s }, apq: true, max_representations: 50 } }
`);
    const { a, b } = config.traffic.subgraphs;
    expect(config.traffic.shareIdentical).toBe('off');
    expect(a).toMatchObject({
      timeoutMs: 3_000,
      retries: 2,
      furtherUrls: [],
      maxResponseBytes: 1_000_000,
      breaker: { minRequests: 5, sleepMs: 1_000 },
    });
    expect(b).toMatchObject({
      timeoutMs: 2_000,
      retries: 2,
      furtherUrls: ['http://127.0.0.1:3/graphql'],
      apq: true,
      maxRepresentations: 50,
      compression: 'br',
      breaker: { thresholdPercent: 50, minRequests: 5, windowMs: 10_000, sleepMs: 2_000 },
    });
  });

  it('has no breaker where that is switched off', async () => {
    const { config } = await load(`${subgraphs}traffic: { all: { breaker: { enabled: false } } }\n`);
    expect(config.traffic.subgraphs.a?.breaker).toBeUndefined();
  });

  it('has header rules: those of all, then its own', async () => {
    const { config } = await load(`${two}headers:
  all: [ { propagate: { named: Accept-Language } }, { remove: { matching: "^x-" } } ]
  subgraphs:
    b:
      request: [ { insert: { name: X-Key, value: secret } }, { insert: { name: X-Org, principal: claims.org.id } }, { propagate: { matching: "^x-shop-" } }, { propagate: { named: a, rename: B, default: d } } ]
      response: [ { propagate: { named: Cache-Control, merge: first } }, { propagate: { named: x-a } } ]
`);
    const all = [
      { kind: 'propagate', named: 'accept-language', rename: undefined, default: undefined },
      { kind: 'remove-matching', matching: '^x-' },
    ];
    expect(config.headers.a).toEqual({ request: all, response: [] });
    expect(config.headers.b).toEqual({
      request: [
        ...all,
        { kind: 'insert', name: 'x-key', value: 'secret' },
        { kind: 'insert-principal', name: 'x-org', from: { kind: 'claim', path: ['org', 'id'] } },
        { kind: 'propagate-matching', matching: '^x-shop-' },
        { kind: 'propagate', named: 'a', rename: 'b', default: 'd' },
      ],
      response: [
        { named: 'cache-control', merge: 'first' },
        { named: 'x-a', merge: 'last' },
      ],
    });
  });

  it.each([
    ['traffic of a subgraph that is not there', 'traffic: { subgraphs: { c: {} } }', 'traffic.subgraphs.c'],
    [
      'headers of a subgraph that is not there',
      'headers: { subgraphs: { constructor: [] } }',
      'headers.subgraphs.constructor',
    ],
    ['urls for all', 'traffic: { all: { urls: [] } }', 'traffic.all.urls'],
    ['a URL that is none', 'traffic: { subgraphs: { a: { urls: [ftp://x] } } }', 'traffic.subgraphs.a.urls[0]'],
    ['negative retries', 'traffic: { all: { retries: -1 } }', 'traffic.all.retries'],
    ['an unknown compression', 'traffic: { all: { compression: zstd } }', 'traffic.all.compression'],
    ['an unknown key of breaker', 'traffic: { all: { breaker: { treshold: 1 } } }', 'traffic.all.breaker.treshold'],
    [
      'a rule that forwards host',
      'headers: { all: [ { propagate: { named: Host } } ] }',
      'headers.all[0].propagate.named',
    ],
    [
      'a rule that renames to content-length',
      'headers: { all: [ { propagate: { named: a, rename: content-length } } ] }',
      'headers.all[0].propagate.rename',
    ],
    [
      'a value of two lines',
      'headers: { all: [ { insert: { name: a, value: "b\\r\\nc: d" } } ] }',
      'headers.all[0].insert.value',
    ],
    ['a rule without a name', 'headers: { all: [ { propagate: {} } ] }', 'headers.all[0].propagate'],
    [
      'a rule that is two',
      'headers: { all: [ { remove: { named: a }, insert: { name: a, value: b } } ] }',
      'headers.all[0]',
    ],
    [
      'a header of a value and of the caller',
      'headers: { all: [ { insert: { name: a, value: b, principal: id } } ] }',
      'headers.all[0].insert',
    ],
    ['a header of nothing', 'headers: { all: [ { insert: { name: a } } ] }', 'headers.all[0].insert'],
    [
      'what no caller has',
      'headers: { all: [ { insert: { name: a, principal: email } } ] }',
      'headers.all[0].insert.principal',
    ],
    ['a pattern that is none', 'headers: { all: [ { remove: { matching: "(" } } ] }', 'headers.all[0].remove.matching'],
    [
      'an unknown merge',
      'headers: { all: { response: [ { propagate: { named: a, merge: best } } ] } }',
      'headers.all.response[0].propagate.merge',
    ],
  ])('refuses %s with its path and line', async (_name, line, path) => {
    const problems = await problemsOf(`${subgraphs}${line}\n`);
    expect(problems[0]).toMatchObject({ path, line: 3 });
  });
});

describe('a supergraph.yaml', () => {
  it('is resolved with defaults, absolute paths, milliseconds and bytes', async () => {
    const { folder, config } = await load(`${subgraphs}traffic: { all: { timeout: 1.5s } }\nlimits: { body: 2mb }\n`);
    expect(config.subgraphs).toEqual([
      {
        kind: 'http',
        name: 'a',
        routingUrl: 'http://127.0.0.1:1/graphql',
        schema: { kind: 'file', path: join(folder, 'a.graphql') },
      },
    ]);
    expect(config.traffic.subgraphs.a?.timeoutMs).toBe(1_500);
    expect(config.limits.bodyBytes).toBe(2_000_000);
    expect(config.server).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      graphqlPath: '/graphql',
      introspection: true,
    });
    expect(config.ai.models.fast).toMatchObject({
      strategy: 'ordered',
      retries: 1,
      targets: [{ provider: 'local', model: 'extractive', structured: 'json_schema', weight: 1 }],
      fallback: { on: ['provider_error', 'context_window', 'deadline'] },
      cache: { exact: false, shared: false, semantic: undefined },
    });
  });

  it('is frozen to the leaves', async () => {
    const { config } = await load(subgraphs);
    expect(() => Object.assign(config.server, { port: 1 })).toThrow(TypeError);
    expect(() => Object.assign(config.subgraphs[0] ?? {}, { name: 'b' })).toThrow(TypeError);
  });

  it('accepts an introspected subgraph, whose URL is also its routing URL', async () => {
    const { config } = await load('subgraphs: { a: { schema: { subgraph_url: http://127.0.0.1:9/graphql } } }');
    expect(config.subgraphs[0]).toEqual({
      kind: 'http',
      name: 'a',
      routingUrl: 'http://127.0.0.1:9/graphql',
      schema: { kind: 'introspection', url: 'http://127.0.0.1:9/graphql', pollMs: 10_000 },
    });
  });

  it('has an admin listener where it is configured, and where there are API keys', async () => {
    const adminOf = async (yaml: string) => (await load(`${subgraphs}${yaml}\n`)).config.admin;
    expect(await adminOf('')).toBeUndefined();
    expect(await adminOf('access: { api_keys: true }')).toEqual({
      host: '127.0.0.1',
      port: 4400,
      tls: false,
      isExplicit: false,
    });
    expect(await adminOf('admin: { port: 0 }')).toEqual({ host: '127.0.0.1', port: 0, tls: false, isExplicit: true });
    expect(await adminOf('access: { api_keys: true }\nadmin: false')).toBeUndefined();
  });

  it('has its store in a file beside it, or in PostgreSQL', async () => {
    const { folder, config } = await load(subgraphs);
    const file = join(folder, '.isthmus', 'state.db');
    expect(config.store).toMatchObject({ kind: 'sqlite', file, key: undefined });
    const key = 'a key of more than thirty-two characters';
    const yaml = `${subgraphs}store:\n  url: postgres://a@b/c\n  key: "\${KEY}"\n`;
    const { store } = (await load(yaml, { KEY: key })).config;
    expect(store).toEqual({ kind: 'postgres', url: 'postgres://a@b/c', key, previousKeys: [], line: 4 });
  });

  it('takes a number of workers, or one for each core', async () => {
    expect((await load(subgraphs)).config.server.workers).toBe(1);
    expect((await load(`${subgraphs}server: { workers: 3 }\n`)).config.server.workers).toBe(3);
    expect((await load(`${subgraphs}server: { workers: auto }\n`)).config.server.workers).toBe(availableParallelism());
  });

  it('names an unknown key with its path and line', async () => {
    expect(await problemsOf(`${subgraphs}server:\n  prot: 1\n`)).toEqual([
      { path: 'server.prot', line: 4, message: '"prot" is not a key here; did you mean "port"?' },
    ]);
  });

  it.each([...pendingKeys])('refuses %s as not available yet, with its line', async (key) => {
    const steps = key.split('.');
    const nested = steps.reduceRight((inner, step) => `{ ${step}: ${inner} }`, '{}').slice(2, -2);
    const [first, ...rest] = await problemsOf(`${subgraphs}${nested}\n`);
    expect(first).toEqual({ path: key, line: 3, message: `"${key}" is not available yet` });
    expect(rest).toEqual([]);
  });

  it.each([
    ['a wrong duration', 'traffic: { all: { timeout: 10 sec } }', 'traffic.all.timeout'],
    ['a duration without a unit', 'traffic: { all: { timeout: 10 } }', 'traffic.all.timeout'],
    ['a zero duration', 'traffic: { all: { timeout: 0s } }', 'traffic.all.timeout'],
    ['a wrong size', 'limits: { body: 1xb }', 'limits.body'],
    ['a rate without a period', 'limits: { rates: [{ per: ip, operations: 5 }] }', 'limits.rates[0].every'],
    ['points that are not priced', 'limits: { rates: [{ per: ip, points: 5, every: 1s }] }', 'limits.rates[0].points'],
    ['a rate of nothing', 'limits: { rates: [{ per: ip, every: 1s }] }', 'limits.rates[0]'],
    ['a rate of something else', 'limits: { rates: [{ per: host, operations: 5, every: 1s }] }', 'limits.rates[0].per'],
    [
      'a rate of no network',
      'limits: { rates: [{ per: ip, operations: 5, every: 1s, match: { ip: x } }] }',
      'limits.rates[0].match.ip',
    ],
    ['a long delay', 'limits: { rates: [{ per: ip, operations: 5, every: 1s, delay: 2m }] }', 'limits.rates[0].delay'],
    [
      'two rates of one name',
      'limits: { rates: [{ per: ip, operations: 5, every: 1s }, { per: ip, operations: 9, every: 1s }] }',
      'limits.rates[1]',
    ],
    ['a queue that never ends', 'limits: { overload: { queue_wait: 1m } }', 'limits.overload.queue_wait'],
    ['overload that is on', 'limits: { overload: true }', 'limits.overload'],
    ['a priority of nobody', 'limits: { clients: [{ principal: a, priority: high }] }', 'limits.clients[0].priority'],
    ['a store of another kind', 'store: { url: "mysql://a/b" }', 'store.url'],
    ['a store in memory', 'store: { url: "sqlite::memory:" }', 'store.url'],
    ['a short key of the store', 'store: { key: secret }', 'store.key'],
    ['a PostgreSQL without a key', 'store: { url: "postgres://a@b/c", key: "${NONE:-}" }', 'store.key'],
    ['an admin listener that is on', 'admin: true', 'admin'],
    ['an admin port out of range', 'admin: { port: 70000 }', 'admin.port'],
    ['an unknown key of the admin listener', 'admin: { prot: 1 }', 'admin.prot'],
    ['a short key of statements', 'access: { to_subgraphs: { key: secret } }', 'access.to_subgraphs.key'],
    ['a header of the connection', 'access: { to_subgraphs: { header: Host } }', 'access.to_subgraphs.header'],
    ['a word for API keys', 'access: { api_keys: sometimes }', 'access.api_keys'],
    ['a port out of range', 'server: { port: 70000 }', 'server.port'],
    ['no workers', 'server: { workers: 0 }', 'server.workers'],
    ['half a worker', 'server: { workers: 1.5 }', 'server.workers'],
    ['a word for workers', 'server: { workers: all }', 'server.workers'],
    ['a path that is taken', 'server: { graphql_path: /health/live }', 'server.graphql_path'],
    ['an origin with a path', 'server: { allowed_origins: [ "https://a.example/x" ] }', 'server.allowed_origins[0]'],
    ['a kind of provider that does not exist', 'ai: { providers: { x: { kind: bard } } }', 'ai.providers.x.kind'],
    ['an AI SDK provider without its package', 'ai: { providers: { x: { kind: ai-sdk } } }', 'ai.providers.x.package'],
    ['one key and several', 'ai: { providers: { x: { kind: openai, api_key: a, api_keys: [b] } } }', 'ai.providers.x'],
    [
      'a rule that names no target of its alias',
      'ai: { models: { fast: { targets: [local/extractive], rules: [{ when: {}, targets: [local/other] }] } } }',
      'ai.models.fast.rules[0].targets',
    ],
    [
      'a fallback to an alias that is not there',
      'ai: { models: { fast: { targets: [local/extractive], fallback: { context_window: long } } } }',
      'ai.models.fast.fallback.context_window',
    ],
    [
      'a budget whose cheaper model is not named',
      'ai: { budgets: [{ limit_calls: 9, every: 1h, on_exceeded: cheaper_model }] }',
      'ai.budgets[0].on_exceeded',
    ],
    [
      'a budget with a cheaper model that it does not use',
      'ai: { models: { fast: [local/extractive] }, budgets: [{ limit_calls: 9, every: 1h, on_exceeded: reject, cheaper_model: fast }] }',
      'ai.budgets[0].on_exceeded',
    ],
    [
      'a budget with a cheaper model that is not there',
      'ai: { budgets: [{ limit_calls: 9, every: 1h, cheaper_model: fsat }] }',
      'ai.budgets[0].cheaper_model',
    ],
    [
      'a budget that matches an alias that is not there',
      'ai: { models: { fast: [local/extractive] }, budgets: [{ limit_calls: 9, every: 1h, match: { model: fsat } }] }',
      'ai.budgets[0].match.model',
    ],
    [
      'a budget that matches a reference, which no call is made with',
      'ai: { models: { fast: [local/extractive] }, budgets: [{ limit_calls: 9, every: 1h, match: { model: local/extractive } }] }',
      'ai.budgets[0].match.model',
    ],
    [
      'a caller’s cost where nothing is priced',
      'limits: { clients: [{ client_name: reports, cost: { max: 9 } }] }',
      'limits.clients[0].cost',
    ],
    [
      'a webhook of alerts with a password in its URL',
      'ai: { budget_alerts: { url: "https://u:p@hooks.example/", secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= } }',
      'ai.budget_alerts.url',
    ],
    [
      'a webhook of alerts without a secret',
      'ai: { budget_alerts: { url: "https://hooks.example/" } }',
      'ai.budget_alerts.secret',
    ],
    [
      'a price that is no decimal',
      'ai: { prices: { local/extractive: { input_per_mtok: "1,5", output_per_mtok: "1" } } }',
      'ai.prices.local/extractive.input_per_mtok',
    ],
    ['a price of a provider that is not there', 'ai: { prices: { nobody/x: { free: true } } }', 'ai.prices.nobody/x'],
    ['Redis without its URL', 'ai: { cache: { store: redis } }', 'ai.cache.url'],
    ['a URL of something else than Redis', 'cache: { store: redis, url: http://cache }', 'cache.url'],
    ['stores in another order', 'cache: { store: [redis, memory], url: redis://cache }', 'cache.store'],
    ['a duration without its unit', 'ai: { fields: { deadline: 5 } }', 'ai.fields.deadline'],
    ['a model of a provider that is not there', 'ai: { models: { fast: [ nobody/gpt ] } }', 'ai.models.fast[0]'],
    ['a federation version beyond the bundled one', 'federation_version: =2.99.0', 'federation_version'],
    ['federation 1', 'federation_version: 1', 'federation_version'],
  ])('refuses %s with its path and line', async (_name, line, path) => {
    const problems = await problemsOf(`${subgraphs}${line}\n`);
    expect(problems[0]).toMatchObject({ path, line: 3 });
  });

  it.each([
    ['no prefix', 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='],
    ['too few bytes', 'whsec_c2hvcnQ='],
    ['no base64', 'whsec_not base64, though it is long enough to be one'],
  ])('refuses a secret of alerts with %s, with how to make one, without the secret', async (_name, secret) => {
    const yaml = `${subgraphs}ai:\n  budget_alerts: { url: "https://hooks.example/", secret: "${secret}" }\n`;
    expect(await problemsOf(yaml)).toEqual([
      {
        path: 'ai.budget_alerts.secret',
        line: 4,
        message: 'write whsec_ and 24 to 64 random bytes in base64, such as: echo "whsec_$(openssl rand -base64 32)"',
      },
    ]);
  });

  it('refuses a webhook of alerts without http or https', async () => {
    const secret = `whsec_${Buffer.alloc(32, 'k').toString('base64')}`;
    const yaml = `${subgraphs}ai:\n  budget_alerts: { url: hooks.example, secret: "${secret}" }\n`;
    expect(await problemsOf(yaml)).toEqual([
      { path: 'ai.budget_alerts.url', line: 4, message: 'write an http:// or https:// URL' },
    ]);
  });

  it.each([
    ['unknown of both', 'input: "1", free: true', 'input', '"input" is not a key here; did you mean "input_per_mtok"?'],
    [
      'of the other',
      'input_per_mtok: "1", free: true',
      'input_per_mtok',
      '"input_per_mtok" does not go with the other keys here',
    ],
    [
      'that are all unknown',
      'input: "1", output: "2"',
      'input',
      '"input" is not a key here; did you mean "input_per_mtok"?',
    ],
  ])('of two forms of a value names keys %s', async (_name, keys, key, message) => {
    const problems = await problemsOf(`${subgraphs}ai: { prices: { local/extractive: { ${keys} } } }\n`);
    expect(problems[0]).toEqual({ path: `ai.prices.local/extractive.${key}`, line: 3, message });
  });

  it('covers exactly the federation versions of the bundled composition', () => {
    const minors = [...FEDERATION_VERSIONS.versions()].map((version) => version.minor);
    expect([Math.min(...minors), Math.max(...minors)]).toEqual([
      supportedFederation.minorFrom,
      supportedFederation.minorTo,
    ]);
  });

  it('reads the environment, with defaults, and preserves numbers', async () => {
    const { config } = await load(`${subgraphs}server:\n  port: \${PORT}\n  host: \${HOST:-0.0.0.0}\n`, {
      PORT: '4321',
    });
    expect(config.server).toMatchObject({ port: 4321, host: '0.0.0.0' });
  });

  it('names a missing variable, never a value', async () => {
    const yaml = `${subgraphs}ai:\n  providers:\n    openai: { kind: openai, api_key: "sk-\${KEY}\${PART}", base_url: 7 }\n`;
    expect(await problemsOf(yaml, { KEY: 'very-secret' })).toEqual([
      {
        path: 'ai.providers.openai.api_key',
        line: 5,
        message: 'the environment variable PART is not set; set it, or write ${PART:-default}',
      },
    ]);
    const complete = await load(yaml, { KEY: 'very-secret', PART: 'x' }).catch((error: Error) => error.message);
    expect(complete).toContain('ai.providers.openai.base_url');
    expect(complete).not.toContain('very-secret');
  });

  it('skips the targets of a provider without a key', async () => {
    const yaml = `${subgraphs}ai:\n  providers: { openai: { kind: openai, api_key: "\${K:-}" }, local: { kind: local } }\n  models: { fast: [openai/gpt-4.1-mini, local/extractive] }\n`;
    expect((await load(yaml)).config.ai.models.fast?.targets.map((target) => target.provider)).toEqual(['local']);
    expect((await load(yaml, { K: 'k' })).config.ai.models.fast?.targets.map((target) => target.provider)).toEqual([
      'openai',
      'local',
    ]);
  });

  it('splits a model reference at the first slash only', async () => {
    const yaml = `${subgraphs}ai: { providers: { own: { kind: openai, base_url: "http://127.0.0.1:1/v1" } }, models: { m: [ { model: own/org/model, structured: tool } ] } }\n`;
    expect((await load(yaml)).config.ai.models.m?.targets).toMatchObject([
      { provider: 'own', model: 'org/model', structured: 'tool' },
    ]);
  });

  it.each([
    ['broken YAML', 'subgraphs: { a: [', 1],
    ['a duplicate key', `${subgraphs}server: {}\nserver: {}\n`, 4],
  ])('refuses %s with its line', async (_name, yaml, line) => {
    expect((await problemsOf(yaml))[0]?.line).toBe(line);
  });

  it('reports one problem per position', async () => {
    const problems = await problemsOf(`${subgraphs}limits: { body: 1xb }\n`);
    expect(problems.map((problem) => problem.path)).toEqual(['limits.body']);
  });

  it('is refused while the environment switches off a protection of the planner', async () => {
    const name = 'APOLLO_DISABLE_SECURITY_NON_LOCAL_SELECTIONS_CHECK';
    expect((await problemsOf(subgraphs, { [name]: 'true' }))[0]?.message).toContain(name);
  });

  it('reports a missing file', async () => {
    await expect(loadConfig('/nowhere/supergraph.yaml', {})).rejects.toThrow('there is no such file');
  });

  it('has the JSON Schema that is committed for editors', async () => {
    const committed: unknown = JSON.parse(await readFile('schema/supergraph.schema.json', 'utf8'));
    expect(committed).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });
});

/** What parts of a gateway tell metrics: models and budgets, caches, records, names of trusted documents. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AiGraph, startAiGraph } from '../../testkit/graphs/ai-graph.ts';
import { freePort } from '../../testkit/servers/free-port.ts';

const waiting = { timeout: 10_000, interval: 20 };
let graph: AiGraph;
let adminPort: number;
beforeAll(async () => {
  adminPort = await freePort();
  graph = await startAiGraph({
    products: 2,
    workers: 1,
    models: 'free: [local/extractive]',
    ai: '  budgets: [{ name: calls, limit_calls: 4, every: day }, { name: tenants, per: tenant, limit_calls: 100, every: day }]',
    yaml: `admin: { port: ${adminPort} }
cache: { entities: { enabled: true, default_max_age: 1m } }
telemetry: { records: true, metrics: { operations: [Answers, Names] } }`,
  });
}, 60_000);
afterAll(() => graph[Symbol.asyncDispose]());

async function scrape(): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** Once they are so: a request is counted when its exchange has ended. */
async function expectSeries(wanted: Readonly<Record<string, unknown>>): Promise<void> {
  await vi.waitFor(async () => {
    const series = await scrape();
    const found = Object.fromEntries(Object.keys(wanted).map((name) => [name, series.get(name)]));
    expect(found).toEqual(wanted);
  }, waiting);
}

describe('metrics', () => {
  it('of models: calls, tokens and dollars by alias, model and prompt; by OpenTelemetry’s names, too', async () => {
    graph.provider.reset();
    graph.provider.respond(() => ({ text: 'Fine.' }));
    const { data } = await graph.gateway.query('query Answers { product(id: "p1") { answer(question: "Why?") } }');
    expect(data.product.answer).toBe('Fine.');
    const calls = 'alias="fast",model="test/m",prompt="answer"';
    const convention = 'gen_ai_operation_name="chat",gen_ai_provider_name="test",gen_ai_request_model="test/m"';
    await vi.waitFor(async () => {
      const series = await scrape();
      const made = series.get(`isthmus_ai_calls_total{${calls},finish="stop",cache="off",traffic="live"}`) ?? 0;
      expect(made).toBeGreaterThan(0);
      expect(series.get(`isthmus_ai_tokens_total{${calls},type="input"}`)).toBeGreaterThan(0);
      expect(series.get(`isthmus_ai_cost_usd_total{${calls},traffic="live"}`)).toBeGreaterThan(0);
      expect(series.get('isthmus_ai_attempts_total{model="test/m",outcome="ok"}')).toBe(made);
      expect(series.get(`gen_ai_client_operation_duration_seconds_count{${convention},error_type=""}`)).toBe(made);
      expect(series.get(`gen_ai_client_token_usage_count{${convention},gen_ai_token_type="output"}`)).toBe(made);
      expect(series.get('isthmus_ai_field_items_total{field="Product.answer",source="model"}')).toBe(1);
    }, waiting);
  });

  it('of budgets: what is left, the share that is used, and the alerts that were told', async () => {
    graph.provider.respond(() => ({ text: 'Fine.' }));
    for (let question = 0; question < 5; question++)
      await graph.gateway.query(`query Answers { product(id: "p1") { answer(question: "And ${question}?") } }`);
    await expectSeries({
      'isthmus_budget_limit{budget="calls",unit="calls"}': 4,
      'isthmus_budget_remaining{budget="calls",unit="calls"}': 0,
      'isthmus_budget_used_ratio{budget="calls"}': 1,
      'isthmus_budget_used_ratio{budget="tenants"}': 0.04,
      'isthmus_budget_remaining{budget="tenants",unit="calls"}': 96,
      'isthmus_budget_alerts_total{budget="calls",percent="50"}': 1,
      'isthmus_budget_alerts_total{budget="calls",percent="80"}': 1,
      'isthmus_budget_alerts_total{budget="calls",percent="100"}': 1,
    });
    expect((await scrape()).get('isthmus_refusals_total{code="AI_BUDGET_EXCEEDED"}')).toBeGreaterThan(0);
  });

  it('of caches, by subgraph and type', async () => {
    const before = await scrape();
    const names = 'query Names { product(id: "p1") { name } }';
    for (let count = 0; count < 3; count++) await graph.gateway.query(names);
    const lookups = (outcome: string) =>
      [...before.keys()].find(
        (name) => name.startsWith('isthmus_cache_lookups_total') && name.includes(`outcome="${outcome}"`),
      );
    expect(lookups('miss')).toContain('cache="entities"');
    await vi.waitFor(async () => {
      const after = await scrape();
      const hits = [...after].filter(
        ([name]) => name.startsWith('isthmus_cache_lookups_total') && name.includes('outcome="hit"'),
      );
      expect(hits.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThanOrEqual(2);
      expect(after.get('isthmus_store_ready{store="memory",state="ready"}')).toBe(1);
    }, waiting);
  });

  it('of records that were kept', async () => {
    await vi.waitFor(async () => {
      const series = await scrape();
      expect(series.get('isthmus_records_total{outcome="written"}')).toBeGreaterThan(0);
      expect(series.get('isthmus_records_failing')).toBe(0);
    }, waiting);
  });

  it('have no more series after a flood of names through the front door', async () => {
    const ask = (index: number) =>
      graph.gateway.query(
        `query Flood${index} { product(id: "p1") { name } }`,
        {},
        { 'apollographql-client-name': `c${index}` },
      );
    await ask(0);
    await vi.waitFor(async () => expect([...(await scrape()).keys()].join()).toContain('operation="other"'), waiting);
    const before = await scrape();
    await Promise.all(Array.from({ length: 300 }, (_, index) => ask(index + 1)));
    await expectSeries({ 'isthmus_operation_duration_seconds_count{kind="query",operation="other"}': 301 });
    const added = [...(await scrape()).keys()].filter((name) => !before.has(name));
    expect(added.filter((name) => /Flood|"c\d+"/.test(name))).toEqual([]);
    // Buckets of times that no request had taken before, and the like: not one for each of 300 names.
    expect(added.length, added.join(' ')).toBeLessThan(100);
  });
});

/** `isthmus explain`: how one operation would be answered, read from a configuration alone. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AiGraph, startAiGraph } from '../../testkit/graphs/ai-graph.ts';
import { runCommand } from '../../testkit/processes/run-command.ts';

let graph: AiGraph;
let config: string;
beforeAll(async () => {
  graph = await startAiGraph({ workers: 1 });
  const { folder } = graph.gateway;
  config = await fileOf(
    'explained.yaml',
    `${await readFile(join(folder, 'supergraph.yaml'), 'utf8')}
limits: { cost: { max: 400 } }
cache: { response: { enabled: true, default_max_age: 20s } }
access: { proxy: { from: ["127.0.0.1"], id: x-user, scopes: x-scopes } }
persisted_operations: { documents: [documents] }
`,
  );
  await mkdir(join(folder, 'documents'));
  await fileOf('documents/page.graphql', page);
});
afterAll(() => graph[Symbol.asyncDispose]());

const page = 'query Page($first: Int) { products(first: $first) { name summary reviews(first: 2) { body } } }';

const explain = (name: string, ...words: readonly string[]) =>
  runCommand('explain', name, '--config', config, ...words);

async function fileOf(name: string, text: string): Promise<string> {
  const file = join(graph.gateway.folder, name);
  await writeFile(file, text);
  return file;
}

describe('an operation is explained', () => {
  it('as text: plan, cost, access and cache policy', async () => {
    const { out, code } = await explain('page', '--variables', await fileOf('v.json', '{"first": 3}'));
    expect(code).toBe(0);
    expect(out).toMatch(/^operation Page\n\nplan: 2 requests in 2 stages\n├─ #1 shop: query\n/);
    expect(out).toMatch(
      /└─ #2 assistant \(in the gateway\): entities at products\[\], after #1\n {3}sends \{ .*name.*\}\n {3}products\.summary: \S+ by \S+, 3 at most, \$0\.0/,
    );
    expect(out).toMatch(/cost: \d+ of 400 points, at most \$0\.0\d+\n/);
    expect(out).toContain('Nothing of the schema is protected');
    expect(out).toContain('cache: 20 s, public, unless a response says less');
    expect(out).toContain('invalidated by subgraph:shop');
  });

  it('as JSON, which --json is as well, with the values of its variables', async () => {
    const one = await explain('page', '--json', '--variables', await fileOf('one.json', '{"first": 1}'));
    const three = await explain('page', '--format', 'json', '--variables', await fileOf('3.json', '{"first": 3}'));
    const [small, large] = [one, three].map(({ out }) => JSON.parse(out));
    expect(large.plan).toEqual(small.plan);
    expect(small.plan).toMatchObject([
      { number: 1, subgraph: 'shop', kind: 'query', after: [], stage: 1 },
      { number: 2, subgraph: 'assistant', kind: 'entities', paths: ['products[]'], after: [1], stage: 2 },
    ]);
    expect(small.cost.ai).toMatchObject([{ path: 'products.summary', coordinate: 'Product.summary', items: 1 }]);
    expect(Number(large.cost.usd)).toBeCloseTo(3 * Number(small.cost.usd));
    expect(large.cost.max).toBe(400);
  });

  it('as an SVG whose texts cannot become elements', async () => {
    const file = await fileOf('odd.graphql', '{ products { name } }');
    const { out } = await explain(file, '--format', 'svg', '--header', 'x-user: <b>&"');
    expect(out).toMatch(/^<svg [^>]*role="img" aria-labelledby="title description"/);
    expect(out).toContain('<title id="title">');
    expect(out).toContain('&lt;b&gt;&amp;');
    expect(out).not.toContain('<b>');
    expect(out.match(/<g>/g)).toHaveLength(1);
  });
});

describe('an operation of which its caller may not read all', () => {
  it('is explained without what they may not read: plan and cost', async () => {
    const { folder } = graph.gateway;
    const margins = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@requiresScopes"])
      type Product @key(fields: "id") { id: ID!  margin: Int @requiresScopes(scopes: [["margin:read"]]) }`;
    await fileOf('margins.graphql', margins);
    const entry = '  margins: { routing_url: "http://127.0.0.1:1", schema: { file: margins.graphql } }\n';
    const yaml = (await readFile(join(folder, 'explained.yaml'), 'utf8')).replace(
      'subgraphs:\n',
      `subgraphs:\n${entry}`,
    );
    const file = await fileOf('protected.yaml', yaml);
    const operation = await fileOf('margin.graphql', '{ products { name margin } }');
    const planOf = async (...headers: readonly string[]) => {
      const caller = headers.flatMap((header) => ['--header', header]);
      const { out } = await runCommand('explain', operation, '--config', file, '--json', ...caller);
      const { plan, cost } = JSON.parse(out) as {
        readonly plan: readonly { readonly subgraph: string }[];
        readonly cost: object;
      };
      return { subgraphs: plan.map(({ subgraph }) => subgraph), cost };
    };
    const anonymous = await planOf();
    expect(anonymous).toMatchObject({ subgraphs: ['shop'], cost: { subgraphs: { shop: expect.any(Number) } } });
    const analyst = await planOf('x-user: ann', 'x-scopes: margin:read');
    expect(analyst.subgraphs).toEqual(['shop', 'margins']);
    expect(analyst.cost).not.toEqual(anonymous.cost);
  });
});

describe('an operation that a gateway would refuse', () => {
  it('for its cost is explained, and is something to report', async () => {
    const { out, code } = await explain(
      await fileOf(
        'many.graphql',
        `{ ${[1, 2, 3].map((n) => `a${n}: products(first: ${n}) { reviews { author { name } } }`)} }`,
      ),
    );
    expect(code).toBe(1);
    expect(out).toContain('a gateway refuses it: more than limits.cost.max: ');
  });

  it('because it is not valid, or is not there, cannot be explained', async () => {
    const wrong = await explain(await fileOf('wrong.graphql', '{ products { nome } }'));
    expect(wrong).toMatchObject({ code: 2, errors: expect.stringContaining('Cannot query field "nome"') });
    const missing = await explain('pag');
    expect(missing.errors).toContain('no trusted document pag; did you mean "page"?');
    expect(missing.code).toBe(2);
  });
});

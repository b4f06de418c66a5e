/**
 * Random operations with AI fields, over a provider that fails, answers what does not fit, and uses as much as it may: what
 * an operation is estimated at, in dollars and in points, is never less than what it costs, and nobody pays more than allowed.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AiAnswer, type AiGraph, aiLink, startAiGraph } from '../../testkit/graphs/ai-graph.ts';
import { Random } from '../../testkit/random/random.ts';
import { newSeed, randomRuns } from '../../testkit/random/random-runs.ts';

const sdl = `${aiLink.replace('ai/v1.0', 'ai/v1.1')}
type Query { haiku(about: String!): String @generate(prompt: "haiku", maxOutputTokens: 40, maxInputTokens: 200) }
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  slogan: String @requires(fields: "name") @generate(prompt: "slogan", maxOutputTokens: 30, maxInputTokens: 200)
  grade: Grade @requires(fields: "name") @generate(prompt: "grade", maxOutputTokens: 10, maxInputTokens: 200)
  verdict: String @requires(fields: "reviews(first: 3) { mood }")
    @generate(prompt: "verdict", maxOutputTokens: 50, maxInputTokens: 200)
  caption: String @requires(fields: "name") @generate(prompt: "caption", maxOutputTokens: 10, maxInputTokens: 80)
  reviews(first: Int = 10): [Review!]! @external
}
enum Grade { A B }
type Review @key(fields: "id") {
  id: ID!
  body: String! @external
  mood: String @requires(fields: "body") @generate(prompt: "mood", maxOutputTokens: 20, maxInputTokens: 200)
}
`;
const prompt = (text: string, more = '') =>
  `---\nmodel: sturdy${more}\n---\n{{role "system"}}\nWork.\n{{role "user"}}\n${text}`;

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({
    products: 6,
    workers: 1,
    subgraphs: {
      assistant: {
        sdl,
        prompts: {
          'haiku.prompt': prompt('{{about}}'),
          'slogan.prompt': prompt('{{name}}'),
          'grade.prompt': prompt('{{name}}'),
          'verdict.prompt': prompt('{{#each reviews}}{{mood}}{{/each}}'),
          'caption.prompt': prompt('{{name}}', '\nbatch: { max: 4 }'),
          'mood.prompt': prompt('{{body}}'),
        },
      },
    },
    fields: '{ cache: { enabled: false } }',
    models: `sturdy: { targets: [test/m, test/small], retries: 2, cache: { exact: false } }`,
    ai: '  budgets: [{ per: organization, limit_usd: "1000", every: 1h }]',
    yaml: 'limits: { cost: { max: 100000 } }',
  });
}, 120_000);
afterAll(() => graph[Symbol.asyncDispose]());

interface Cost {
  readonly estimated: number;
  readonly actual: number;
  readonly ai: { readonly estimatedUsd: string; readonly actualUsd: string; readonly calls: number };
}
const costOf = (answer: AiAnswer): Cost => (answer.extensions as unknown as { cost: Cost }).cost;
const nano = (usd: string): number => Math.round(Number(usd) * 1e9);

function randomOperation(random: Random): { readonly query: string; readonly variables: Record<string, unknown> } {
  const size = random.below(7);
  const isVariable = random.chance(0.4);
  const first = isVariable ? '$n' : String(size);
  const fields = [
    'slogan',
    'grade',
    'verdict',
    'caption',
    `reviews(first: ${random.below(4)}) { mood }`,
    'other: slogan',
  ];
  const chosen = fields.filter(() => random.chance(0.4));
  const skipped = random.chance(0.2) ? ' slow: verdict @skip(if: true)' : '';
  const roots = [`products(first: ${first}) { id ${chosen.join(' ')}${skipped} }`];
  if (random.chance(0.3)) roots.push('haiku(about: "rain")');
  if (random.chance(0.2)) roots.push('product(id: "p1") { grade caption }');
  const head = isVariable ? 'query Q($n: Int!)' : 'query Q';
  return { query: `${head} { ${roots.join(' ')} }`, variables: isVariable ? { n: size } : {} };
}

it('costs no more than the estimate, and with isthmus-max-usd no more than that, whatever the provider does', async () => {
  const random = new Random(newSeed('prices of AI fields'));
  let faults = 0;
  let reported = 0;
  graph.provider.respond((request) => {
    if (random.chance(faults)) return { error: { status: random.pick([429, 500, 503]) } };
    const body = request.body as { readonly max_tokens?: number; readonly max_completion_tokens?: number };
    const most = body.max_tokens ?? body.max_completion_tokens ?? 1;
    const usage = { inputTokens: 1 + random.below(20), outputTokens: random.below(most + 1) };
    reported += (usage.inputTokens + 2 * usage.outputTokens) * (request.model === 'm' ? 1_000 : 100);
    // Neither is a grade, nor the answers of a batch: they are corrected, or asked for one by one.
    if (random.chance(faults)) return { text: random.pick(['neither', '{"answers":[]}', '']), usage };
    return { text: 'A', usage };
  });
  let spent = 0;
  const runs = randomRuns(16);
  for (let run = 0; run < runs; run++) {
    const { query, variables } = randomOperation(random);
    const dry = await graph.query(query, variables, { 'isthmus-dry-run': 'true' });
    const { estimatedUsd } = costOf(dry).ai;
    faults = run % 2 === 0 ? 0 : 0.3;
    const headers = { 'isthmus-explain': 'cost', ...(faults === 0 ? {} : { 'isthmus-max-usd': estimatedUsd }) };
    const answer = await graph.query(query, variables, headers);
    const cost = costOf(answer);
    const context = `${query} ${JSON.stringify(variables)} ${JSON.stringify(cost)}`;
    expect(cost.ai.estimatedUsd, context).toBe(estimatedUsd);
    expect(nano(cost.ai.actualUsd), context).toBeLessThanOrEqual(nano(estimatedUsd));
    expect(cost.actual, context).toBeLessThanOrEqual(cost.estimated);
    spent += nano(cost.ai.actualUsd);
  }
  // To the nano-dollar what the provider reported; a call that failed costs nothing.
  expect(spent).toBe(reported);
  expect(reported).toBeGreaterThan(0);
}, 120_000);

/**
 * A budget against the worst provider and the longest list together: it fails twice, wants its answers corrected, bills
 * three per cent more than was allowed, and a thousand items come where ten were said.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatUsd } from '../../../src/lib/index.ts';
import { type AiAnswer, type AiGraph, aiLink, startAiGraph } from '../../testkit/graphs/ai-graph.ts';

const items = 1_000;
const sdl = `${aiLink.replace('ai/v1.0', 'ai/v1.1')}
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  grade(n: Int): Int @requires(fields: "name") @generate(prompt: "grade", maxOutputTokens: 100, maxInputTokens: 900)
}
`;

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({
    products: items,
    workers: 1,
    subgraphs: {
      assistant: { sdl, prompts: { 'grade.prompt': '---\nmodel: stubborn\n---\n{{role "user"}}\n{{name}} {{n}}' } },
    },
    models: 'stubborn: { targets: [test/m], retries: 3 }',
    ai: '  budgets: [{ name: twenty, match: { prompt: grade }, limit_usd: "0.02", every: 1h }]',
  });
}, 60_000);
afterAll(() => graph[Symbol.asyncDispose]());

interface AiCost {
  readonly estimatedUsd: string;
  readonly actualUsd: string;
  readonly overshootUsd?: string;
}
const nano = (usd = '0'): number => Math.round(Number(usd) * 1e9);
const costOf = ({ extensions }: AiAnswer): AiCost =>
  (extensions as unknown as { readonly cost: { readonly ai: AiCost } }).cost.ai;

it('is passed by no more than the overshoot that is booked, and nothing stays held', async () => {
  let reported = 0;
  let requests = 0;
  graph.provider.respond((request) => {
    requests++;
    if (requests <= 2) return { error: { status: 500 } };
    const { max_tokens, max_completion_tokens } = request.body as Record<string, number | undefined>;
    const most = max_tokens ?? max_completion_tokens ?? 0;
    // Three per cent above the bounds of the field, whatever was sent.
    const usage = { inputTokens: 927, outputTokens: Math.ceil(most * 1.03) };
    reported += usage.inputTokens * 1_000 + usage.outputTokens * 2_000;
    return { text: requests % 2 === 0 ? 'very good' : '{"value":5}', usage };
  });
  const ask = (query: string): Promise<AiAnswer> => graph.query(query, {}, { 'isthmus-explain': 'cost' });
  const answer = await ask('{ labels { grade } }');
  const { estimatedUsd, actualUsd, overshootUsd } = costOf(answer);
  // Ten items of 900 and 100 tokens.
  expect(estimatedUsd).toBe('0.011');
  expect(nano(actualUsd)).toBe(reported);
  expect(nano(overshootUsd)).toBeGreaterThan(0);
  expect(reported).toBeLessThanOrEqual(20_000_000 + nano(overshootUsd));
  const { labels } = answer.data as { readonly labels: readonly { readonly grade: number | null }[] };
  expect(labels).toHaveLength(items);
  const answered = labels.filter(({ grade }) => grade === 5).length;
  expect(answered).toBeGreaterThan(0);
  const refusals = answer.errors?.filter(({ extensions }) => extensions?.code === 'AI_BUDGET_EXCEEDED') ?? [];
  expect(refusals.length).toBeGreaterThan(900);
  // What is left is what was not spent: nothing is held any more.
  for (let n = 0; n < 200; n++) {
    const next = await ask(`{ product(id: "p1") { grade(n: ${n}) } }`);
    const refusal = next.errors?.find(({ extensions }) => extensions?.code === 'AI_BUDGET_EXCEEDED');
    if (refusal === undefined) continue;
    expect(refusal.extensions?.budget).toMatchObject({ left: formatUsd(BigInt(Math.max(0, 20_000_000 - reported))) });
    return;
  }
  expect.fail('the budget was never used up');
}, 120_000);

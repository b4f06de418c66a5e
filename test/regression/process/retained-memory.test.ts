/**
 * What a gateway keeps of its clients' operations is within `limits.memory`, whatever they look like: what the caches
 * say they hold is what the heap holds, and a flood of operations that are each asked once leaves no more than that.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RetainedCase } from '../../testkit/processes/retained-operations.ts';
import { randomRuns } from '../../testkit/random/random-runs.ts';
import { startTestGateway } from '../../testkit/test-gateway.ts';

const run = promisify(execFile);

interface Measured {
  readonly retained: number;
  readonly told: number;
  readonly total: number;
}

// JSON has no `Infinity`.
const boundless = Number.MAX_SAFE_INTEGER;
const toldCases: readonly RetainedCase[] = (
  [
    ['one alias', 400],
    ['many aliases', 20],
    ['many literals', 40],
    ['nested objects', 20],
    ['an ordinary page', 300],
    ['long strings', 60],
  ] as const
).map(([shape, count]) => ({ shape, count, maxBytes: boundless, warm: 30 }));
const floods: readonly RetainedCase[] = (
  [
    ['many aliases', 60],
    ['one alias', 1_500],
  ] as const
).map(([shape, count]) => ({ shape, count, maxBytes: 8_000_000, warm: 5 }));
const requestedOnce: readonly RetainedCase[] = ['one alias', 'one literal', 'one fragment'].map((shape) => ({
  shape,
  count: randomRuns(700),
  maxBytes: 32_000_000,
  warm: 5,
}));

describe('what is kept of operations', () => {
  const measured = new Map<RetainedCase, Measured>();
  const measuredOf = (each: RetainedCase): Measured =>
    measured.get(each) ?? { retained: 0, told: 0, total: Number.NaN };
  // One process: to load and compose is most of what a case takes.
  beforeAll(async () => {
    const cases = [...toldCases, ...floods, ...requestedOnce];
    const script = ['--expose-gc', 'test/testkit/processes/retained-operations.ts', JSON.stringify(cases)];
    const { stdout } = await run(process.execPath, script);
    for (const [index, line] of stdout.trimEnd().split('\n').entries()) {
      const each = cases[index];
      if (each !== undefined) measured.set(each, JSON.parse(line) as Measured);
    }
  }, randomRuns(240_000));

  it.each(toldCases)('is told rightly: $shape', (each) => {
    const { retained, told } = measuredOf(each);
    expect(told / retained).toBeGreaterThan(0.8);
    expect(told / retained).toBeLessThan(2);
  });

  it.each(floods)('is bounded in a flood: $shape', (each) => {
    const { retained, total } = measuredOf(each);
    expect(total).toBeLessThanOrEqual(8_000_000);
    expect(retained).toBeLessThan(10_000_000);
  });

  it.each(requestedOnce)('is an eighth of the bound in a flood of operations requested once: $shape', (each) => {
    const { retained, total } = measuredOf(each);
    expect(total).toBeLessThan(4_200_000);
    expect(retained).toBeLessThan(6_000_000);
  });

  it('is within limits.memory for every way in', async () => {
    const sdl = 'type Query { text(is: String): String }';
    const resolvers = { Query: { text: (_: unknown, { is }: { is?: string }) => is ?? 'none' } };
    await using gateway = await startTestGateway({
      subgraphs: { texts: { sdl, resolvers } },
      yaml: 'limits: { memory: 1mb }',
    });
    const keptOf = () => {
      const { caches } = gateway.gateway.generations.current ?? {};
      return caches?.bytes ?? Number.NaN;
    };
    const aliases = Array.from({ length: 100 }, (_, index) => `a${index}: text(is: "${index}")`).join(' ');
    for (let index = 0; index < 40; index++) {
      const query = `query Q${index} { ${aliases} }`;
      expect((await gateway.query(query)).data.a7).toBe('7');
      const url = `${gateway.url}?query=${encodeURIComponent(query)}`;
      const answer = await fetch(url, { headers: { 'apollo-require-preflight': '1' } });
      expect(answer.status).toBe(200);
      expect(keptOf()).toBeLessThanOrEqual(1_000_000);
    }
    expect(keptOf()).toBeGreaterThan(100_000);
  });
});

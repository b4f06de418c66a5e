/**
 * What a gateway keeps of its clients' operations is within `limits.memory`, whatever they look like: what the caches
 * say they hold is what the heap holds, and a flood of operations that are each asked once leaves no more than that.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { randomRuns } from '../../testkit/random/random-runs.ts';
import { startTestGateway } from '../../testkit/test-gateway.ts';

const run = promisify(execFile);

interface Measured {
  readonly retained: number;
  readonly told: number;
  readonly total: number;
}

async function measure(shape: string, count: number, maxBytes: number, warm: number): Promise<Measured> {
  const script = [
    '--expose-gc',
    'test/testkit/processes/retained-operations.ts',
    shape,
    String(count),
    String(maxBytes),
  ];
  const { stdout } = await run(process.execPath, script, { env: { ...process.env, WARM: String(warm) } });
  return JSON.parse(stdout) as Measured;
}

describe('what is kept of operations', () => {
  it.each([
    ['one alias', 400],
    ['many aliases', 20],
    ['many literals', 40],
    ['nested objects', 20],
    ['an ordinary page', 300],
    ['long strings', 60],
  ])(
    'is told rightly: %s',
    async (shape, count) => {
      const { retained, told } = await measure(shape, count, Number.POSITIVE_INFINITY, 30);
      expect(told / retained).toBeGreaterThan(0.8);
      expect(told / retained).toBeLessThan(2);
    },
    60_000,
  );

  it.each([
    ['many aliases', 60],
    ['one alias', 1_500],
  ])(
    'is bounded in a flood: %s',
    async (shape, count) => {
      const { retained, total } = await measure(shape, count, 8_000_000, 5);
      expect(total).toBeLessThanOrEqual(8_000_000);
      expect(retained).toBeLessThan(10_000_000);
    },
    60_000,
  );

  it.each(['one alias', 'one literal', 'one fragment'])(
    'is an eighth of the bound in a flood of operations requested once: %s',
    async (shape) => {
      const { retained, total } = await measure(shape, randomRuns(700), 32_000_000, 5);
      expect(total).toBeLessThan(4_200_000);
      expect(retained).toBeLessThan(6_000_000);
    },
    randomRuns(60_000),
  );

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

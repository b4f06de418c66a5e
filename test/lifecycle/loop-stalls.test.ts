import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])';
/** What the loop may be held up at most. */
const longestMs = 20;

const count = 40;
const types = Array.from({ length: count }, (_, index) => index);

/** A graph of some size: each subgraph gives forty entities five fields and two ways on. */
const subgraph = (name: string, root: string) => ({
  sdl: `${federation}
    ${root}
    ${types
      .map(
        (index) => `type T${index} @key(fields: "id") { id: ID!
          ${[0, 1, 2, 3, 4].map((field) => `${name}${field}(first: Int): String`).join(' ')}
          ${name}Next: T${(index + 1) % count}  ${name}Far: [T${(index * 7) % count}!] }`,
      )
      .join('\n')}`,
  resolvers: {
    ...(root === '' ? {} : { Query: Object.fromEntries(types.map((index) => [`t${index}`, () => ({ id: '1' })])) }),
    ...Object.fromEntries(types.map((index) => [`T${index}`, { __resolveReference: (one: object) => one }])),
  },
});
const operation = (seed: number): string =>
  `{ t${seed % count} { id a${seed % 5}(first: ${seed}) aNext { b1 bNext { c2 aFar { b0 c0 } cFar { a1 b1 } } } bFar { a0 aNext { c3 } } } }`;

let gateway: TestGateway;
beforeAll(async () => {
  const root = `type Query { ${types.map((index) => `t${index}: T${index}`).join(' ')} }`;
  gateway = await startTestGateway({
    subgraphs: { a: subgraph('a', root), b: subgraph('b', ''), c: subgraph('c', '') },
    yaml: 'traffic: { share_identical: off }',
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The longest turn of the loop, in milliseconds: by the clock, and by the CPU that this thread spent in a turn. */
interface Stall {
  readonly clock: number;
  readonly cpu: number;
}

/** Watches every turn of the loop while `work` goes on. */
async function longestTurn(work: () => Promise<unknown>): Promise<Stall> {
  let clock = 0;
  let cpu = 0;
  let last = { at: performance.now(), cpu: cpuOfThread() };
  let isOver = false;
  const watching = new Promise<void>((resolve) => {
    const turn = (): void => {
      const now = { at: performance.now(), cpu: cpuOfThread() };
      clock = Math.max(clock, now.at - last.at);
      cpu = Math.max(cpu, now.cpu - last.cpu);
      last = now;
      if (isOver) resolve();
      else setImmediate(turn);
    };
    setImmediate(turn);
  });
  try {
    await work();
  } finally {
    isOver = true;
    await watching;
  }
  return { clock, cpu };
}

function cpuOfThread(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** As long as `work` took, with nothing to do. */
async function idle(ms: number): Promise<void> {
  await pause(Math.min(Math.max(ms, 50), 2_000));
}

/**
 * Work stalls the loop where it does so every time: the least of eight turns counts, because whatever else the machine
 * does only ever adds. A loop held up by its own work has spent the CPU of it, however busy the machine is; one held up
 * without that waited for the processor, which an idle loop of the same seconds then did too, or it was blocked. Only the
 * first of these two leaves nothing to say, and the test says so.
 */
async function expectNoStall(context: TestContext, work: (turn: number) => Promise<unknown>): Promise<void> {
  const stalls: (Stall & { readonly idle: number })[] = [];
  for (let turn = 0; turn < 8; turn++) {
    const began = performance.now();
    const stall = await longestTurn(() => work(turn));
    if (stall.clock <= longestMs) return;
    const { clock } = await longestTurn(() => idle(performance.now() - began));
    stalls.push({ ...stall, idle: clock });
  }
  const seen = stalls.map((one) => [one.clock, one.cpu, one.idle].map((ms) => ms.toFixed(0)).join('/')).join(', ');
  const told = `longest turns of the loop in ms, by the clock/by its CPU/while idle: ${seen}`;
  expect(Math.min(...stalls.map(({ cpu }) => cpu)), told).toBeLessThanOrEqual(longestMs);
  const isMachine = stalls.some(({ cpu, idle }) => cpu <= longestMs && idle > longestMs / 2);
  expect(isMachine, `blocked without work, where an idle loop is not; ${told}`).toBe(true);
  context.skip(true, `other processes hold the loop up; ${told}`);
}

describe('the event loop', () => {
  it('is not held up for over 20 ms while operations are planned', async (context) => {
    await expectNoStall(context, async (turn) => {
      expect((await gateway.query(operation(turn))).errors).toBeUndefined();
    });
  }, 60_000);

  it('is not held up for over 20 ms while another generation is built, warmed and swapped in', async (context) => {
    const file = join(gateway.folder, 'b.graphql');
    const sdl = await readFile(file, 'utf8');
    await expectNoStall(context, async (turn) => {
      await writeFile(file, sdl.replace('b0(', `added${turn}: Int  b0(`));
      expect((await gateway.gateway.reload()).kind).toBe('swapped');
    });
  }, 120_000);

  it('is seen to be held up where it is', async () => {
    const busy = async (): Promise<void> => {
      const until = cpuOfThread() + 3 * longestMs;
      while (cpuOfThread() < until);
    };
    const blocked = async (): Promise<void> => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3 * longestMs);
    };
    expect((await longestTurn(busy)).cpu).toBeGreaterThan(longestMs);
    const { clock, cpu } = await longestTurn(blocked);
    expect(clock).toBeGreaterThan(longestMs);
    expect(cpu).toBeLessThan(longestMs);
  });
});

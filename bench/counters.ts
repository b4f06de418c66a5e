/**
 * What a step of the counters costs: `node bench/counters.ts`. Nanoseconds of a step, the least of seven rounds, by the
 * process's CPU time where one thread counts, and by the clock where two threads take the lock from each other.
 */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import {
  type CounterChange,
  createCounterMemory,
  type LocalCounters,
  ProcessCounters,
  SharedCounters,
} from '../src/counters/index.ts';

const steps = 200_000;
const rounds = 7;
const sliding = { kind: 'sliding', ms: 60_000 } as const;
const max = Number.MAX_SAFE_INTEGER;

const cases: ReadonlyArray<readonly [string, readonly CounterChange[]]> = [
  ['one counter', [{ key: 'target openai/gpt-4o calls', amount: 1, max }]],
  ['one counter, leased', [{ key: 'target openai/gpt-4o leased', amount: 1, max, leased: 1 }]],
  [
    'three counters: a budget of key, tenant and everyone',
    ['key ist_abcdefgh', 'tenant acme', 'everyone'].map((key) => ({ key: `budget ${key}`, amount: 1, max })),
  ],
  ['one sliding window', [{ key: 'target openai/gpt-4o tokens', amount: 1, max, window: sliding }]],
];

if (isMainThread) await main();
else count(new SharedCounters(workerData));

async function main(): Promise<void> {
  const implementations: ReadonlyArray<readonly [string, LocalCounters]> = [
    ['in process', new ProcessCounters()],
    ['shared', new SharedCounters({ memory: createCounterMemory(), holder: 1 })],
  ];
  for (const [name, changes] of cases) {
    const figures = implementations.map(([of, counters]) => `${of} ${leastCpuNs(counters, changes)} ns`);
    console.log(`${name}: ${figures.join(', ')}`);
  }
  const memory = createCounterMemory();
  const threads = [1, 2].map((holder) => new Worker(new URL(import.meta.url), { workerData: { memory, holder } }));
  const times = await Promise.all(threads.map(async (thread) => (await once(thread, 'message'))[0] as number));
  console.log(`one counter, two threads against each other: ${Math.round(Math.max(...times))} ns of the clock each`);
}

function count(counters: LocalCounters): void {
  const [, changes] = cases[0] ?? ['', []];
  for (let step = 0; step < steps; step++) counters.add(changes);
  const start = performance.now();
  for (let step = 0; step < steps * 5; step++) counters.add(changes);
  parentPort?.postMessage(((performance.now() - start) * 1e6) / (steps * 5));
}

function leastCpuNs(counters: LocalCounters, changes: readonly CounterChange[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    for (let step = 0; step < steps; step++) counters.add(changes);
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, ((user + system) * 1_000) / steps);
  }
  return Math.round(least);
}

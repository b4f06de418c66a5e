/**
 * What a step of the counters costs: `node bench/counters.ts`. Nanoseconds of a step, the least of seven rounds, by the
 * process's CPU time where one thread counts, and by the clock where two threads take the lock from each other. A reservation
 * is the step that takes room for a call on all of its budgets; a whole call is that, its charge and its correction.
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
import { budgetCalls } from './budget-calls.ts';
import { leastCpu } from './least-cpu.ts';

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
  for (const every of ['1h', 'day']) {
    const { hold, call } = budgetCalls(new SharedCounters({ memory: createCounterMemory(), holder: 1 }), every);
    const figures = `a reservation ${leastOf(hold)} ns, a whole call ${leastOf(call)} ns`;
    console.log(`two budgets of ${every}, shared: ${figures}`);
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
  return leastOf(() => counters.add(changes), steps);
}

function leastOf(work: () => void, turns = 50_000): number {
  return Math.round(leastCpu({ rounds, turns }, work) * 1_000);
}

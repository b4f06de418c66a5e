/**
 * What a step of the counters costs: `node bench/counters.ts`. Nanoseconds of a step, the least of seven rounds, by the
 * process's CPU time where one thread counts, and by the clock where two threads take the lock from each other. A reservation
 * is the step that takes room for a call on all of its budgets; a whole call is that, its charge and its correction.
 */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Budgets } from '../src/ai/budgets/index.ts';
import type { Charge } from '../src/ai/model-call/index.ts';
import { aiYaml, resolveAi } from '../src/config/ai/ai.ts';
import {
  type CounterChange,
  createCounterMemory,
  type LocalCounters,
  ProcessCounters,
  SharedCounters,
} from '../src/counters/index.ts';
import { createLogger } from '../src/observability/index.ts';
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
    const { hold, call } = callsWith(new SharedCounters({ memory: createCounterMemory(), holder: 1 }), every);
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

/** Of a tenant and of everyone. */
function callsWith(counters: LocalCounters, every: string): Readonly<Record<'hold' | 'call', () => void>> {
  const budgets = [
    { per: 'tenant', limit_usd: '1000000', every },
    { limit_usd: '1000000', every },
  ];
  const { budgets: resolved } = resolveAi(aiYaml.parse({ budgets }), (path) => path);
  const accounts = new Budgets({ budgets: resolved, counters, log: createLogger({ level: 'silent' }) });
  const payer = {
    door: 'graphql',
    tenant: 'acme',
    team: undefined,
    id: 'u1',
    kind: 'user',
    client: undefined,
    operation: undefined,
  } as const;
  const call = { alias: 'smart', prompt: undefined, field: undefined, model: 'p/m', requestId: undefined };
  const bound = { ...call, nanoUsd: 30_000n, tokens: 20 };
  const open = () => accounts.open(() => payer, undefined);
  const used = { nanoUsd: 20_000n, tokens: 10, isSent: true, outcome: 'ok', usage: undefined, price: undefined };
  return {
    hold: () => void open()?.charge(bound),
    call: () => {
      const charge = open()?.charge(bound) as Charge | undefined;
      charge?.commit();
      charge?.settle(used);
    },
  };
}

function leastCpuNs(counters: LocalCounters, changes: readonly CounterChange[]): number {
  return leastOf(() => counters.add(changes), steps);
}

function leastOf(work: () => void, turns = 50_000): number {
  return Math.round(leastCpu({ rounds, turns }, work) * 1_000);
}

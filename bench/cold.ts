/**
 * What an operation costs that nobody has sent before: parsed, validated, planned and answered, beside @apollo/gateway.
 * `node bench/cold.ts`: selections of the public benchmark's graph, each another one, in turn to both gateways. CPU is of
 * the gateway with its planner processes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { apollo } from './gateways/apollo.ts';
import { isthmus } from './gateways/isthmus.ts';
import { readOperations } from './operations.ts';
import { prepareGraph } from './prepare-graph.ts';
import { print } from './print.ts';
import { type Child, childrenCpuMs } from './process/child.ts';
import { freePort } from './process/free-port.ts';
import type { Usage } from './process/probe.ts';
import { askGateway, untilReady } from './verify.ts';

const warmUp = 60;
const measured = 150;

let seed = 1;
const isChosen = (): boolean => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed % 1_000_003 < 550_000;
};
const fieldsOf = (names: string): string => names.split(' ').filter(isChosen).join(' ');

function user(levels: number): string {
  return `{ id ${fieldsOf('name username birthday')} ${levels > 0 && isChosen() ? `reviews ${review(levels - 1)}` : ''} }`;
}

function review(levels: number): string {
  const author = levels > 0 && isChosen() ? `author ${user(levels - 1)}` : '';
  const product = levels > 0 && isChosen() ? `product ${productOf(levels - 1)}` : '';
  return `{ id ${fieldsOf('body')} ${author} ${product} }`;
}

function productOf(levels: number): string {
  const reviews = levels > 0 && isChosen() ? `reviews ${review(levels - 1)}` : '';
  return `{ upc ${fieldsOf('weight price inStock shippingEstimate name')} ${reviews} }`;
}

interface Subject {
  readonly title: string;
  readonly path: string;
  readonly port: number;
  readonly child: Child;
  readonly tookMs: number[];
  cpuMs: readonly [own: number, planners: number];
}

/** Of the gateway's own process, and of its planner processes. */
async function cpuOf({ child }: Subject): Promise<readonly [own: number, planners: number]> {
  return [(await child.ask<Usage>('usage')).cpuMs, childrenCpuMs(child.pid) ?? 0];
}

const operation = readOperations().operations.find(({ name }) => name === 'benchmark');
if (operation === undefined) throw new Error('the data of the public benchmark is missing');
const scratch = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
const { files, upstream } = await prepareGraph('benchmark', [operation], scratch);
const subjects: Subject[] = [];
try {
  for (const { title, path, start } of [isthmus, apollo]) {
    const port = await freePort();
    const child = start(files, 'separate', port);
    subjects.push({ title, path, port, child, tookMs: [], cpuMs: [0, 0] });
    await untilReady(port, path, child.hasEnded);
  }
  for (let count = 0; count < warmUp + measured; count++) {
    if (count === warmUp) for (const subject of subjects) subject.cpuMs = await cpuOf(subject);
    const body = JSON.stringify({ query: `query Q${count} { users ${user(6)} topProducts ${productOf(5)} }` });
    const answers: string[] = [];
    for (const subject of count % 2 === 0 ? subjects : subjects.toReversed()) {
      const began = performance.now();
      answers.push(await askGateway(subject.port, subject.path, body));
      if (count >= warmUp) subject.tookMs.push(performance.now() - began);
    }
    const [first, second] = answers.map((answer) => JSON.parse(answer) as unknown);
    if (!isDeepStrictEqual(first, second)) throw new Error(`the answers differ: ${body}`);
  }
  for (const subject of subjects) {
    const cpuMs = await cpuOf(subject);
    const [own, planners] = [0, 1].map((at) => (((cpuMs[at] ?? 0) - (subject.cpuMs[at] ?? 0)) / measured).toFixed(1));
    const sorted = subject.tookMs.sort((a, b) => a - b);
    const [median, slow] = [0.5, 0.9].map((part) => sorted[Math.floor(sorted.length * part)]?.toFixed(1));
    print(`${subject.title}: median ${median} ms, p90 ${slow} ms, CPU ${own} ms, and ${planners} of its planners`);
  }
} finally {
  for (const { child } of subjects) await child.end();
  await upstream.end();
  rmSync(scratch, { recursive: true, force: true });
}

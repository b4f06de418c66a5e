/**
 * How long the event loop is held up while operations are planned, and while another generation is built, warmed and
 * swapped in: the longest turn of the loop, by the clock and by the CPU of its thread, beside an idle loop of this machine.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startTestGateway } from '../test/testkit/test-gateway.ts';
import { print } from './print.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])';
const rounds = 8;

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
    ...Object.fromEntries(types.map((index) => [`T${index}`, { __resolveReference: (entity: object) => entity }])),
  },
});
const operation = (seed: number): string =>
  `{ t${seed % count} { id a${seed % 5}(first: ${seed}) aNext { b1 bNext { c2 aFar { b0 c0 } cFar { a1 b1 } } } bFar { a0 aNext { c3 } } } }`;

export async function runStalls(): Promise<void> {
  const root = `type Query { ${types.map((index) => `t${index}: T${index}`).join(' ')} }`;
  await using gateway = await startTestGateway({
    subgraphs: { a: subgraph('a', root), b: subgraph('b', ''), c: subgraph('c', '') },
    yaml: 'traffic: { share_identical: off }',
  });
  await report('idle', () => pause(500));
  await report('operations are planned', async (round) => {
    const { errors } = await gateway.query(operation(round));
    if (errors !== undefined) throw new Error(`an operation failed: ${JSON.stringify(errors)}`);
  });
  const file = join(gateway.folder, 'b.graphql');
  const sdl = await readFile(file, 'utf8');
  await report('a generation is built, warmed and swapped in', async (round) => {
    await writeFile(file, sdl.replace('b0(', `added${round}: Int  b0(`));
    const { kind } = await gateway.gateway.reload();
    if (kind !== 'swapped') throw new Error(`the reload is ${kind}`);
  });
}

/** Prints the least and the median of several rounds: what else the machine does only ever adds. */
async function report(name: string, work: (round: number) => Promise<unknown>): Promise<void> {
  const stalls: Stall[] = [];
  for (let round = 0; round < rounds; round++) stalls.push(await longestTurn(() => work(round)));
  const figures = (measure: keyof Stall): string => {
    const sorted = stalls.map((stall) => stall[measure]).sort((a, b) => a - b);
    return `${sorted[0]?.toFixed(1)} ms least, ${sorted[rounds >> 1]?.toFixed(1)} ms median`;
  };
  print(`longest turn while ${name}: by the clock ${figures('clock')}; by its CPU ${figures('cpu')}`);
}

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

/**
 * `npm run bench -- cache`: what cached answers cost. Whole answers of 2 KB, callers identified by a token, beside bare Fastify
 * that sends the same bytes and Hive Gateway's response cache; entities of the public benchmark's operation, beside the
 * same gateway without a cache. Interleaved rounds, each line a fresh process; of the ratios the medians count.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { BenchGateway, GraphFiles } from './gateways/gateway.ts';
import { hive } from './gateways/hive.ts';
import { isthmusWith } from './gateways/isthmus.ts';
import { measure } from './measure.ts';
import { median } from './median.ts';
import { type BenchOperation, readOperations, variedBenchmark } from './operations.ts';
import { readOptions, usage } from './options.ts';
import { prepareGraph } from './prepare-graph.ts';
import { print } from './print.ts';
import { startChild } from './process/child.ts';

const page = `query Page($id: ID!) {
  customer(id: $id) { id name email city since tier { title discountPercent perks } }
  items(first: 3) { sku name description priceCents tags }
}`;

const hit: BenchOperation = {
  name: 'hit',
  title: 'a cached answer of 2 KB',
  graph: 'shop',
  modes: ['separate'],
  connections: 20,
  bodies: Array.from({ length: 40 }, (_, index) => JSON.stringify({ query: page, variables: { id: `c${index + 1}` } })),
};

interface Line {
  readonly gateway: BenchGateway;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Workload {
  readonly operation: BenchOperation;
  /** The first is what the others are compared with. */
  readonly lines: (files: GraphFiles, expected: ReadonlyMap<string, string>) => readonly Line[];
}

const bareFastify = (files: GraphFiles, expected: ReadonlyMap<string, string>): BenchGateway => {
  const file = join(files.folder, 'answers.json');
  writeFileSync(file, JSON.stringify([...expected]));
  return {
    name: 'proxy',
    title: 'bare Fastify, the same bytes',
    path: '/graphql',
    whyNot: () => undefined,
    start: (_files, _mode, port) =>
      startChild({
        command: [fileURLToPath(new URL('gateways/fastify-main.ts', import.meta.url)), file, String(port)],
        role: 'gateway',
      }),
    version: () => process.version,
  };
};

const hiveCached: BenchGateway = {
  ...hive,
  title: 'Hive Gateway, its response cache',
  start: (files, mode, port) => hive.start(files, mode, port, { BENCH_CACHE: 'on' }),
};

async function workloads(folder: string): Promise<readonly Workload[]> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const keys = join(folder, 'keys.json');
  writeFileSync(keys, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }] }));
  const token = await new SignJWT({ iss: 'bench', sub: 'u1', scope: 'read' })
    .setExpirationTime('2h')
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .sign(privateKey);
  const headers = { authorization: `Bearer ${token}` };
  const response = { cache: { response: { enabled: true, default_max_age: '1h' } } };
  const entities = { cache: { entities: { enabled: true, default_max_age: '1h' } } };
  const access = { access: { jwt: [{ issuer: 'bench', jwks: keys }] } };
  const cachedPage: Workload = {
    operation: hit,
    lines: (files, expected) => [
      { gateway: bareFastify(files, expected), headers },
      { gateway: isthmusWith('Isthmus, response cache, identity', { ...response, ...access }), headers },
      { gateway: isthmusWith('Isthmus, response cache', response) },
      { gateway: hiveCached },
    ],
  };
  const operation = readOperations().operations.find(({ name }) => name === 'benchmark');
  const varied = variedBenchmark();
  if (operation === undefined || varied === undefined) return [cachedPage];
  return [
    cachedPage,
    {
      operation,
      lines: () => [
        { gateway: isthmusWith('Isthmus, nothing cached', {}) },
        { gateway: isthmusWith('Isthmus, entity cache', entities) },
        { gateway: isthmusWith('Isthmus, response cache', response) },
        { gateway: hiveCached },
      ],
    },
    {
      operation: varied,
      lines: () => [
        { gateway: isthmusWith('Isthmus, nothing cached', {}) },
        { gateway: isthmusWith('Isthmus, entity cache', entities) },
      ],
    },
  ];
}

export async function runCache(words: readonly string[]): Promise<void> {
  const options = readOptions(words);
  if (options === 'help') return print(usage);
  const { wants, warmUpMs, measuredMs, rounds } = options;
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
  const load = startChild({
    command: [fileURLToPath(new URL('process/load-main.ts', import.meta.url))],
    role: 'driver',
  });
  try {
    for (const { operation, lines: linesOf } of await workloads(folder)) {
      if (!wants('operation', operation.name)) continue;
      const { files, upstream, expected } = await prepareGraph(operation.graph, [operation], folder);
      const lines = linesOf(files, expected).filter(({ gateway }) => {
        const reason = gateway.whyNot();
        if (reason !== undefined) print(`${gateway.title} is skipped: ${reason}`);
        return reason === undefined;
      });
      const taken = lines.map((): number[] => []);
      print(`\n${operation.title}; ${operation.connections} connections`);
      try {
        for (let round = 0; round < rounds; round++) {
          for (const [index, line] of lines.entries()) {
            const common = { operation, mode: 'separate', files, upstream, load, expected } as const;
            const measured = await measure({ ...common, ...line, warmUpMs, measuredMs });
            taken[index]?.push(measured.cpuMsPerRequest);
            if (measured.wrong !== undefined) {
              print(`  WRONG: ${line.gateway.title}: ${measured.wrong}`);
              process.exitCode = 1;
            }
          }
        }
      } finally {
        await upstream.end();
      }
      for (const [index, { gateway }] of lines.entries()) {
        const ratios = (taken[index] ?? []).map((cpu, round) => cpu / (taken[0]?.[round] ?? Number.NaN));
        const cpu = median(taken[index] ?? []);
        print(`  ${gateway.title.padEnd(36)} ${cpu.toFixed(4)} ms CPU · ${median(ratios).toFixed(3)} of the first`);
      }
    }
  } finally {
    await load.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

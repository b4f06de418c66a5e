/**
 * The engine alone on the benchmark operation: normalised, planned and compiled once, then run again and again over
 * answers from memory. `node bench/engine.ts`, or with `--cpu-prof`; figures of one sitting compare, of two do not.
 */
import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { buildASTSchema, execute, getOperationAST, parse } from 'graphql';
import { anonymous } from '../src/access/principal.ts';
import { createIsthmusEngine, LongText, printResult } from '../src/execution/index.ts';
import { Deadline, MemoryBudget, parseExactJson, sharedBuffers } from '../src/lib/index.ts';
import { createLogger } from '../src/observability/index.ts';
import { createPlannerPool } from '../src/planning/index.ts';
import { compose } from '../src/supergraph/index.ts';
import type { SubgraphClient, SubgraphRequest } from '../src/transport/index.ts';
import { benchmarkGraph } from './graphs/benchmark.ts';
import { schemaFileOf } from './graphs/graph.ts';
import { sharedBenchmarkFile, whyNoBenchmarkData } from './graphs/shared-data.ts';

const warmUp = 2_000;
const rounds = 15;
const requestsPerRound = 300;

const missing = whyNoBenchmarkData();
if (missing !== undefined) {
  process.stdout.write(`skipped: ${missing}\n`);
  process.exit(0);
}

let parsingMicroseconds = 0;

function fromMemory(name: string, sdl: string, resolvers: object): SubgraphClient {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers } as never]);
  const answers = new Map<string, string>();
  const ask = async ({ query, variablesJson = '{}', representationsJson }: SubgraphRequest): Promise<string> => {
    const variables = JSON.parse(variablesJson) as Record<string, unknown>;
    if (representationsJson !== undefined) variables.representations = JSON.parse(`[${representationsJson.join(',')}]`);
    return JSON.stringify(await execute({ schema, document: parse(query), variableValues: variables }));
  };
  return {
    name,
    kind: 'http',
    close: async () => {},
    async execute(request) {
      const key = `${request.query}${request.variablesJson}${request.representationsJson?.join(',')}`;
      const text = answers.get(key) ?? (await ask(request));
      answers.set(key, text);
      const began = performance.now();
      const response = parseExactJson(text, { exponents: request.exponents !== false }) as Awaited<
        ReturnType<SubgraphClient['execute']>
      >;
      parsingMicroseconds += (performance.now() - began) * 1_000;
      return response;
    },
  };
}

const graph = Object.entries(benchmarkGraph()).map(([name, resolvers]) => {
  const origin = schemaFileOf('benchmark', name);
  return { name, url: `http://127.0.0.1/${name}`, sdl: readFileSync(origin, 'utf8'), origin, resolvers };
});
const { supergraphSdl, apiSdl, memberships } = await compose(
  graph.map(({ resolvers: _resolvers, ...source }) => source),
);
const log = createLogger({ level: 'warn', readable: false });
const planners = createPlannerPool({ log });
const engine = createIsthmusEngine({
  apiSchema: buildASTSchema(parse(apiSdl)),
  types: memberships,
  planner: await planners.load('benchmark', { supergraphSdl, inProcess: [] }),
  clients: new Map(graph.map(({ name, sdl, resolvers }) => [name, fromMemory(name, sdl, resolvers)])),
  log,
  planDeadlineMs: 10_000,
  errorPolicy: { mode: 'wrapped', allowedExtensions: [], serviceName: true },
  overrideLabels: [],
  caches: new MemoryBudget(128_000_000).group(),
});

const document = parse(readFileSync(sharedBenchmarkFile('operation.graphql'), 'utf8'));
const operation = getOperationAST(document);
if (operation == null) throw new Error('the benchmark has one operation');
const context = {
  requestId: 'bench',
  principal: anonymous,
  signal: new AbortController().signal,
  deadline: Deadline.in(3_600_000),
};

async function run(): Promise<number> {
  if (operation == null) return 0;
  const request = { documentHash: 'benchmark', document, operation, operationName: undefined, variables: {}, context };
  const outcome = await engine.execute(request);
  if (outcome.kind !== 'single') return 0;
  const printed = printResult(outcome.result);
  if (Buffer.isBuffer(printed)) sharedBuffers.release(printed);
  return (printed instanceof LongText ? printed.whole() : printed).length;
}

const bytes = await run();
for (let request = 0; request < warmUp; request++) await run();
const measured: { readonly cpu: number; readonly parsing: number }[] = [];
for (let round = 0; round < rounds; round++) {
  parsingMicroseconds = 0;
  const before = process.cpuUsage();
  for (let request = 0; request < requestsPerRound; request++) await run();
  const { user, system } = process.cpuUsage(before);
  measured.push({ cpu: (user + system) / requestsPerRound, parsing: parsingMicroseconds / requestsPerRound });
}
measured.sort((a, b) => a.cpu - b.cpu);
const [least] = measured;
const median = measured[Math.floor(rounds / 2)];
process.stdout.write(
  `${bytes} bytes; CPU per request: least ${least?.cpu.toFixed(0)} µs, median ${median?.cpu.toFixed(0)} µs; ` +
    `of the least, parsing answers ${least?.parsing.toFixed(0)} µs\n`,
);
await planners.close();

/**
 * Runs many different operations with the caches of a gateway, and prints the growth of the heap beside the size that
 * the caches report. Run with `--expose-gc`: node test/testkit/processes/retained-operations.ts SHAPE COUNT
 */
import { createHash } from 'node:crypto';
import { getOperationAST, parse, validate } from 'graphql';
import { createIsthmusEngine } from '../../../src/execution/index.ts';
import { ValidatedOperations } from '../../../src/http/graphql/validated-operations.ts';
import { MemoryBudget } from '../../../src/lib/index.ts';
import { entities } from '../../federation/schemas/entities.ts';
import { composeOrThrow, createTestGraph, defaultErrorPolicy, silentLog, testContext } from '../random/test-graph.ts';

const times = (count: number, write: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ');

/** Each makes documents that differ by their number. */
const shapes: Readonly<Record<string, (number: number) => string>> = {
  'one alias': (number) => `{ a${number}: items { name } }`,
  'one literal': (number) => `{ item(id: "${number}") { name inStock } }`,
  'one fragment': (number) => `{ items { ...F${number} } } fragment F${number} on Item { name inStock }`,
  'many aliases': (number) => `{ items { ${times(2_500, (index) => `a${number}x${index}: name`)} } }`,
  'many literals': (number) =>
    `{ ${times(60, (index) => `a${index}: item(id: "${number}-${index}") { name inStock }`)} }`,
  'nested objects': (number) =>
    `{ items(first: 1) { ${times(400, (index) => `r${number}x${index}: reviews { body author { name } }`)} } }`,
  'an ordinary page': (number) =>
    `query Page${number}($first: Int) { items(first: $first) { id name inStock cost a${number}: reviews { id body author { id name } } } }`,
  'long strings': (number) => `{ item(id: "${'x'.repeat(20_000)}${number}") { name } }`,
};

const [, , shape = 'one alias', count = '500', maxBytes = 'Infinity'] = process.argv;
const write = shapes[shape];
if (write === undefined || globalThis.gc === undefined) throw new Error('name a shape, and run with --expose-gc');

const graph = createTestGraph(entities);
const { memberships } = composeOrThrow(entities.subgraphs);
const budget = new MemoryBudget(Number(maxBytes));
const caches = budget.group();
const seen = new ValidatedOperations(caches.cache());
const engine = createIsthmusEngine({
  apiSchema: graph.apiSchema,
  types: memberships,
  planner: graph.planner,
  clients: graph.clients,
  log: silentLog,
  planDeadlineMs: 10_000,
  errorPolicy: defaultErrorPolicy,
  overrideLabels: [],
  caches,
});

async function ask(number: number): Promise<void> {
  const query = Buffer.from(write?.(number) ?? '').toString();
  const document = parse(query);
  const [problem] = validate(graph.apiSchema, document);
  if (problem !== undefined) throw problem;
  const operation = getOperationAST(document);
  if (operation == null) throw new Error('no operation');
  const documentHash = createHash('sha256').update(query).digest('hex');
  const request = { documentHash, document, operation, schema: graph.apiSchema, operationName: undefined };
  await engine.execute({ ...request, variables: {}, context: testContext('request') });
  seen.add(query, request);
  graph.requests.length = 0;
  graph.planned.length = 0;
}

function heap(): number {
  for (let round = 0; round < 5; round++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const warm = Number(process.env.WARM ?? 30);
for (let number = 0; number < warm; number++) await ask(number);
const before = heap();
const toldBefore = budget.bytes;
for (let number = warm; number < warm + Number(count); number++) await ask(number);
console.log(JSON.stringify({ shape, retained: heap() - before, told: budget.bytes - toldBefore, total: budget.bytes }));
await graph.close();

/**
 * Runs many different operations with the caches of a gateway, and prints the growth of the heap beside the size that
 * the caches report: a line for each list of operations, which has caches of its own. Run with `--expose-gc`:
 * node test/testkit/processes/retained-operations.ts '[{ "shape": "one alias", "count": 500, "maxBytes": 8000000, "warm": 30 }]'
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

/** So many operations of a shape, after so many that warm up. */
export interface RetainedCase {
  readonly shape: string;
  readonly count: number;
  readonly maxBytes: number;
  readonly warm: number;
}

if (globalThis.gc === undefined) throw new Error('run with --expose-gc');

const graph = createTestGraph(entities);
const { memberships } = composeOrThrow(entities.subgraphs);

async function retainedBy({ shape, count, maxBytes, warm }: RetainedCase): Promise<void> {
  const write = shapes[shape];
  if (write === undefined) throw new Error(`no shape is "${shape}"`);
  const budget = new MemoryBudget(maxBytes);
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
  const ask = async (number: number): Promise<void> => {
    const query = Buffer.from(write(number)).toString();
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
  };
  for (let number = 0; number < warm; number++) await ask(number);
  const before = heap();
  const toldBefore = budget.bytes;
  for (let number = warm; number < warm + count; number++) await ask(number);
  const retained = heap() - before;
  console.log(JSON.stringify({ retained, told: budget.bytes - toldBefore, total: budget.bytes }));
}

function heap(): number {
  for (let round = 0; round < 5; round++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

for (const each of JSON.parse(process.argv[2] ?? '[]') as readonly RetainedCase[]) await retainedBy(each);
await graph.close();

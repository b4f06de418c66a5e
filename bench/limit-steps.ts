/**
 * What each step of the limits costs a request: `node bench/limit-steps.ts`. Microseconds of CPU, the least of several
 * rounds, of what `npm run bench -- limits` measures together: of a page of twenty products with five reviews each.
 */
import { ServerResponse } from 'node:http';
import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import type { Principal } from '../src/access/principal.ts';
import { ratesYaml, resolveRates } from '../src/config/limits/rates.ts';
import {
  createBucketMemory,
  createCounterMemory,
  createFieldCounterMemory,
  SharedCounters,
  TokenBuckets,
} from '../src/counters/index.ts';
import { CostMeter } from '../src/limits/complexity/cost-meter.ts';
import type { FetchCost } from '../src/limits/complexity/plan-cost.ts';
import { costlyFields, type PricedField } from '../src/limits/complexity/price-selections.ts';
import { ArgumentRules } from '../src/limits/constraints/index.ts';
import { Excesses } from '../src/limits/excesses.ts';
import { FieldLimits, Overload, Rates } from '../src/limits/index.ts';
import { createLogger } from '../src/observability/index.ts';
import { budgetCalls } from './budget-calls.ts';
import { leastCpu } from './least-cpu.ts';
import { print } from './print.ts';

const log = createLogger({ level: 'silent' });
const principal: Principal = {
  id: 'anonymous',
  kind: 'anonymous',
  tenant: 'public',
  scopes: [],
  roles: [],
  claims: {},
  expiresAt: undefined,
};
const signal = new AbortController().signal;
const context = { requestId: 'r', principal, clientAddress: '127.0.0.1', clientHeaders: {} };

const steps: Readonly<Record<string, () => () => unknown>> = {
  'three rates and their headers': () => {
    const rates = ratesYaml.parse([
      { per: 'ip', operations: 1_000_000_000, every: '1s' },
      { per: 'tenant', operations: 1_000_000_000, every: '1s' },
      { per: 'tenant', points: 1_000_000_000, every: '1s' },
    ]);
    const buckets = new TokenBuckets({ memory: createBucketMemory(), holder: 1 });
    const limits = new Rates({ config: { rates: resolveRates(rates), mode: 'enforce' }, buckets, log });
    return () => {
      const response = new ServerResponse({ method: 'POST' } as ConstructorParameters<typeof ServerResponse>[0]);
      const request = { requestId: 'r', response, form: 'standard', signal } as const;
      const charges = limits.open(request, { address: '127.0.0.1', headers: {} });
      charges.chargeAddress();
      charges.chargeCaller(principal);
      charges.take({ points: 300, nanoUsd: 0 });
      charges.settle('points', 240);
      charges.flush();
    };
  },
  'an answer without rates, for comparison': () => () =>
    new ServerResponse({ method: 'POST' } as ConstructorParameters<typeof ServerResponse>[0]),
  'a place in the turn of the thread': () => {
    const config = { maxConcurrency: 1_000, loopDelayMs: 50, queue: 100, queueWaitMs: 100 };
    const overload = new Overload({ config, log, latenessMs: () => 0 });
    const work = async () => undefined;
    return () => overload.run('interactive', signal, work);
  },
  'a field with a rate': () => {
    const schema = buildSchema(
      'type Query { products(first: Int): [Product!]! } type Product { id: ID! name: String }',
    );
    const rate = { id: 'Query.products 0', max: 1_000_000_000, windowMs: 60_000, identityArgs: [] };
    const counters = new SharedCounters({ memory: createFieldCounterMemory(), holder: 1 });
    const rates = new Map([['Query.products', [rate]]]);
    const limits = FieldLimits.of({ schema, rates, counters, mode: 'enforce', log });
    const document = parse('query Page($first: Int) { products(first: $first) { id name } }');
    const operation = document.definitions[0] as OperationDefinitionNode;
    return () => limits?.decide({ document, operation, variables: { first: 20 }, context }, undefined);
  },
  'constraints of two arguments': () => {
    const schema = buildSchema(
      'input Filter { word: String } type Query { products(first: Int, filter: Filter): [String!]! }',
    );
    const constraints = new Map([
      ['Query.products(first:)', { min: 1, max: 100 }],
      ['Filter.word', { maxLength: 20, pattern: '^[a-z ]*$' }],
    ]);
    const rules = new ArgumentRules(constraints as never, new Excesses('enforce', log)).of(schema);
    const document = parse('query Page($first: Int, $filter: Filter) { products(first: $first, filter: $filter) }');
    const operation = document.definitions[0] as OperationDefinitionNode;
    return () => rules({ document, operation }, { first: 20, filter: { word: 'kettle' } }, context);
  },
  'the cost of two answers': () => {
    const leaf = { isExplicit: false, inner: undefined, lists: 0, weight: 0 };
    const listOf = (key: string, weight: number, inner: readonly Omit<PricedField, 'arguments'>[]) => ({
      ...{ key, inner: inner.map((field) => ({ ...field, arguments: 0 })) },
      ...{ lists: 1, weight, isExplicit: false, arguments: 0 },
    });
    const leaves = (...keys: string[]) => keys.map((key) => ({ ...leaf, key }));
    const fields = (field: PricedField): FetchCost => ({ base: 0, fields: costlyFields([field]) });
    const root = fields(listOf('products', 1, leaves('id', 'name')));
    const entities = fields(listOf('_entities', 1, [listOf('reviews', 2, leaves('text'))]));
    const products = Array.from({ length: 20 }, (_, index) => ({ __typename: 'Product', id: `p${index}`, name: 'n' }));
    const reviews = products.map(() => ({ reviews: Array.from({ length: 5 }, (_, index) => ({ text: `r${index}` })) }));
    return () => {
      const meter = new CostMeter({ read: () => undefined });
      meter.add('products', root, { products });
      meter.add('reviews', entities, { _entities: reviews });
      return meter.total;
    };
  },
  'an account over two budgets': () => sharedBudgetCalls().open,
  'a reservation on two budgets in shared memory': () => sharedBudgetCalls().hold,
};

function sharedBudgetCalls() {
  return budgetCalls(new SharedCounters({ memory: createCounterMemory(), holder: 1 }), '1d');
}

const only = process.argv[2];
const turns = 5_000;
for (const [name, prepare] of Object.entries(steps)) {
  if (only !== undefined && !name.includes(only)) continue;
  const run = prepare();
  const isAsync = run() instanceof Promise;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 15; round++)
    least = Math.min(least, isAsync ? await asyncCpu(run) : leastCpu({ rounds: 1, turns }, run));
  print(`${name}: ${least.toFixed(2)} microseconds`);
}
process.exit(0);

/** Microseconds of CPU for one turn that is waited for. */
async function asyncCpu(run: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  for (let turn = 0; turn < turns; turn++) await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / turns;
}

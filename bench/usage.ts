/** What it takes the thread that serves to count what operations use: microseconds of CPU for each request that has ended. */
import { buildSchema, getOperationAST, parse } from 'graphql';
import { OperationEvent, RequestEvent } from '../src/observability/index.ts';
import { factsOfOperation } from '../src/records/operation-facts.ts';
import { UsageCounter } from '../src/records/usage-counter.ts';
import { operationDeprecations } from '../src/usage/coordinates/index.ts';
import { median } from './median.ts';
import { print } from './print.ts';

const rounds = 15;
const perRound = 50_000;

const schema = buildSchema(/* GraphQL */ `
  type Query { products(filter: Filter, category: Category, first: Int): [Product!]! }
  type Product { id: ID! name: String! price(currency: Currency): Int category: Category }
  enum Category { AUDIO CAMERA HOME }
  enum Currency { USD EUR @deprecated }
  input Filter { categories: [Category!] minimum: Int maximum: Int currency: Currency not: Filter text: String }
`);

const selection = '{ id name price(currency: EUR) category }';
const operations: Readonly<Record<string, readonly [query: string, variables: Readonly<Record<string, unknown>>]>> = {
  'without variables of input types': [`query Page($n: Int) { products(first: $n) ${selection} }`, { n: 3 }],
  'with an enum in a variable': [`query Page($c: Category) { products(category: $c) ${selection} }`, { c: 'AUDIO' }],
  'with an input object of eight fields in a variable': [
    `query Page($f: Filter) { products(filter: $f) ${selection} }`,
    {
      f: {
        ...{ categories: ['AUDIO', 'HOME'], minimum: 1, maximum: 9, currency: 'USD' },
        not: { text: 'a', currency: 'EUR', categories: ['CAMERA'] },
      },
    },
  ],
};

export function measureUsage(): void {
  measureCounting();
  measureDeprecations();
}

/** What it takes to tell what is deprecated, in a schema that has something deprecated. */
function measureDeprecations(): void {
  for (const [title, [query, variables]] of Object.entries(operations)) {
    const { parsed } = endedOperation(query, variables);
    if (parsed === undefined) continue;
    const taken = microsecondsOf(() => void operationDeprecations(parsed, variables));
    print(`the deprecations of an operation ${title}: ${taken}`);
  }
}

function measureCounting(): void {
  for (const [title, [query, variables]] of Object.entries(operations)) {
    const counter = new UsageCounter();
    const event = endedOperation(query, variables);
    const facts = factsOfOperation(event.request, event);
    const taken = microsecondsOf(() => counter.count(event, facts, 10_000));
    print(`the usage of an operation ${title}: ${taken}`);
  }
}

function microsecondsOf(run: () => void): string {
  const taken: number[] = [];
  for (let round = -3; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let count = 0; count < perRound; count++) run();
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) taken.push((user + system) / perRound);
  }
  return `${median(taken).toFixed(2)} microseconds of CPU, at least ${Math.min(...taken).toFixed(2)}`;
}

function endedOperation(query: string, variables: Readonly<Record<string, unknown>>): OperationEvent {
  const of = { id: 'r1', method: 'POST', path: '/graphql', clientAddress: '127.0.0.1' } as const;
  const request = new RequestEvent({ ...of, began: 0, door: 'graphql' });
  request.clientName = 'web';
  request.clientVersion = '1.0';
  const event = new OperationEvent(request, 0);
  const document = parse(query);
  const operation = getOperationAST(document);
  if (operation == null) throw new Error('one operation');
  event.parsed = { document, operation, schema };
  event.signature = '0123456789abcdef0123456789abcdef';
  event.variables = variables;
  event.end(5);
  return event;
}

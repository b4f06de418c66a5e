/**
 * What limits add to a request: `npm run bench -- limits`. CPU of this process for a page of twenty products with their
 * reviews over two subgraphs in this process, whose operation is known, asked for over sockets by another process: with
 * nothing limited, with each kind of limit, and with all of them. What single steps take, `node bench/limit-steps.ts` says.
 *
 * The gateways take turns of a few requests, so that whatever else the machine does is shared by all; the difference of each
 * pair of turns is one sample, and the figure is their mean without the outer fifths, with its standard error.
 */
import { fileURLToPath } from 'node:url';
import { type DocumentNode, Kind } from 'graphql';
import { createGateway, createLogger, type Gateway } from '../src/index.ts';
import { print } from './print.ts';
import { type Child, startChild } from './process/child.ts';
import type { PageTurn } from './process/page-client-main.ts';

const turns = 250;
const requestsPerTurn = 50;
const connections = 4;
/** Until all of it is compiled. */
const warmTurns = 40;

const link = (own: readonly string[]) => `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cost", "@listSize"])
  ${own.length === 0 ? '' : `@link(url: "https://isthmus.dev/limits/v1.0", import: [${own.join(', ')}])`}`;

const documentLimits = {
  tokens: 2_000,
  depth: 12,
  aliases: 30,
  root_fields: 20,
  directives: 50,
  selections: 1_000,
  fetches: 50,
  representations: 5_000,
  cost: { max: 5_000, subgraphs: { reviews: { max: 5_000 } } },
};

const operationRates = [
  { per: 'ip', operations: 1e9, every: '1s' },
  { per: 'tenant', operations: 1e9, every: '1s' },
];

const budgets = [
  { per: 'tenant', limit_usd: '1000', every: '1d' },
  { limit_usd: '1000', every: '1d' },
];

interface Limited {
  readonly config?: object;
  readonly hasConstraints?: boolean;
  readonly isRated?: boolean;
}

/** What is on: nothing, each part alone, and all. */
const kinds: Readonly<Record<string, Limited>> = {
  'no limits': {},
  'no limits, again': {},
  'documents, plans, costs, constraints': { config: { limits: documentLimits }, hasConstraints: true },
  'two rates of operations': { config: { limits: { rates: operationRates } } },
  'a field with a rate': { isRated: true },
  overload: { config: { limits: { overload: {} } } },
  'two budgets': { config: { ai: { budgets } } },
  'all of these, and a rate of points': {
    config: {
      limits: {
        ...documentLimits,
        rates: [...operationRates, { per: 'tenant', points: 1e9, every: '1s' }],
        overload: {},
      },
      ai: { budgets },
    },
    hasConstraints: true,
    isRated: true,
  },
};

const products = Array.from({ length: 20 }, (_, index) => ({
  __typename: 'Product',
  id: `p${index}`,
  name: `product ${index}`,
}));
const reviews = products.map(() => ({
  reviews: Array.from({ length: 5 }, (_, index) => ({ text: `review ${index}` })),
}));

async function open({ config = {}, hasConstraints = false, isRated = false }: Limited): Promise<Gateway> {
  const rule = (text: string) => (hasConstraints ? `@constraint(${text})` : '');
  const rated = isRated ? '@rateLimit(max: 1000000000, window: "1m")' : '';
  const own = [...(hasConstraints ? ['"@constraint"'] : []), ...(isRated ? ['"@rateLimit"'] : [])];
  // Under the plan's own key, which a field with arguments has.
  const answer =
    (data: unknown) =>
    async ({ document }: { readonly document: DocumentNode }) => ({
      data: { [rootKeyOf(document)]: structuredClone(data) },
    });
  return createGateway({
    config: { ...config, traffic: { share_identical: 'off' } },
    subgraphs: {
      products: {
        sdl: `${link(own)}
        input Filter { word: String ${rule('maxLength: 20, pattern: "^[a-z ]*$"')} }
        type Query { products(first: Int = 10 ${rule('min: 1, max: 100')}, filter: Filter): [Product!]!
          @listSize(slicingArguments: ["first"]) ${rated} }
        type Product @key(fields: "id") { id: ID!  name: String }`,
        execute: answer(products),
      },
      reviews: {
        sdl: `${link([])}
        type Product @key(fields: "id") { id: ID!  reviews: [Review!] @listSize(assumedSize: 5) }
        type Review @cost(weight: 2) { text: String }`,
        execute: answer(reviews),
      },
    },
    log: createLogger({ level: 'silent' }),
  });
}

function rootKeyOf({ definitions: [operation] }: DocumentNode): string {
  const field = operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections[0] : undefined;
  return field?.kind === Kind.FIELD ? (field.alias ?? field.name).value : '';
}

const body = JSON.stringify({
  query:
    'query Page($first: Int, $filter: Filter) { products(first: $first, filter: $filter) { id name reviews { text } } }',
  variables: { first: 20, filter: { word: 'kettle' } },
});

interface Line {
  readonly name: string;
  readonly gateway: Gateway;
  readonly url: string;
  /** Microseconds of CPU for a request, by turn. */
  readonly taken: number[];
}

export async function runLimits(): Promise<void> {
  const lines: Line[] = [];
  for (const [name, kind] of Object.entries(kinds)) {
    const gateway = await open(kind);
    const { url } = await gateway.listen({ host: '127.0.0.1', port: 0 });
    lines.push({ name, gateway, url: `${url}/graphql`, taken: [] });
  }
  const client = startChild({
    command: [fileURLToPath(new URL('process/page-client-main.ts', import.meta.url))],
    role: 'unpinned',
  });
  try {
    await measure(lines, client);
  } finally {
    await client.end();
    for (const { gateway } of lines) await gateway.close();
  }
}

async function measure(lines: readonly Line[], client: Child): Promise<void> {
  const send = (url: string, requests: number): Promise<string> =>
    client.ask('send', { url, body, requests, connections } satisfies PageTurn);
  const answers = new Set<string>();
  for (const { url } of lines) answers.add(await send(url, 1));
  const [answer = ''] = answers;
  if (answers.size !== 1 || !answer.includes('review 4'))
    throw new Error(`the answers differ: ${[...answers].map((text) => text.slice(0, 300)).join(' ')}`);
  for (let turn = -warmTurns; turn < turns; turn++) {
    // Each is as often the first as the last.
    for (let index = 0; index < lines.length; index++) {
      const line = lines[(index + turn + warmTurns) % lines.length];
      if (line === undefined) continue;
      const before = process.cpuUsage();
      await send(line.url, requestsPerTurn);
      const { user, system } = process.cpuUsage(before);
      if (turn >= 0) line.taken.push((user + system) / requestsPerTurn);
    }
  }
  const [without, ...others] = lines;
  if (without === undefined) return;
  print(`${without.name}: ${meanWithin(without.taken).mean.toFixed(0)} microseconds of CPU for a page`);
  for (const { name, taken } of others) {
    const { mean, error } = meanWithin(taken.map((cpu, turn) => cpu - (without.taken[turn] ?? 0)));
    print(`${name}: ${mean.toFixed(1)} more, standard error ${error.toFixed(1)}`);
  }
}

/** Of the middle three fifths. */
function meanWithin(samples: readonly number[]): { readonly mean: number; readonly error: number } {
  const cut = Math.floor(samples.length / 5);
  const middle = samples.toSorted((one, other) => one - other).slice(cut, samples.length - cut);
  const mean = middle.reduce((sum, sample) => sum + sample, 0) / middle.length;
  const variance = middle.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / (middle.length - 1);
  return { mean, error: Math.sqrt(variance / middle.length) };
}

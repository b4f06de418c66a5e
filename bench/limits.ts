/**
 * What limits add to a request: `npm run bench -- limits`. CPU of the process for a page of twenty products with their
 * reviews over two subgraphs in this process, whose operation is known, with nothing limited and with all limits on:
 * documents and plans, costs, `@constraint`s, rates of addresses, tenants and points, `@rateLimit` on a field, and overload.
 *
 * The gateways take turns of a few requests, so that whatever else the machine does is shared by both; the difference of each
 * pair of turns is one sample, and the figure is their mean without the outer fifths, with its standard error.
 */
import { type DocumentNode, Kind } from 'graphql';
import { createGateway, createLogger, type Gateway } from '../src/index.ts';
import { print } from './print.ts';

const turns = 400;
const requestsPerTurn = 50;
/** Until all of it is compiled. */
const warmTurns = 60;

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

const everything = {
  ...documentLimits,
  rates: [
    { per: 'ip', operations: 1e9, every: '1s' },
    { per: 'tenant', operations: 1e9, every: '1s' },
    { per: 'tenant', points: 1e9, every: '1s' },
  ],
  overload: {},
};

/** What is on: nothing, what looks at operations alone, and all. */
const kinds = ['nothing', 'documents', 'all'] as const;
type Limited = (typeof kinds)[number];

const configs: Readonly<Record<Limited, object>> = { nothing: {}, documents: documentLimits, all: everything };

const products = Array.from({ length: 20 }, (_, index) => ({
  __typename: 'Product',
  id: `p${index}`,
  name: `product ${index}`,
}));
const reviews = products.map(() => ({
  reviews: Array.from({ length: 5 }, (_, index) => ({ text: `review ${index}` })),
}));

async function open(kind: Limited): Promise<Gateway> {
  const rule = (text: string) => (kind === 'nothing' ? '' : `@constraint(${text})`);
  const rated = kind === 'all' ? '@rateLimit(max: 1000000000, window: "1m")' : '';
  const own = [...(kind === 'nothing' ? [] : ['"@constraint"']), ...(kind === 'all' ? ['"@rateLimit"'] : [])];
  // Under the plan's own key, which a field with arguments has.
  const answer =
    (data: unknown) =>
    async ({ document }: { readonly document: DocumentNode }) => ({
      data: { [rootKeyOf(document)]: structuredClone(data) },
    });
  return createGateway({
    config: { limits: configs[kind], traffic: { share_identical: 'off' } },
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

async function request(gateway: Gateway): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await gateway.fetch(new Request('http://localhost/graphql', { method: 'POST', headers, body }));
  return response.text();
}

export async function runLimits(): Promise<void> {
  const gateways = new Map<Limited, Gateway>();
  for (const kind of kinds) gateways.set(kind, await open(kind));
  const answers = await Promise.all([...gateways.values()].map(request));
  if (new Set(answers).size !== 1 || answers[0]?.includes('review 4') !== true)
    throw new Error(`the answers differ: ${answers.map((text) => text.slice(0, 300)).join(' ')}`);
  const taken = new Map(kinds.map((kind): [Limited, number[]] => [kind, []]));
  for (let turn = -warmTurns; turn < turns; turn++) {
    // Each is as often the first as the last.
    for (let index = 0; index < kinds.length; index++) {
      const kind = kinds[(index + turn + warmTurns) % kinds.length] ?? 'nothing';
      const gateway = gateways.get(kind);
      if (gateway === undefined) continue;
      const before = process.cpuUsage();
      for (let each = 0; each < requestsPerTurn; each++) await request(gateway);
      const { user, system } = process.cpuUsage(before);
      if (turn >= 0) taken.get(kind)?.push((user + system) / requestsPerTurn);
    }
  }
  const without = taken.get('nothing') ?? [];
  print(`a page without limits: ${meanWithin(without).mean.toFixed(0)} microseconds of CPU`);
  for (const kind of ['documents', 'all'] as const) {
    const { mean, error } = meanWithin((taken.get(kind) ?? []).map((cpu, turn) => cpu - (without[turn] ?? 0)));
    print(`${names[kind]}: ${mean.toFixed(1)} more, standard error ${error.toFixed(1)}`);
  }
  for (const gateway of gateways.values()) await gateway.close();
}

const names = {
  documents: 'with limits of documents and plans, costs and constraints',
  all: 'with rates, limited fields and overload as well',
};

/** Of the middle three fifths. */
function meanWithin(samples: readonly number[]): { readonly mean: number; readonly error: number } {
  const cut = Math.floor(samples.length / 5);
  const middle = samples.toSorted((one, other) => one - other).slice(cut, samples.length - cut);
  const mean = middle.reduce((sum, sample) => sum + sample, 0) / middle.length;
  const variance = middle.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / (middle.length - 1);
  return { mean, error: Math.sqrt(variance / middle.length) };
}

/**
 * What limits add to a request: `npm run bench -- limits`. CPU of the process for a page of twenty products with their
 * reviews over two subgraphs in this process, whose operation is known: all limits of documents and plans, costs and
 * `@constraint`s on, and off, in turn.
 */
import { type DocumentNode, Kind } from 'graphql';
import { createGateway, createLogger, type Gateway } from '../src/index.ts';
import { median } from './median.ts';
import { print } from './print.ts';

const rounds = 15;
const requestsPerRound = 1_500;

const link = (constraints: boolean) => `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cost", "@listSize"])
  ${constraints ? '@link(url: "https://isthmus.dev/limits/v1.0", import: ["@constraint"])' : ''}`;

const everything = {
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

const products = Array.from({ length: 20 }, (_, index) => ({
  __typename: 'Product',
  id: `p${index}`,
  name: `product ${index}`,
}));
const reviews = products.map(() => ({
  reviews: Array.from({ length: 5 }, (_, index) => ({ text: `review ${index}` })),
}));

async function open(on: boolean): Promise<Gateway> {
  const rule = (text: string) => (on ? `@constraint(${text})` : '');
  // Under the plan's own key, which a field with arguments has.
  const answer =
    (data: unknown) =>
    async ({ document }: { readonly document: DocumentNode }) => ({
      data: { [rootKeyOf(document)]: structuredClone(data) },
    });
  return createGateway({
    config: { limits: on ? everything : {}, traffic: { share_identical: 'off' } },
    subgraphs: {
      products: {
        sdl: `${link(on)}
        input Filter { word: String ${rule('maxLength: 20, pattern: "^[a-z ]*$"')} }
        type Query { products(first: Int = 10 ${rule('min: 1, max: 100')}, filter: Filter): [Product!]! @listSize(slicingArguments: ["first"]) }
        type Product @key(fields: "id") { id: ID!  name: String }`,
        execute: answer(products),
      },
      reviews: {
        sdl: `${link(false)}
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
  const gateways = { off: await open(false), on: await open(true) };
  const [off, on] = [await request(gateways.off), await request(gateways.on)];
  if (off !== on || !off.includes('review 4'))
    throw new Error(`the answers differ: ${off.slice(0, 300)} ${on.slice(0, 300)}`);
  const taken = { off: [] as number[], on: [] as number[] };
  for (let round = -2; round < rounds; round++) {
    for (const name of round % 2 === 0 ? (['off', 'on'] as const) : (['on', 'off'] as const)) {
      const before = process.cpuUsage();
      for (let index = 0; index < requestsPerRound; index++) await request(gateways[name]);
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) taken[name].push((user + system) / requestsPerRound);
    }
  }
  const [without, withLimits] = [median(taken.off), median(taken.on)];
  print(`a page without limits: ${without.toFixed(0)} microseconds of CPU`);
  print(
    `with all limits, costs and constraints: ${(withLimits - without).toFixed(1)} more (${(withLimits / without).toFixed(3)} times)`,
  );
  print(`least of the rounds: ${(Math.min(...taken.on) - Math.min(...taken.off)).toFixed(1)} more`);
  await Promise.all([gateways.off.close(), gateways.on.close()]);
}

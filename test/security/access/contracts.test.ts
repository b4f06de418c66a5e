/**
 * Whatever graphql-js says of an operation with the contract's schema, the gateway says as well. The schema is made here in
 * another way: the lines of the supergraph that have the tag are cut out of its text.
 */
import { buildSchema, execute, type GraphQLSchema, getVariableValues, Kind, parse, validate } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { products, renamed, tagged, thing, things } from '../../testkit/graphs/tagged.ts';
import { Random } from '../../testkit/random/random.ts';
import { type RandomOperation, randomOperation } from '../../testkit/random/random-operation.ts';
import { newSeed, randomRuns } from '../../testkit/random/random-runs.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const access = {
  proxy: { from: ['127.0.0.1'], id: 'x-user', scopes: 'x-scopes', roles: 'x-roles' },
  contracts: {
    staff: { when: "'staff' in principal.roles" },
    mobile: { exclude: ['internal'], header: { name: 'x-client', value: 'mobile' } },
    offered: { exclude: ['internal'], path: '/graphql/offered' },
    trusted: { path: '/graphql/trusted', when: "'trusted' in principal.scopes" },
    public: { exclude: ['internal'] },
  },
};

let gateway: TestGateway;
let full: GraphQLSchema;
let filtered: GraphQLSchema;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs: tagged, yaml: `access: ${JSON.stringify(access)}` });
  const generation = gateway.gateway.generations.current;
  if (generation === undefined) throw new Error('a generation serves');
  full = generation.apiSchema;
  filtered = buildSchema(withoutTag(generation.supergraphSdl));
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The API schema of a supergraph without what has the tag, cut out of its text. */
function withoutTag(supergraph: string): string {
  const tag = '@tag(name: "internal")';
  const blocks = supergraph
    .split(/\n\n(?=\S)/)
    .filter((block) => !/^(schema|directive|(scalar|enum|input) (join|link)__)/m.test(block));
  const head = (block: string): string => block.split(/\n?\{\n/)[0] ?? '';
  const gone = blocks.filter((block) => head(block).includes(tag)).map((block) => /^\w+ (\w+)/m.exec(block)?.[1] ?? '');
  return blocks
    .filter((block) => !head(block).includes(tag))
    .map((block) =>
      block
        .replaceAll(/, \w+: \w+ = \w+ @tag\(name: "internal"\)/g, '')
        .split('\n')
        .filter((line) => !line.includes(tag))
        .join('\n')
        .replaceAll(/@join__\w+\([^)]*\)/g, '')
        .replaceAll(new RegExp(`\\| (${gone.join('|')})\\b`, 'g'), ''),
    )
    .join('\n\n');
}

const values: Readonly<Record<string, (parent: Record<string, unknown>, args: Record<string, unknown>) => unknown>> = {
  'Query.products': () => products,
  'Query.product': (_parent, { id }) => products.find((row) => row.id === id),
  'Query.search': () => things,
  'Query.things': () => things,
  'Query.thing': (_parent, { id }) => thing(id),
  'Query.report': () => thing('r1'),
  'Query.best': () => 'SECRET',
  'Query.levels': () => ['BASIC', 'SECRET', 'PRO'],
  'Query.clock': () => 'noon',
  'Query.picks': () => [thing('p1'), thing('u1')],
  'Query.echo': (_parent, { filter }) => (filter as { readonly label?: string } | undefined)?.label ?? 'nothing',
  'Mutation.rename': (_parent, { id, label }) => renamed(id, label),
  'Mutation.purge': () => 0,
  'Product.owner': ({ owner }) => thing(owner),
  'Product.stock': () => 5,
  'Product.price': ({ cost }) => Number(cost) * 2,
  'Product.supplier': () => 'Acme',
};

interface Expected {
  readonly data?: unknown;
  readonly messages: readonly string[];
}

async function expected(
  schema: GraphQLSchema,
  { query, variables, operationName }: RandomOperation,
): Promise<Expected> {
  const document = parse(query);
  const invalid = validate(schema, document);
  if (invalid.length > 0) return { messages: invalid.map(({ message }) => message) };
  const operation = document.definitions.find(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      (operationName === undefined || definition.name?.value === operationName),
  );
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('the operation is in its document');
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  if (errors !== undefined) return { messages: errors.map(({ message }) => message) };
  const result = await execute({
    schema,
    document,
    variableValues: variables,
    operationName,
    typeResolver: (value) => (value as { readonly __typename: string }).__typename,
    fieldResolver: (parent: Record<string, unknown>, args, _context, { parentType, fieldName }) =>
      values[`${parentType.name}.${fieldName}`]?.(parent, args) ?? parent?.[fieldName],
  });
  return { data: JSON.parse(JSON.stringify(result.data ?? null)), messages: [] };
}

async function ask(headers: Record<string, string>, body: object, path = '') {
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as {
    readonly data?: unknown;
    readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
  };
}

it(
  'agrees with graphql-js on the contract’s schema, while others read everything',
  async () => {
    const seed = newSeed('access contracts');
    const random = new Random(seed);
    const ids = ['p1', 'p2', 'r1', 'u1', 'u2'];
    const seen = new Set<string>();
    for (let run = 0; run < randomRuns(25); run++) {
      const operations = Array.from({ length: 10 }, () =>
        randomOperation({
          schema: random.chance(0.5) ? full : filtered,
          random,
          ids,
          shadowing: true,
          mutations: 0.1,
          maxDepth: 5,
          maxFields: 20,
        }),
      );
      const requests = operations.flatMap((operation) => {
        // One that Node's server answers directly, or one that goes through Fastify.
        const headers: Record<string, string> = random.chance(0.5) ? {} : { origin: new URL(gateway.url).origin };
        const ofContract = { operation, isStaff: false, headers };
        const ofStaff = { operation, isStaff: true, headers: { 'x-user': 'u1', 'x-roles': 'staff' } };
        return random.chance(0.3) ? [ofStaff, ofContract] : [ofContract];
      });
      await Promise.all(
        requests.map(async ({ operation, isStaff, headers }) => {
          const { query, variables, operationName } = operation;
          const answer = await ask(headers, { query, variables, operationName });
          const { data, messages } = await expected(isStaff ? full : filtered, operation);
          const refusals = (answer.errors ?? []).filter(({ extensions: { code } }) =>
            ['GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT'].includes(code),
          );
          expect({ seed, query, variables, isStaff, messages: refusals.map(({ message }) => message) }).toEqual({
            seed,
            query,
            variables,
            isStaff,
            messages,
          });
          if (messages.length === 0) expect({ seed, query, data: answer.data }).toEqual({ seed, query, data });
          seen.add(`${isStaff} ${messages.length > 0}`);
        }),
      );
    }
    expect(seen).toEqual(new Set(['true false', 'false false', 'false true']));
  },
  randomRuns(120_000),
);

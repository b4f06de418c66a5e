/**
 * Callers of random rights send random operations at once through one gateway, AI fields among them, and each reads exactly what
 * graphql-js computes for it alone: the same data, resolved without federation, with the rules checked field by field.
 */
import { execute, type GraphQLSchema, getNamedType, isAbstractType, parse } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { echo } from '../../testkit/graphs/ai-graph.ts';
import { documents, people } from '../../testkit/graphs/vault.ts';
import { callerHeaders, randomCaller, startVault, type VaultCaller } from '../../testkit/graphs/vault-callers.ts';
import { startVaultWriter, type VaultWriter } from '../../testkit/graphs/vault-writer.ts';
import { Random } from '../../testkit/random/random.ts';
import { type RandomOperation, randomOperation } from '../../testkit/random/random-operation.ts';
import { newSeed, randomRuns } from '../../testkit/random/random-runs.ts';
import type { TestGateway } from '../../testkit/test-gateway.ts';

type Rule = (caller: VaultCaller, args: Readonly<Record<string, unknown>>) => boolean;

const identified: Rule = ({ isAnonymous }) => !isAnonymous;
const anyOf =
  (...lists: string[][]): Rule =>
  ({ scopes }) =>
    lists.some((all) => all.every((scope) => scopes.includes(scope)));
const both =
  (...rules: Rule[]): Rule =>
  (caller, args) =>
    rules.every((rule) => rule(caller, args));

/** The rules of the vault, written down once more: of fields, and of the types that fields return. */
const fieldRules: Readonly<Record<string, Rule>> = {
  'Query.secretary': anyOf(['staff']),
  'Mutation.promote': anyOf(['staff', 'write'], ['admin']),
  'Person.email': anyOf(['read:email'], ['admin']),
  'Person.mail': anyOf(['read:email'], ['admin']),
  'Person.salary': both(identified, anyOf(['read:salary'])),
  'Person.tax': both(identified, anyOf(['read:salary'])),
  'Person.secret': ({ id }, { of }) => of === id,
  'Badge.number': anyOf(['badges']),
  'Letter.title': anyOf(['letters']),
  'Memo.remark': anyOf(['remarks']),
  'Letter.remark': anyOf(['remarks']),
  'Contract.remark': anyOf(['remarks']),
};
const typeRules: Readonly<Record<string, Rule>> = {
  Level: identified,
  Motto: anyOf(['motto']),
  Pair: identified,
  Contract: anyOf(['contracts']),
};

let gateway: TestGateway;
/** With both caches: denied fields are null without an error, so that answers with some are cached, too. */
let caching: TestGateway;
let schema: GraphQLSchema;
let writer: VaultWriter;
beforeAll(async () => {
  writer = await startVaultWriter();
  gateway = await startVault({}, {}, {}, writer);
  const cached = { enabled: true, default_max_age: '1h' };
  caching = await startVault({ denials: 'off' }, {}, { response: cached, entities: cached }, writer);
  const generation = gateway.gateway.generations.current;
  if (generation === undefined) throw new Error('a generation serves');
  schema = generation.apiSchema;
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await caching[Symbol.asyncDispose]();
  await writer[Symbol.asyncDispose]();
});

const values: Readonly<Record<string, (parent: Record<string, unknown>, args: Record<string, unknown>) => unknown>> = {
  'Query.me': () => people[0],
  'Query.person': (_parent, { id }) => people.find((person) => person.id === id) ?? null,
  'Query.people': () => people,
  'Query.secretary': () => people[1],
  'Query.pair': () => ({ left: 1, right: 2 }),
  'Query.motto': () => 'carpe diem',
  'Query.open': () => 'open',
  'Query.documents': () => documents,
  'Query.document': (_parent, { id }) => documents.find((document) => document.id === id) ?? null,
  'Query.latest': () => documents[1],
  'Query.found': () => [documents[0], documents[1], { ...people[0], __typename: 'Person' }],
  'Mutation.promote': (_parent, { id }) => ({ ...people[0], id, level: 'TOP' }),
  'Mutation.greet': () => people[1],
  'Person.badge': () => ({ number: 7, colour: 'red' }),
  'Person.boss': () => people[1],
  'Person.praise': ({ name }) => `Said of: ${String(name)}`,
  'Person.mail': ({ email }) => `Said of: ${String(email)}`,
  'Person.secret': (_parent, { of }) => `secret of ${String(of)}`,
  'Person.tax': ({ salary }) => Number(salary) / 10,
  'Memo.remark': ({ id }) => `remark on ${String(id)}`,
  'Letter.remark': ({ id }) => `remark on ${String(id)}`,
  'Contract.remark': ({ id }) => `remark on ${String(id)}`,
  'Memo.stars': () => 3,
  'Letter.stars': () => 3,
  'Contract.stars': () => 3,
};

/** What the caller may read of the operation, alone. */
async function expected(caller: VaultCaller, { query, variables, operationName }: RandomOperation): Promise<unknown> {
  const denied = new Error('denied');
  const deniedObject = new Error('denied object');
  const result = await execute({
    schema,
    document: parse(query),
    variableValues: variables,
    operationName,
    typeResolver: (value) => (value as { readonly __typename: string }).__typename,
    fieldResolver(
      parent: Record<string, unknown>,
      args: Record<string, unknown>,
      _context,
      { parentType, fieldName, returnType },
    ) {
      const coordinate = `${parentType.name}.${fieldName}`;
      const returned = getNamedType(returnType);
      const rules = [fieldRules[coordinate], typeRules[parentType.name], typeRules[returned.name]];
      if (rules.some((rule) => rule !== undefined && !rule(caller, args))) throw denied;
      const value = values[coordinate]?.(parent, args) ?? parent?.[fieldName];
      if (!isAbstractType(returned)) return value;
      const visible = (item: unknown): unknown => {
        const { __typename: name } = (item ?? {}) as { readonly __typename?: string };
        const rule = name === undefined ? undefined : typeRules[name];
        return rule === undefined || rule(caller, {}) ? item : deniedObject;
      };
      return Array.isArray(value) ? value.map(visible) : visible(value);
    },
  });
  const { data, errors = [] } = result;
  if (data == null) return null;
  const roots = Object.keys(data);
  const isDenied = (root: string): boolean =>
    errors.some(({ path, originalError }) => path?.length === 1 && path[0] === root && originalError === denied);
  return roots.length > 0 && roots.every(isDenied) ? null : JSON.parse(JSON.stringify(data));
}

it.each([
  ['reads what it may, and nothing else, whoever else asks meanwhile', () => gateway, false],
  ['reads the same from the caches', () => caching, true],
] as const)(
  '%s',
  async (_, gatewayOf, caches) => {
    const seed = newSeed('access interleaved');
    const random = new Random(seed);
    const ids = ['u1', 'u2', 'd1', 'd2', 'd3'];
    const callers = Array.from({ length: 12 }, () => randomCaller(random));
    const denials = new Set<boolean>();
    let cached = 0;
    writer.provider.reset();
    writer.provider.respond(echo);
    for (let run = 0; run < randomRuns(13); run++) {
      // A few documents, each sent by many callers at once: shared runs, plans and prepared operations meet.
      const operations = Array.from({ length: 4 }, () =>
        randomOperation({ schema, random, ids, shadowing: true, mutations: 0.1, maxDepth: 5, maxFields: 20 }),
      );
      const requests = Array.from({ length: 80 }, () => ({
        caller: random.pick(callers),
        operation: random.pick(operations),
      }));
      await Promise.all(
        requests.map(async ({ caller, operation }) => {
          const { query, variables, operationName } = operation;
          const response = await fetch(gatewayOf().url, {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...callerHeaders(caller) },
            body: JSON.stringify({ query, variables, operationName }),
          });
          if (response.headers.has('age')) cached++;
          const answer = (await response.json()) as {
            readonly data: unknown;
            readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
          };
          // First, so that a field that is null for another reason says which.
          for (const { extensions } of answer.errors ?? []) expect(extensions.code).toBe('UNAUTHORIZED_FIELD_OR_TYPE');
          const wanted = await expected(caller, operation);
          expect({ seed, query, variables, caller, data: answer.data }).toEqual({
            seed,
            query,
            variables,
            caller,
            data: wanted,
          });
          denials.add((answer.errors ?? []).length > 0);
        }),
      );
    }
    expect(denials).toEqual(caches ? new Set([false]) : new Set([true, false]));
    expect(cached > 0).toBe(caches);
    // Two fields of two people: each is asked once, whoever may read the answer.
    const { length: calls } = writer.provider.requests;
    expect(calls).toBeGreaterThan(1);
    expect(calls).toBeLessThanOrEqual(4);
  },
  randomRuns(60_000),
);

/**
 * `isthmus access can` and `isthmus access who` answer as the gateway does: 1,000 random requests of callers of random
 * rights, each judged without the gateway and then sent to it.
 */
import { join } from 'node:path';
import { type GraphQLSchema, isObjectType, parse, print, visit } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Reach } from '../../src/access/index.ts';
import { readReach } from '../../src/cli/access-who.ts';
import { type OperationJudge, openOperationJudge } from '../../src/cli/judge-operation.ts';
import { createLogger } from '../../src/index.ts';
import { Random } from '../testkit/random.ts';
import { randomOperation } from '../testkit/random-operation.ts';
import { newSeed, randomRuns } from '../testkit/random-runs.ts';
import type { TestAnswer, TestGateway } from '../testkit/test-gateway.ts';
import { callerHeaders, randomCaller, startVault, type VaultCaller } from '../testkit/vault-callers.ts';

let gateway: TestGateway;
let judge: OperationJudge;
let schema: GraphQLSchema;
let configFile: string;
beforeAll(async () => {
  gateway = await startVault();
  configFile = join(gateway.folder, 'supergraph.yaml');
  judge = await openOperationJudge(configFile, createLogger({ level: 'error', readable: false }));
  const generation = gateway.gateway.generations.current;
  if (generation === undefined) throw new Error('a generation serves');
  schema = generation.apiSchema;
});
afterAll(async () => {
  await judge.close();
  await gateway[Symbol.asyncDispose]();
});

/** Every selection set says of which type its object is. */
function withTypeNames(query: string): string {
  return print(
    visit(parse(query), {
      SelectionSet: (set) => ({
        ...set,
        selections: [
          ...set.selections,
          { kind: 'Field', alias: { kind: 'Name', value: 'typeOf' }, name: { kind: 'Name', value: '__typename' } },
        ],
      }),
    }),
  );
}

/** The concrete places in an answer that a path with `@` stands for, where the parent is of this type. */
function placesOf(data: unknown, path: readonly string[], typeName: string): readonly string[] {
  const places: string[] = [];
  const walk = (value: unknown, at: readonly (string | number)[], depth: number): void => {
    if (value === null || value === undefined) return;
    const step = path[depth] ?? '';
    if (Array.isArray(value)) {
      if (step === '@') for (const [index, item] of value.entries()) walk(item, [...at, index], depth + 1);
      return;
    }
    if (depth < path.length - 1) walk((value as Record<string, unknown>)[step], [...at, step], depth + 1);
    else if ((value as Record<string, unknown>).typeOf === typeName) places.push([...at, step].join('.'));
  };
  walk(data, [], 0);
  return places;
}

const errorPaths = ({ errors = [] }: TestAnswer): readonly string[] =>
  errors.map(({ path, extensions }) => {
    expect(extensions.code).toBe('UNAUTHORIZED_FIELD_OR_TYPE');
    return (path ?? []).join('.');
  });
const pattern = (path: string): string => path.replaceAll(/(?<=\.|^)\d+(?=\.|$)/g, '@');

it(
  'can names what the gateway denies, and who everyone that reads, in 1,000 random requests',
  async () => {
    const seed = newSeed('access asked');
    const random = new Random(seed);
    const callers = Array.from({ length: 12 }, () => randomCaller(random));
    const reaches = new Map<string, Reach>();
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || type.name.startsWith('__')) continue;
      for (const name of Object.keys(type.getFields())) {
        const reach = await readReachOf(`${type.name}.${name}`);
        reaches.set(reach.coordinate, reach);
      }
    }
    const counted = { allowed: 0, denied: 0, read: 0 };
    for (let run = 0; run < randomRuns(1_000); run++) {
      const caller = random.pick(callers);
      const ids = ['u1', 'u2', 'd1', 'd2', 'd3'];
      const operation = randomOperation({
        schema,
        random,
        ids,
        shadowing: false,
        mutations: 0.1,
        maxDepth: 5,
        maxFields: 20,
      });
      const query = withTypeNames(operation.query);
      const { variables, operationName } = operation;
      const headers = callerHeaders(caller);
      const judgement = await judge.judge({ headers, address: '127.0.0.1', query, operationName, variables });
      if (judgement.kind !== 'judged') throw new Error('the vault is protected');
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables, operationName }),
      });
      const answer = { status: response.status, ...((await response.json()) as object) } as TestAnswer;
      const context = { seed, query, variables, caller };
      const refused = new Set(errorPaths(answer));
      const deniedPaths = new Set(judgement.denied.map(({ path }) => path));
      for (const path of refused) {
        const place = pattern(path);
        // An object that is denied by its type is an item of the list that the field returns.
        expect({
          ...context,
          path,
          isNamed: deniedPaths.has(place) || deniedPaths.has(place.replace(/(\.@)+$/, '')),
        }).toEqual({
          ...context,
          path,
          isNamed: true,
        });
      }
      for (const { verdict, fields } of [
        { verdict: 'allowed', fields: judgement.allowed },
        { verdict: 'denied', fields: judgement.denied },
      ] as const) {
        for (const { path, coordinate, within } of fields) {
          const [typeName = '', fieldName] = coordinate.split('.');
          if (within !== undefined || fieldName === undefined) continue;
          // An object that its type denies is refused at the place of the field that returns it.
          if (judgement.denied.some((other) => other.path === path && !other.coordinate.includes('.'))) continue;
          for (const place of placesOf(answer.data, path.split('.'), typeName)) {
            counted[verdict]++;
            expect({ ...context, place, isRefused: refused.has(place) }).toEqual({
              ...context,
              place,
              isRefused: verdict === 'denied',
            });
            if (verdict === 'denied') continue;
            counted.read++;
            const ways = reaches.get(coordinate)?.ways ?? [];
            const isOpen = ways.some((way) => way.rules.every((rule) => holds(rule, caller)));
            expect({ ...context, coordinate, isOpen }).toEqual({ ...context, coordinate, isOpen: true });
          }
        }
      }
    }
    for (const count of Object.values(counted)) expect(count).toBeGreaterThan(randomRuns(100));
  },
  randomRuns(120_000),
);

async function readReachOf(coordinate: string): Promise<Reach> {
  const reach = await readReach(configFile, coordinate);
  if (typeof reach === 'string') throw new Error(reach);
  return reach;
}

/** A policy decides by arguments, which these ways do not have: `own` is for the operation to fulfil. */
function holds({ rule }: { readonly rule: string }, { isAnonymous, scopes: held }: VaultCaller): boolean {
  if (rule === '@authenticated') return !isAnonymous;
  if (rule.startsWith('@policy')) return true;
  const lists = JSON.parse(/scopes: (.*)\)$/.exec(rule)?.[1] ?? '') as readonly (readonly string[])[];
  return lists.some((all) => all.every((scope) => held.includes(scope)));
}

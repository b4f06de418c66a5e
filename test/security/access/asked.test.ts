/**
 * `isthmus access can` and `isthmus access who` answer as the gateway does: 1,000 random requests of callers of random
 * rights, each judged without the gateway and then sent to it, and 1,000 along a way that `who` names.
 */
import { join } from 'node:path';
import { type GraphQLSchema, getNamedType, isCompositeType, isObjectType, parse, print, visit } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Reach } from '../../../src/access/index.ts';
import { readReach } from '../../../src/cli/access/access-who.ts';
import { type OperationJudge, openOperationJudge } from '../../../src/cli/access/judge-operation.ts';
import { loadConfig } from '../../../src/config/index.ts';
import { createLogger } from '../../../src/index.ts';
import { readSupergraph } from '../../../src/read-supergraph.ts';
import { callerHeaders, randomCaller, startVault, type VaultCaller } from '../../testkit/graphs/vault-callers.ts';
import { Random } from '../../testkit/random/random.ts';
import { randomOperation } from '../../testkit/random/random-operation.ts';
import { newSeed, randomRuns } from '../../testkit/random/random-runs.ts';
import type { TestAnswer, TestGateway } from '../../testkit/test-gateway.ts';

let gateway: TestGateway;
let judge: OperationJudge;
let schema: GraphQLSchema;
const reaches = new Map<string, Reach>();
beforeAll(async () => {
  gateway = await startVault({ explain: 'everyone' });
  const configFile = join(gateway.folder, 'supergraph.yaml');
  judge = await openOperationJudge(
    await readSupergraph(await loadConfig(configFile)),
    createLogger({ level: 'error', readable: false }),
  );
  const generation = gateway.gateway.generations.current;
  if (generation === undefined) throw new Error('a generation serves');
  schema = generation.apiSchema;
  const reachOf = await readReach(configFile);
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    if (type.name.startsWith('__')) continue;
    for (const name of Object.keys(type.getFields())) {
      const reach = reachOf(`${type.name}.${name}`);
      if (typeof reach === 'string') throw new Error(reach);
      reaches.set(reach.coordinate, reach);
    }
  }
});
afterAll(async () => {
  await judge.close();
  await gateway[Symbol.asyncDispose]();
});

/** Callers of one document: a plan for each that may read another part of it. */
const askedAtOnce = 25;

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
    const counted = { allowed: 0, denied: 0, read: 0 };
    const ids = ['u1', 'u2', 'd1', 'd2', 'd3'];
    for (let run = 0; run < randomRuns(1_000 / askedAtOnce); run++) {
      const operation = randomOperation({
        schema,
        random,
        ids,
        shadowing: false,
        mutations: 0.1,
        maxDepth: 5,
        maxFields: 15,
      });
      const query = withTypeNames(operation.query);
      const { variables, operationName } = operation;
      const askers = Array.from({ length: askedAtOnce }, () => random.pick(callers));
      await Promise.all(
        askers.map(async (caller) => {
          const headers = callerHeaders(caller);
          const judgement = await judge.judge({ headers, address: '127.0.0.1', query, operationName, variables });
          if (judgement.kind !== 'judged') throw new Error('the vault is protected');
          const answer = await ask({ query, variables, operationName }, headers);
          const agree = (isAgreed: boolean, place: string): void => {
            if (!isAgreed)
              expect.fail(`at ${place}: ${JSON.stringify({ seed, query, variables, caller, judgement, answer })}`);
          };
          const refused = new Set(errorPaths(answer));
          const deniedPaths = new Set(judgement.denied.map(({ path }) => path));
          for (const path of refused) {
            const place = pattern(path);
            // An object that is denied by its type is an item of the list that the field returns.
            agree(deniedPaths.has(place) || deniedPaths.has(place.replace(/(\.@)+$/, '')), path);
          }
          for (const verdict of ['allowed', 'denied'] as const) {
            for (const { path, coordinate, within } of judgement[verdict]) {
              const [typeName = '', fieldName] = coordinate.split('.');
              if (within !== undefined || fieldName === undefined) continue;
              // An object that its type denies is refused at the place of the field that returns it.
              if (judgement.denied.some((other) => other.path === path && !other.coordinate.includes('.'))) continue;
              for (const place of placesOf(answer.data, path.split('.'), typeName)) {
                counted[verdict]++;
                agree(refused.has(place) === (verdict === 'denied'), place);
                if (verdict === 'denied') continue;
                counted.read++;
                const ways = reaches.get(coordinate)?.ways ?? [];
                agree(
                  ways.some((way) => way.rules.every((rule) => holds(rule, caller))),
                  coordinate,
                );
              }
            }
          }
        }),
      );
    }
    for (const count of Object.values(counted)) expect(count).toBeGreaterThan(randomRuns(100));
  },
  randomRuns(120_000),
);

it(
  'who names ways that take its rules and no more, in 1,000 random requests along them',
  async () => {
    const seed = newSeed('access ways');
    const random = new Random(seed);
    const callers = Array.from({ length: 12 }, () => randomCaller(random));
    const ways = [...reaches.values()].flatMap((reach) => reach.ways);
    const counted = { open: 0, closed: 0 };
    for (let run = 0; run < randomRuns(1_000 / askedAtOnce); run++) {
      const requests = Array.from({ length: askedAtOnce }, () => {
        const caller = random.pick(callers);
        return { caller, way: random.pick(ways), of: random.chance(0.5) ? caller.id : 'u9' };
      });
      await Promise.all(
        requests.map(async ({ caller, way: { path, rules }, of }) => {
          const query = queryAlong(path, of);
          const answer = await ask({ query }, { ...callerHeaders(caller), 'isthmus-explain': 'access' });
          // Objects of other types that a field of the way may return as well are no part of it.
          const onWay = new Set([...path, ...path.map((step) => step.split('.')[0]), namedTypeOf(path.at(-1) ?? '')]);
          const all: readonly { readonly coordinate: string }[] = answer.extensions?.access?.denied ?? [];
          const denied = all.filter(({ coordinate }) => onWay.has(coordinate));
          const isOpen = rules.every((rule) => holds(rule, caller, of));
          counted[isOpen ? 'open' : 'closed']++;
          if ((denied.length === 0) !== isOpen) expect.fail(JSON.stringify({ seed, query, caller, rules, answer }));
        }),
      );
    }
    for (const count of Object.values(counted)) expect(count).toBeGreaterThan(randomRuns(100));
  },
  randomRuns(120_000),
);

async function ask(body: object, headers: Record<string, string>) {
  const response = await fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as object) } as TestAnswer & {
    readonly extensions?: { readonly access?: { readonly denied: readonly { readonly coordinate: string }[] } };
  };
}

const namedTypeOf = (coordinate: string): string => {
  const [typeName = '', name = ''] = coordinate.split('.');
  const type = schema.getType(typeName);
  const field = isObjectType(type) ? type.getFields()[name] : undefined;
  if (field === undefined) throw new Error(`the schema has ${coordinate}`);
  return getNamedType(field.type).name;
};

/** @param path the coordinates of fields of object types, from a root field on */
function queryAlong(path: readonly string[], of: string): string {
  const args: Record<string, string> = { secret: `(of: "${of}")`, person: '(id: "u1")', document: '(id: "d3")' };
  for (const mutation of ['promote', 'greet']) args[mutation] = '(id: "u1")';
  let selected = isCompositeType(schema.getType(namedTypeOf(path.at(-1) ?? ''))) ? ' { __typename }' : '';
  for (const step of path.toReversed()) {
    const [typeName, name = ''] = step.split('.');
    selected = ` { ... on ${typeName} { ${name}${args[name] ?? ''}${selected} } }`;
  }
  return `${path[0]?.startsWith('Mutation.') ? 'mutation' : 'query'}${selected}`;
}

/** @param of what the policy `own` compares with the caller; undefined: it is for the operation to fulfil */
function holds({ rule }: { readonly rule: string }, { isAnonymous, id, scopes: held }: VaultCaller, of = id): boolean {
  if (rule === '@authenticated') return !isAnonymous;
  if (rule.startsWith('@policy')) return of === id;
  const lists = JSON.parse(/scopes: (.*)\)$/.exec(rule)?.[1] ?? '') as readonly (readonly string[])[];
  return lists.some((all) => all.every((scope) => held.includes(scope)));
}

/** `isthmus access can` and `isthmus access who` know contracts, and agree with the gateway on them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  buildClientSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Reach } from '../../../src/access/index.ts';
import { readReach } from '../../../src/cli/access/access-who.ts';
import { type OperationJudge, openOperationJudge } from '../../../src/cli/access/judge-operation.ts';
import { loadConfig } from '../../../src/config/index.ts';
import { createLogger } from '../../../src/index.ts';
import { readSupergraph } from '../../../src/read-supergraph.ts';
import { tagged } from '../../testkit/graphs/tagged.ts';
import { runCommand } from '../../testkit/processes/run-command.ts';
import { Random } from '../../testkit/random/random.ts';
import { randomOperation } from '../../testkit/random/random-operation.ts';
import { newSeed, randomRuns } from '../../testkit/random/random-runs.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const access = {
  proxy: { from: ['127.0.0.1'], id: 'x-user', roles: 'x-roles' },
  contracts: {
    offered: { exclude: ['internal'], path: '/graphql/offered', when: "principal.kind == 'user'" },
    mobile: { exclude: ['internal'], header: { name: 'x-client', value: 'mobile' } },
    tiers: { when: "'x-tier' in request.headers && int(request.headers['x-tier']) > 1" },
    public: { exclude: ['internal'], when: "!('staff' in principal.roles)" },
  },
};

/** The requests of the tests, and the contract that each has. */
const requests = [
  { contract: 'offered', path: '/graphql/offered', headers: { 'x-user': 'u1' } },
  { contract: 'mobile', path: '/graphql', headers: { 'x-client': 'mobile' } },
  { contract: 'tiers', path: '/graphql', headers: { 'x-tier': '2' } },
  { contract: 'public', path: '/graphql', headers: {} },
  { contract: null, path: '/graphql', headers: { 'x-user': 'u1', 'x-roles': 'staff' } },
] as const;

let gateway: TestGateway;
let configFile: string;
let judge: OperationJudge;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs: tagged, yaml: `access: ${JSON.stringify(access)}`, workers: 1 });
  configFile = join(gateway.folder, 'supergraph.yaml');
  judge = await openOperationJudge(
    await readSupergraph(await loadConfig(configFile)),
    createLogger({ level: 'error', readable: false }),
  );
});
afterAll(async () => {
  await judge.close();
  await gateway[Symbol.asyncDispose]();
});

async function ask(body: object, path: string, headers: Readonly<Record<string, string>>) {
  const response = await fetch(new URL(path, gateway.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as {
    data?: unknown;
    errors?: { message: string; extensions: { code: string } }[];
  };
  return { status: response.status, ...answer };
}

it('can finds valid what the gateway serves, and refuses what it refuses, in 300 random requests', async () => {
  const seed = newSeed('access asked with contracts');
  const random = new Random(seed);
  const schema = gateway.gateway.generations.current?.apiSchema;
  if (schema === undefined) throw new Error('a generation serves');
  const seen = new Set<string>();
  for (let run = 0; run < randomRuns(60); run++) {
    const ids = ['p1', 'r1', 'u1'];
    const operation = randomOperation({
      schema,
      random,
      ids,
      shadowing: false,
      mutations: 0.1,
      maxDepth: 4,
      maxFields: 6,
    });
    const { query, variables, operationName } = operation;
    await Promise.all(
      requests.map(async ({ contract, path, headers }) => {
        const asked = { headers, address: '127.0.0.1', path, query, operationName, variables };
        const judged = await judge.judge(asked).catch((error: Error) => error.message);
        const { status, errors = [] } = await ask({ query, variables, operationName }, path, headers);
        const context = { seed, query, variables, contract };
        const refusals = errors.filter(
          ({ extensions: { code } }) => code !== 'INTERNAL_SERVER_ERROR' && status === 400,
        );
        const expected =
          refusals.length === 0
            ? expect.objectContaining({ kind: 'unprotected', contract: contract ?? undefined })
            : refusals
                .map(({ message }) => (contract === null ? '' : `with the contract ${contract}: `) + message)
                .join('\n');
        expect({ ...context, judged }).toEqual({ ...context, judged: expected });
        seen.add(`${contract} ${refusals.length > 0}`);
      }),
    );
  }
  for (const { contract } of requests) expect(seen).toContain(`${contract} false`);
  for (const contract of ['offered', 'mobile', 'public']) expect(seen).toContain(`${contract} true`);
});

it('can says why a request has no contract: its path is not for the caller, or a condition cannot be evaluated', async () => {
  const asked = { address: '127.0.0.1', query: '{ best }', variables: {} };
  const judged = (path: string, headers: Record<string, string>) => judge.judge({ ...asked, path, headers });
  expect(await judged('/graphql/offered', {})).toMatchObject({ kind: 'refused', status: 403 });
  const reason = expect.stringContaining('access.contracts.tiers.when: ');
  expect(await judged('/graphql', { 'x-tier': 'two' })).toEqual({ kind: 'refused', status: 403, reason });
  expect((await ask({ query: '{ best }' }, '/graphql', { 'x-tier': 'two' })).status).toBe(403);
  await expect(judged('/graphql/nowhere', {})).rejects.toThrow('no contract has this path');
});

/** The object types that some selection leads to. */
function reachableTypes(schema: GraphQLSchema): ReadonlySet<string> {
  const reached = new Set<string>();
  const reach = (name: string): void => {
    const type = schema.getType(name);
    if (type === undefined || reached.has(name)) return;
    reached.add(name);
    if (isAbstractType(type)) for (const member of schema.getPossibleTypes(type)) reach(member.name);
    if (!isObjectType(type) && !isInterfaceType(type)) return;
    for (const field of Object.values(type.getFields())) reach(getNamedType(field.type).name);
  };
  for (const root of [schema.getQueryType(), schema.getMutationType()]) if (root) reach(root.name);
  return reached;
}

it('who names the contracts through which each field is reached: those whose callers can select it', async () => {
  const reachOf = await readReach(configFile);
  const shown = new Map<string | null, GraphQLSchema>();
  for (const { contract, path, headers } of requests) {
    const { data } = await ask({ query: getIntrospectionQuery() }, path, headers);
    shown.set(contract, buildClientSchema(data as Parameters<typeof buildClientSchema>[0]));
  }
  const whole = shown.get(null);
  const counted = { reached: 0, hidden: 0 };
  for (const type of Object.values(whole?.getTypeMap() ?? {}).filter(isObjectType)) {
    if (type.name.startsWith('__')) continue;
    for (const coordinate of [type.name, ...Object.keys(type.getFields()).map((field) => `${type.name}.${field}`)]) {
      const { contracts } = reachOf(coordinate) as Reach;
      expect(contracts.map(({ contract }) => contract)).toEqual(requests.map(({ contract }) => contract));
      for (const { contract, isReached } of contracts) {
        const schema = shown.get(contract);
        const [typeName = '', field] = coordinate.split('.');
        const ofContract = schema?.getType(typeName);
        const hasField =
          field === undefined || (isObjectType(ofContract) && ofContract.getFields()[field] !== undefined);
        const isShown = schema !== undefined && reachableTypes(schema).has(typeName) && hasField;
        expect({ coordinate, contract, isReached }).toEqual({ coordinate, contract, isReached: isShown });
        counted[isReached ? 'reached' : 'hidden']++;
      }
    }
  }
  expect(counted.hidden).toBeGreaterThan(20);
  expect(counted.reached).toBeGreaterThan(50);
});

async function isthmus(...args: readonly string[]): Promise<string> {
  const { out, errors } = await runCommand('access', ...args, '--config', configFile);
  return out + errors;
}

it('both say it in words', async () => {
  const operation = join(gateway.folder, 'q.graphql');
  await writeFile(operation, '{ report { text } }');
  const who = await isthmus('who', 'Query.report');
  const can = await isthmus('can', '--operation', operation, '--path', '/graphql/offered', '--header', 'x-user: u1');
  expect(who).toContain(`contracts    offered (path /graphql/offered, when principal.kind == 'user'): hidden
             mobile (header x-client: mobile): hidden
             tiers (when 'x-tier' in request.headers && int(request.headers['x-tier']) > 1): reached
             public (when !('staff' in principal.roles)): hidden
             none, the whole schema: reached
`);
  expect(can).toContain('with the contract offered: Cannot query field "report" on type "Query".');
});

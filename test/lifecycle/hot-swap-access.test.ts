/** What is planned before a change is swapped in: operations as callers of each right, with each contract, ran them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest';
import { PlanCache } from '../../src/planning/index.ts';
import { startTestGateway, type TestAnswer, type TestGateway } from '../testkit/test-gateway.ts';

const shop = {
  sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag", "@requiresScopes", "@policy"])
    type Query { item(of: ID): Item  more: String }
    type Item @key(fields: "id") { id: ID!  name: String  cost: Int @requiresScopes(scopes: [["costs"]])  note: String @tag(name: "internal")
      letter(to: ID): String @policy(policies: [["own"]]) }`,
  resolvers: { Query: { item: () => ({ id: 'i1', name: 'Lamp', cost: 3, note: 'dusty', letter: 'Dear' }) } },
};
const access = {
  proxy: { from: ['127.0.0.1'], id: 'x-user', scopes: 'x-scopes' },
  policies: { own: 'args.to == principal.id' },
  contracts: { public: { exclude: ['internal'], header: { name: 'x-client', value: 'web' } } },
};
const query = `query ($cost: Boolean = true) { item { id name cost @include(if: $cost) a: letter(to: "u1") b: letter(to: "u2") } }`;
/** Each is answered by another plan, or with another contract. */
const askers: readonly { readonly headers: Record<string, string>; readonly variables?: Record<string, unknown> }[] = [
  { headers: {} },
  { headers: { 'x-user': 'u1' } },
  { headers: { 'x-user': 'u2', 'x-scopes': 'costs' } },
  { headers: { 'x-user': 'u3', 'x-scopes': 'costs' }, variables: { cost: false } },
  { headers: { 'x-user': 'u1', 'x-client': 'web' } },
];

let gateway: TestGateway;
let planned: MockInstance<PlanCache<object>['plan']>;
beforeEach(async () => {
  gateway = await startTestGateway({ subgraphs: { shop }, yaml: `access: ${JSON.stringify(access)}`, workers: 1 });
  planned = vi.spyOn(PlanCache.prototype, 'plan');
});
afterEach(async () => {
  planned.mockRestore();
  await gateway[Symbol.asyncDispose]();
});

async function askAll() {
  const answers: {
    readonly status: number;
    readonly data?: TestAnswer['data'];
    readonly errors: TestAnswer['errors'] | undefined;
  }[] = [];
  for (const { headers, variables } of askers) {
    const { status, data, errors } = await gateway.query(query, variables, headers);
    answers.push({ status, data, errors });
  }
  return answers;
}

async function reload(change: (sdl: string) => string, changedAccess: object = access): Promise<string> {
  const file = join(gateway.folder, 'shop.graphql');
  await writeFile(file, change(await readFile(file, 'utf8')));
  const config = join(gateway.folder, 'supergraph.yaml');
  const yaml = await readFile(config, 'utf8');
  await writeFile(config, yaml.replace(/^access: .*$/m, `access: ${JSON.stringify(changedAccess)}`));
  return (await gateway.gateway.reload()).kind;
}

it('is every operation for every right and contract that it was used with', async () => {
  const before = await askAll();
  expect(await reload((sdl) => sdl.replace('more: String', 'more: Int'))).toBe('swapped');
  const ahead = planned.mock.calls.length;
  expect(ahead).toBeGreaterThan(askers.length);
  expect(await askAll()).toEqual(before);
  expect(planned.mock.calls.length).toBe(ahead);
  // What was planned ahead, and used since, is planned ahead the next time.
  expect(await reload((sdl) => sdl.replace('more: Int', 'more: ID'))).toBe('swapped');
  const again = planned.mock.calls.length;
  expect(await askAll()).toEqual(before);
  expect(planned.mock.calls.length).toBe(again);
});

it('is not what a changed rule or contract would have decided in another way', async () => {
  await askAll();
  const changed = (sdl: string) => sdl.replace('[["costs"]]', '[["prices"]]');
  const { contracts: _, ...withoutContracts } = access;
  expect(await reload(changed, withoutContracts)).toBe('swapped');
  const answers = await askAll();
  expect(answers.map(({ data }) => data.item.cost)).toEqual([null, null, null, undefined, null]);
});

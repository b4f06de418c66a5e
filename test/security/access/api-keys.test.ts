/** API keys, from the command that makes them to the clients that send them. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Anthropic, { AuthenticationError as AnthropicAuthenticationError } from '@anthropic-ai/sdk';
import OpenAI, { AuthenticationError, NotFoundError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys } from '../../../src/access/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { type ScriptedProvider, startScriptedProvider } from '../../../src/testing.ts';
import { providerYaml, words } from '../../integration/v1/v1-gateway.ts';
import { runCommand } from '../../testkit/processes/run-command.ts';
import { safetyLimit } from '../../testkit/safety-limit.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const door = {
  sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated", "@requiresScopes", "@policy"])
    type Query { open: String  inside: String @authenticated  read: String @requiresScopes(scopes: [["read"]])
      mine: String @policy(policies: [["mine"]]) }`,
  resolvers: { Query: { open: () => 'open', inside: () => 'in', read: () => 'read', mine: () => 'mine' } },
};
const whole = '{ open inside read mine }';
const none = { open: 'open', inside: null, read: null, mine: null };

let provider: ScriptedProvider;
let gateway: TestGateway;
let store: Store;
let keys: ApiKeys;
let base: string;

beforeAll(async () => {
  provider = await startScriptedProvider();
  gateway = await startTestGateway({
    subgraphs: { door },
    yaml: `admin: false
access:
  api_keys: true
  policies: { mine: 'principal.kind == "key" && principal.tenant == "shop" && "staff" in principal.roles' }
ai:
  providers: { chat: ${providerYaml(provider, 'chat', 'api_key: sk-operator')} }
  models: { fast: { targets: [chat/a] }, smart: { targets: [chat/b] } }
  prices: { chat/a: { input_per_mtok: "1.00", output_per_mtok: "2.00" }, chat/b: { input_per_mtok: "1.00", output_per_mtok: "2.00" } }
`,
  });
  base = gateway.url.replace(/\/graphql$/, '');
  store = await storeOf(gateway);
  keys = new ApiKeys(store, 'test');
});
afterAll(async () => {
  await store.close();
  await gateway[Symbol.asyncDispose]();
  await provider.close();
});

const rights = { name: 'a', tenant: 'shop', scopes: [], roles: [], models: undefined, expiresAt: undefined };
const create = (of: Partial<Parameters<ApiKeys['create']>[0]> = {}) => keys.create({ ...rights, ...of });
const storeOf = ({ folder }: TestGateway) =>
  openStore({
    config: {
      kind: 'sqlite',
      file: join(folder, '.isthmus', 'state.db'),
      key: undefined,
      previousKeys: [],
      line: undefined,
    },
    configFile: '',
    log: { warn: () => undefined },
  });
const ask = (key: string) => gateway.query(whole, {}, { 'x-api-key': key });
const dataOf = async (key: string) => (await ask(key)).data;
const statusOf = async (key: string) => (await ask(key)).status;
const openai = (apiKey: string) => new OpenAI({ baseURL: `${base}/v1`, apiKey, maxRetries: 0 });
const anthropic = (apiKey: string) => new Anthropic({ baseURL: base, apiKey, maxRetries: 0 });
const messages = () => [{ role: 'user' as const, content: words() }];

const isthmus = (...words: readonly string[]) =>
  runCommand(...words, '--config', join(gateway.folder, 'supergraph.yaml'));

describe('a key', () => {
  it('has the rights it was created with, at once, in either header', async () => {
    const { key } = await create({ scopes: ['read'], roles: ['staff'] });
    const all = { open: 'open', inside: 'in', read: 'read', mine: 'mine' };
    expect(await dataOf(key)).toEqual(all);
    const bearer = await gateway.query(whole, {}, { authorization: `Bearer ${key}` });
    expect(bearer.data).toEqual(all);
    expect(await dataOf((await create({ tenant: 'other', roles: ['staff'] })).key)).toEqual({ ...none, inside: 'in' });
    expect((await gateway.query(whole)).data).toEqual(none);
  });

  it('works in the clients of OpenAI and of Anthropic as they are', async () => {
    const { key } = await create();
    const chat = await openai(key).chat.completions.create({ model: 'fast', messages: messages() });
    expect(chat.choices[0]?.message.content).not.toBe('');
    const message = await anthropic(key).messages.create({ model: 'smart', max_tokens: 50, messages: messages() });
    expect(message.content[0]?.type).toBe('text');
    expect(provider.requests.at(-1)?.headers.authorization).toBe('Bearer sk-operator');
  });

  it('that is limited to some models reaches and sees these alone', async () => {
    const { key } = await create({ models: ['fast'] });
    const client = openai(key);
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['fast']);
    await client.chat.completions.create({ model: 'fast', messages: messages() });
    const refused = [
      () => client.chat.completions.create({ model: 'smart', messages: messages() }),
      () => client.responses.create({ model: 'smart', input: words() }),
      () => client.embeddings.create({ model: 'smart', input: words() }),
      () => client.completions.create({ model: 'smart', prompt: words() }),
      () => client.models.retrieve('smart'),
    ];
    for (const request of refused) {
      const error: unknown = await request().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error).toHaveProperty('message', '404 There is no model `smart` for this API key. There is `fast`.');
    }
    const counted = anthropic(key).messages.countTokens({ model: 'smart', messages: messages() });
    await expect(counted).rejects.toThrow('no model `smart` for this API key');
  });

  it.each([
    ['of no such id', (key: string) => key.replace(/ist_......../, 'ist_zzzzzzzz')],
    ['with another secret', (key: string) => `${key.slice(0, 13)}${'A'.repeat(43)}`],
    ['with a shorter secret', (key: string) => key.slice(0, -1)],
    ['with a longer secret', (key: string) => `${key}a`],
    ['without its id', (key: string) => key.slice(13)],
    ['with another secret’s end', (key: string) => `${key.slice(0, -2)}${key.endsWith('__') ? '--' : '__'}`],
    ['that is empty', () => ''],
    ['sent twice', (key: string) => `${key}, ${key}`],
  ])('%s is refused, never anonymous', async (_what, alter) => {
    const lines = () => gateway.log.filter(({ path }) => path === '/v1/messages');
    const before = lines().length;
    const altered = alter((await create({ scopes: ['read'] })).key);
    const { status, data, errors } = await ask(altered);
    expect({ status, data, code: errors?.[0]?.extensions.code }).toEqual({
      status: 401,
      data: undefined,
      code: 'UNAUTHENTICATED',
    });
    if (altered === '') return;
    await expect(openai(altered).models.list()).rejects.toThrow(AuthenticationError);
    const call = anthropic(altered).messages.create({ model: 'fast', max_tokens: 5, messages: messages() });
    await expect(call).rejects.toThrow(AnthropicAuthenticationError);
    await expect.poll(() => lines().length).toBe(before + 1);
    expect(JSON.stringify(gateway.log)).not.toContain(altered.slice(13, 40));
  });

  it('that has expired is refused, and says so', async () => {
    const { key } = await create({ expiresAt: Date.now() - 1 });
    const answer = await ask(key);
    expect({ status: answer.status, message: answer.errors?.[0]?.message }).toEqual({
      status: 401,
      message: 'The API key has expired.',
    });
  });

  it('ends under load where it is revoked, and others do not', async () => {
    const [revoked, other] = [await create(), await create()];
    const statuses = new Set<number>();
    const timeout = safetyLimit(2_000);
    await Promise.all([ask(revoked.key), ask(other.key)]);
    await keys.revoke(revoked.id);
    const poll = async () => {
      statuses.add(await statusOf(other.key));
      return Promise.all(Array.from({ length: 5 }, () => statusOf(revoked.key)));
    };
    await expect.poll(poll, { timeout, interval: 5 }).toEqual(Array(5).fill(401));
    expect(statuses).toEqual(new Set([200]));
    await expect(keys.revoke(revoked.id)).rejects.toThrow('already revoked');
  });

  it('is rotated with an overlap, or without one', async () => {
    const [first, second] = [await create({ scopes: ['read'] }), await create()];
    const next = await keys.rotate(first.id, 60_000);
    expect((await Promise.all([first.key, next.key].map(dataOf))).map((data) => data.read)).toEqual(['read', 'read']);
    expect((await keys.list()).find(({ id }) => id === first.id)).toMatchObject({
      state: 'replaced',
      replacedBy: next.id,
    });
    await expect(keys.rotate(first.id, 0)).rejects.toThrow('only an active one is rotated');
    const at = await keys.rotate(second.id, 0);
    await expect.poll(() => statusOf(second.key), { timeout: safetyLimit(2_000) }).toBe(401);
    expect(await statusOf(at.key)).toBe(200);
  });

  it('says when it was last used', async () => {
    const { id, key } = await create();
    await ask(key);
    const lastUsed = async () => (await keys.list()).find((listed) => listed.id === id)?.lastUsedAt;
    await expect.poll(lastUsed, { timeout: safetyLimit(2_000) }).toBeGreaterThan(Date.now() - 60_000);
  });
});

it('whatever the order, no introspection endpoint sees a key, and a request that waits for one ends at its deadline', async () => {
  await using stack = new AsyncDisposableStack();
  let requests = 0;
  // It never answers.
  const silent = createServer(() => void requests++).listen(0, '127.0.0.1');
  stack.defer(() => {
    silent.closeAllConnections();
    silent.close();
  });
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const access = {
    api_keys: true,
    order: ['introspection', 'api_keys'],
    introspection: { url: `http://127.0.0.1:${port}/`, client_id: 'a', client_secret: 'b', timeout: '10m' },
  };
  const yaml = `admin: false\nserver: { operation_timeout: 2s }\naccess: ${JSON.stringify(access)}`;
  const slow = stack.use(await startTestGateway({ subgraphs: { a: { sdl: 'type Query { a: Int }' } }, yaml }));
  const own = await storeOf(slow);
  stack.defer(() => own.close());
  const { key } = await new ApiKeys(own, 'test').create(rights);
  const send = (token: string) => slow.query('{ __typename }', {}, { authorization: `Bearer ${token}` });
  expect(await send(key)).toEqual({ status: 200, data: { __typename: 'Query' } });
  expect(requests).toBe(0);
  expect(await send('opaque')).toMatchObject({ status: 504, errors: [{ extensions: { code: 'GATEWAY_TIMEOUT' } }] });
  expect(requests).toBe(1);
});

describe('the commands', () => {
  it('create, list, rotate and revoke keys while the gateway runs, and the audit log has each change', async () => {
    const created = await isthmus('keys', 'create', '--name', 'Ann', '--scopes', 'read, write', '--expires', '1d');
    const key = created.out.trim();
    expect(key).toMatch(/^ist_[a-z2-9]{8}_[\w-]{43}$/);
    expect(created.errors).toContain('not shown again');
    expect((await dataOf(key)).read).toBe('read');
    const id = key.slice(4, 12);
    const rotated = JSON.parse((await isthmus('keys', 'rotate', key, '--json')).out);
    expect(rotated).toMatchObject({ name: 'Ann', scopes: ['read', 'write'], state: 'active' });
    expect((await isthmus('keys', 'revoke', id)).out).toBe(`${id} is revoked\n`);
    const listed = await isthmus('keys', 'list');
    const audited = await isthmus('audit', '--limit', '4', '--json');
    const refused = await isthmus('keys', 'revoke', 'zzzzzzzz');
    expect(listed.out).toMatch(new RegExp(`^${rotated.id}  active    Ann  tenant public  scopes read,write`, 'm'));
    expect(listed.out).toMatch(new RegExp(`^${id}  revoked   Ann .*replaced by ${rotated.id}`, 'm'));
    expect(listed.out + audited.out).not.toContain(key.slice(13));
    expect(refused).toMatchObject({ code: 2, errors: expect.stringContaining('there is no key zzzzzzzz') });
    const readable = await isthmus('audit', '--limit', '3');
    expect(readable.out).toMatch(new RegExp(`cli:\\S+  keys.revoke  ${id}  revokedAt: - → \\d+\\n`));
    const entries = JSON.parse(audited.out) as Record<string, unknown>[];
    expect(entries.map(({ action, target }) => [action, target])).toEqual([
      ['keys.revoke', id],
      ['keys.rotate', rotated.id],
      ['keys.rotate', id],
      ['keys.create', id],
    ]);
    expect(entries[0]).toMatchObject({ actor: expect.stringMatching(/^cli:\w/), before: { name: 'Ann' } });
  });
});

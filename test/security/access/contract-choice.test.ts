/** Which contract a request has: by path, header and expression, on every kind of server, and after each reload. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const shop = {
  sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag", "@requiresScopes"])
    type Query { product: Product  report: String @tag(name: "internal") }
    type Product @key(fields: "id") { id: ID!  label: String  cost: Int @tag(name: "internal")
      weight: Int @tag(name: "bulky")  margin: Int @requiresScopes(scopes: [["margins"]]) }`,
  resolvers: {
    Query: { product: () => ({ id: 'p1', label: 'Lamp', cost: 3, weight: 7, margin: 2 }), report: () => 'losses' },
  },
};

const contracts = {
  offered: { exclude: ['internal'], path: '/graphql/offered' },
  trusted: { exclude: ['bulky'], path: '/graphql/trusted', when: "'trusted' in principal.scopes" },
  mobile: { exclude: ['bulky'], header: { name: 'x-client', value: 'mobile' } },
  public: { exclude: ['internal'], when: "principal.kind == 'anonymous'" },
};
const identity = { proxy: { from: ['127.0.0.1'], id: 'x-user', scopes: 'x-scopes' } };
const user = { 'x-user': 'u1' };

interface Asked {
  readonly status: number;
  readonly text: string;
}

type Ask = (query: string, headers?: Record<string, string>, path?: string) => Promise<Asked>;

interface Host {
  readonly gateway: TestGateway;
  readonly ask: Ask;
  /** The file is rewritten with other access, and read. */
  reload(access: object): Promise<string>;
}

const hosts = { 'one thread': 'http', 'two workers': 'http', 'the application’s own process': 'fetch' } as const;
type HostName = keyof typeof hosts;

const accept = 'application/graphql-response+json';
const yamlOf = (access: object): string => `access: ${JSON.stringify({ ...identity, ...access })}`;

async function startHost(name: HostName, access: object): Promise<Host> {
  const workers = name === 'two workers' ? 2 : 1;
  const gateway = await startTestGateway({ subgraphs: { shop }, yaml: yamlOf(access), workers });
  const send = hosts[name] === 'fetch' ? (request: Request) => gateway.gateway.fetch(request) : fetch;
  return {
    gateway,
    async ask(query, headers = {}, path = '') {
      const request = new Request(`${gateway.url}${path}`, {
        method: 'POST',
        // A connection of its own: with workers, any of them may answer.
        headers: { 'content-type': 'application/json', accept, connection: 'close', ...headers },
        body: JSON.stringify({ query }),
      });
      const response = await send(request);
      return { status: response.status, text: await response.text() };
    },
    async reload(changed) {
      const file = join(gateway.folder, 'supergraph.yaml');
      const yaml = await readFile(file, 'utf8');
      await writeFile(file, yaml.replace(/^access: .*$/m, yamlOf(changed)));
      return (await gateway.gateway.reload()).kind;
    },
  };
}

/** One of each name, which takes the access of each test. */
const started = new Map<HostName, Host>();

async function withHost(name: HostName, access: object, use: (host: Host) => Promise<void>): Promise<void> {
  let host = started.get(name);
  if (host === undefined) {
    host = await startHost(name, access);
    started.set(name, host);
  } else expect(await host.reload(access)).toMatch(/swapped|unchanged/);
  (host.gateway.log as Record<string, unknown>[]).splice(0);
  await use(host);
}

async function endHost(name: HostName): Promise<void> {
  await started.get(name)?.gateway[Symbol.asyncDispose]();
  started.delete(name);
}

const fields = '{ product { label cost weight } }';
const unknown = (field: string) => ({
  status: 400,
  text: expect.stringContaining(`Cannot query field \\"${field}\\" on type`),
});
const whole = { status: 200, text: '{"data":{"product":{"label":"Lamp","cost":3,"weight":7}}}' };
const forbidden = { status: 403, text: expect.stringContaining('"FORBIDDEN"') };

describe.each(Object.keys(hosts) as HostName[])('served by %s', (name) => {
  afterAll(() => endHost(name));

  it('has the contract of its path, its header or its caller, on every connection', async () => {
    await withHost(name, { contracts }, async ({ ask }) => {
      for (let round = 0; round < 3; round++) {
        expect(await ask(fields, user)).toEqual(whole);
        expect(await ask(fields, user, '/offered')).toEqual(unknown('cost'));
        expect(await ask(fields, { 'x-user': 'u1', 'x-scopes': 'trusted' }, '/trusted')).toEqual(unknown('weight'));
        expect(await ask(fields, user, '/trusted')).toEqual(forbidden);
        expect(await ask(fields, { ...user, 'x-client': 'mobile' })).toEqual(unknown('weight'));
        expect(await ask(fields, { ...user, 'x-client': 'desktop' })).toEqual(whole);
        expect(await ask(fields)).toEqual(unknown('cost'));
        expect((await ask(fields, user, '/nowhere')).status).toBe(404);
      }
    });
  });

  it('has what a reload has changed, added and removed', async () => {
    await withHost(name, { contracts }, async ({ ask, reload }) => {
      expect(await ask(fields)).toEqual(unknown('cost'));
      const { offered: _, ...others } = contracts;
      const changed = { ...others, public: { exclude: ['bulky'] }, added: { path: '/graphql/added' } };
      expect(await reload({ contracts: changed })).toBe('swapped');
      expect((await ask(fields, user, '/offered')).status).toBe(404);
      expect(await ask(fields, user, '/added')).toEqual(whole);
      expect(await ask(fields)).toEqual(unknown('weight'));
      expect((await ask('{ product { cost } }')).status).toBe(200);
      expect(await reload({ contracts: { public: { exclude: ['nothing-has-this'] } } })).toBe('refused');
      expect(await ask(fields)).toEqual(unknown('weight'));
      expect(await reload({})).toBe('swapped');
      expect(await ask(fields)).toEqual(whole);
      expect((await ask(fields, user, '/added')).status).toBe(404);
      expect(await reload({ contracts })).toBe('swapped');
      expect(await ask(fields)).toEqual(unknown('cost'));
    });
  });

  it('refuses denied fields of a contract in the mode reject, and does not name what the contract leaves out', async () => {
    await withHost(name, { contracts, mode: 'reject' }, async ({ ask, gateway }) => {
      const before = gateway.subgraphs.shop?.requests.length;
      const denied = { status: 403, text: expect.stringContaining('"UNAUTHORIZED_FIELD_OR_TYPE"') };
      expect(await ask('{ product { margin } }')).toEqual(denied);
      expect(await ask('{ product { margin } }', user, '/offered')).toEqual(denied);
      expect(await ask('{ product { margin cost } }', user, '/offered')).toEqual(unknown('cost'));
      expect(gateway.subgraphs.shop?.requests.length).toBe(before);
      const reader = { 'x-user': 'u1', 'x-scopes': 'margins' };
      const { status, text } = await ask('{ product { margin } }', reader, '/offered');
      expect({ status, text }).toEqual({ status: 200, text: '{"data":{"product":{"margin":2}}}' });
    });
  });

  it('is refused where a condition cannot be evaluated, whatever the next contract shows', async () => {
    const tiers = {
      free: { exclude: ['internal'], when: "request.headers['x-tier'] == 'free'" },
      grown: { exclude: ['bulky'], when: "'x-age' in request.headers && int(request.headers['x-age']) >= 18" },
    };
    await withHost(name, { contracts: tiers }, async ({ ask, gateway }) => {
      for (let times = 0; times < 3; times++) expect(await ask(fields, user)).toEqual(forbidden);
      expect(await ask(fields, { 'x-tier': 'free' })).toEqual(unknown('cost'));
      expect(await ask(fields, { 'x-tier': 'paid' })).toEqual(whole);
      expect(await ask(fields, { 'x-tier': 'paid', 'x-age': '20' })).toEqual(unknown('weight'));
      expect(await ask(fields, { 'x-tier': 'paid', 'x-age': 'old' })).toEqual(forbidden);
      const told = gateway.log.filter(({ msg }) => String(msg).includes('`when` cannot be evaluated'));
      const contract = expect.stringMatching(/^(free|grown)$/);
      expect(told.length).toBeLessThanOrEqual(name === 'two workers' ? 4 : 2);
      expect(told).toEqual(told.map(() => expect.objectContaining({ contract, reason: expect.any(String) })));
      expect(told.length).toBeGreaterThanOrEqual(2);
    });
  });
});

afterAll(() => endHost('one thread'));

it('is refused as well where the caller alone decides, and a claim of it is missing', async () => {
  const paid = "principal.claims.tier == 'paid'";
  for (const [when, answer] of [
    [paid, forbidden],
    [`has(principal.claims.tier) && ${paid}`, whole],
  ]) {
    await withHost('one thread', { contracts: { paid: { exclude: ['internal'], when } } }, async ({ ask }) => {
      for (let times = 0; times < 2; times++) expect(await ask(fields, user)).toEqual(answer);
    });
  }
});

/** `@policy`: expressions, functions and decision services decide, and what none of them decides is denied. */

import { writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startOpaServer, withoutOpa } from '../../testkit/servers/opa-server.ts';
import { startTestGateway, type TestAnswer, type TestGateway } from '../../testkit/test-gateway.ts';

const people = {
  people: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@policy"])
      type Query { me: Person  open: String }
      type Person @key(fields: "id") { id: ID!  name: String
        letter(to: ID! = "u1", pages: Int): String @policy(policies: [["own"], ["friend", "trusted"]])
        diary: String @policy(policies: [["trusted"]]) }`,
    resolvers: {
      Query: { me: () => ({ id: 'u1', name: 'Ann', letter: 'Dear', diary: 'Today' }), open: () => 'open' },
    },
  },
};

let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.[Symbol.asyncDispose]();
  gateway = undefined;
});

function startShared(policies: object, anonymous: object = { id: 'u1' }): Promise<TestGateway> {
  const access = { policies: { own: 'false', friend: 'false', trusted: 'false', ...policies }, anonymous };
  return startTestGateway({ subgraphs: people, yaml: `access: ${JSON.stringify(access)}` });
}

/** A gateway that ends with its test. */
async function start(policies: object, anonymous?: object): Promise<TestGateway> {
  gateway = await startShared(policies, anonymous);
  return gateway;
}

const denied = ({ errors = [] }: TestAnswer) => errors.map(({ path }) => path?.join('.'));

describe('expressions', () => {
  const query = 'query ($to: ID = "u1") { me { a: letter(to: $to) b: letter(to: "u2") c: letter diary } }';

  it('read the arguments of each place, variables and defaults included', async () => {
    const { query: send } = await start({ own: 'args.to == principal.id' });
    expect((await send(query)).data.me).toEqual({ a: 'Dear', b: null, c: 'Dear', diary: null });
    expect((await send(query, { to: 'u9' })).data.me).toEqual({ a: null, b: null, c: 'Dear', diary: null });
    expect((await send(query, { to: 'u1' })).data.me).toEqual({ a: 'Dear', b: null, c: 'Dear', diary: null });
  });

  it('are required together within a list, and are alternatives between lists', async () => {
    const { query: send } = await start(
      { friend: 'args.pages >= 2', trusted: '"staff" in principal.roles' },
      { roles: ['staff'] },
    );
    expect((await send('{ me { a: letter(pages: 1) b: letter(pages: 2) c: letter diary } }')).data.me).toEqual({
      a: null,
      b: 'Dear',
      c: null, // no pages: what is missing allows nothing
      diary: 'Today',
    });
  });

  it('read the request', async () => {
    const { query: send } = await start({
      trusted: 'request.headers["x-desk"] == "7" && request.operationType == "query"',
    });
    expect((await send('{ me { diary } }', {}, { 'x-desk': '7' })).data.me.diary).toBe('Today');
    expect((await send('{ me { diary } }', {}, { 'x-desk': '8' })).data.me.diary).toBeNull();
    expect((await send('{ me { diary } }')).data.me.diary).toBeNull();
  });

  it.each([
    ['principal.scope == "a"', 'No such key: scope'],
    ['args.to = 1', 'Unexpected character: ='],
    ['1 + 1', 'the expression is int; write one that is true or false'],
    ['nobody.id == "1"', 'Unknown variable: nobody'],
  ])('%s is refused at the start, with its line', async (own, message) => {
    await expect(start({ own })).rejects.toThrow(
      new RegExp(`access\\.policies\\.own.*${message.replace(/[+]/g, '\\+')}`, 's'),
    );
  });

  it('are missed at the start where @policy names one that is not there', async () => {
    const start = startTestGateway({
      subgraphs: people,
      yaml: 'access: { policies: { own: "true", trustd: "true", friend: "true" } }',
    });
    await expect(start).rejects.toThrow(
      /POLICY_UNKNOWN[\s\S]*Person\.letter, Person\.diary names the policy "trusted"[\s\S]*did you mean "?trustd/,
    );
  });
});

describe('functions', () => {
  const code = (text: string) => `data:text/javascript,${text}`;

  it('decide with the same input, now or later, and deny when they fail', async () => {
    gateway = await startTestGateway({
      subgraphs: people,
      yaml: 'access: { policies: { own: "true", friend: "true", trusted: "true" } }',
    });
    const file = join(gateway.folder, 'policy.ts');
    await writeFile(
      file,
      `export const policy = async ({ principal, args, request }: { principal: { id: string }; args: Record<string, unknown>; request: { headers: Record<string, string> } }) => {
         if (request.headers['x-fail'] !== undefined) throw new Error('out of order');
         return args.to === principal.id || request.headers['x-yes'] !== undefined;
       };`,
    );
    const config = join(gateway.folder, 'supergraph.yaml');
    const { url } = gateway.subgraphs.people ?? { url: '' };
    await writeFile(
      config,
      `subgraphs: { people: { routing_url: "${url}", schema: { file: people.graphql } } }
access: { anonymous: { id: u1 }, policies: { own: { code: policy.ts }, friend: "false", trusted: { code: policy.ts } } }`,
    );
    expect((await gateway.gateway.reload()).kind).toBe('swapped');
    const query = '{ me { a: letter(to: "u1") b: letter(to: "u2") diary } }';
    expect((await gateway.query(query)).data.me).toEqual({ a: 'Dear', b: null, diary: null });
    expect((await gateway.query(query, {}, { 'x-yes': '1' })).data.me).toEqual({
      a: 'Dear',
      b: 'Dear',
      diary: 'Today',
    });
    expect((await gateway.query(query, {}, { 'x-fail': '1' })).data.me).toEqual({ a: null, b: null, diary: null });
    expect(gateway.log.filter(({ msg }) => String(msg).startsWith('a policy failed'))).not.toEqual([]);
    // An edit of the module is another generation.
    await writeFile(file, 'export const policy = () => true;');
    expect((await gateway.gateway.reload()).kind).toBe('swapped');
    expect((await gateway.query(query)).data.me).toEqual({ a: 'Dear', b: 'Dear', diary: 'Today' });
  });

  it('are refused at the start where the module exports none', async () => {
    await expect(start({ own: { code: code('export const other = 1') } })).rejects.toThrow(/access\.policies\.own/);
  });
});

describe('a decision service', () => {
  interface Service {
    readonly url: string;
    readonly inputs: { readonly principal: { readonly id: string }; readonly checks: readonly object[] }[];
    respond: (response: ServerResponse, checks: readonly object[]) => void;
    [Symbol.asyncDispose](): Promise<void>;
  }

  async function startService(): Promise<Service> {
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const { input } = JSON.parse(text) as { input: Service['inputs'][number] };
      service.inputs.push(input);
      service.respond(response, input.checks);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const service: Service = {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/data/shop`,
      inputs: [],
      respond: () => {},
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
    return service;
  }

  const answer = (response: ServerResponse, body: unknown, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const query = '{ me { a: letter(to: "u1") b: letter(to: "u2") diary } }';

  it('is asked once per operation, with every check, and its decisions are cached for a caller', async () => {
    await using service = await startService();
    service.respond = (response) => answer(response, { result: { own: [true, false], trusted: true } });
    const { query: send } = await start({
      own: { http: service.url, arguments: true },
      trusted: { http: service.url },
    });
    expect((await send(query)).data.me).toEqual({ a: 'Dear', b: null, diary: 'Today' });
    expect(service.inputs).toMatchObject([
      {
        principal: { id: 'u1', kind: 'anonymous' },
        checks: [{ policy: 'own', args: { to: 'u1' } }, { policy: 'own', args: { to: 'u2' } }, { policy: 'trusted' }],
      },
    ]);
    await send(query);
    expect(service.inputs).toHaveLength(1);
    await send(query, {}, { 'x-other': '1' });
    expect(service.inputs).toHaveLength(2);
  });

  describe('that answers', () => {
    let service: Service;
    let shared: TestGateway;
    beforeAll(async () => {
      service = await startService();
      shared = await startShared({ trusted: { http: service.url, timeout: '300ms' } });
    });
    afterAll(async () => {
      await shared[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    });

    it.each<[string, (response: ServerResponse) => void, string | null]>([
      ['one decision for all', (response) => answer(response, { result: true }), 'Today'],
      ['a list in order', (response) => answer(response, { result: [true] }), 'Today'],
      ['a list that is too short', (response) => answer(response, { result: [] }), null],
      ['no decision', (response) => answer(response, { result: {} }), null],
      ['a word for yes', (response) => answer(response, { result: { trusted: 'yes' } }), null],
      ['no result', (response) => answer(response, {}), null],
      ['no JSON', (response) => response.end('<html>'), null],
      ['an error', (response) => answer(response, { result: true }, 500), null],
      ['a redirect', (response) => response.writeHead(302, { location: '/' }).end(), null],
      ['nothing', () => {}, null],
      ['a broken connection', (response) => response.socket?.destroy(), null],
      ['too much', (response) => answer(response, { result: true, more: 'x'.repeat(1_100_000) }), null],
    ])('%s', async (what, respond, diary) => {
      service.respond = respond;
      // Decisions are cached by what the service is sent, the headers included.
      const answered = await shared.query('{ me { name diary } open }', {}, { 'x-case': what });
      expect(answered.data).toEqual({ me: { name: 'Ann', diary }, open: 'open' });
      expect(denied(answered)).toEqual(diary === null ? ['me.diary'] : []);
    });
  });

  it('that fails open allows', async () => {
    await using service = await startService();
    service.respond = (response) => answer(response, {}, 500);
    const { query: send, log } = await start({ trusted: { http: service.url, fail: 'open' } });
    expect((await send('{ me { diary } }')).data.me.diary).toBe('Today');
    expect(log.find(({ msg }) => msg === 'a decision service did not decide')).toMatchObject({
      policies: ['trusted'],
      reason: 'it answered 500',
    });
  });
});

if (!withoutOpa)
  describe('Open Policy Agent itself', () => {
    const rego = `package shop

own := [decision |
  some check in input.checks
  check.policy == "own"
  decision := check.args.to == input.principal.id
]

default trusted := false

trusted if "staff" in input.principal.roles
trusted if input.request.headers["x-desk"] == "7"
`;
    const policies = (url: string) => ({
      own: { http: `${url}/v1/data/shop`, arguments: true, timeout: '2s' },
      trusted: { http: `${url}/v1/data/shop`, timeout: '2s' },
    });
    const query = '{ me { a: letter(to: "u1") b: letter(to: "u2") diary } open }';

    it('allows and denies by its rules, asked once for all of an operation', async () => {
      await using opa = await startOpaServer(rego);
      const { query: send } = await start(policies(opa.url));
      const answer = await send(query);
      expect(answer.data).toEqual({ me: { a: 'Dear', b: null, diary: null }, open: 'open' });
      expect(denied(answer)).toEqual(['me.b', 'me.diary']);
      await expect.poll(() => opa.requests).toEqual(['/v1/data/shop']);
      expect((await send(query, {}, { 'x-desk': '7' })).data.me).toEqual({ a: 'Dear', b: null, diary: 'Today' });
      await expect.poll(() => opa.requests).toHaveLength(2);
      await send(query);
      expect(opa.requests).toHaveLength(2);
    });

    it('that has no rule of this path denies, and the log says so', async () => {
      await using opa = await startOpaServer(rego);
      const { query: send, log } = await start({ trusted: { http: `${opa.url}/v1/data/mistyped` } });
      expect((await send('{ me { diary } open }')).data).toEqual({ me: { diary: null }, open: 'open' });
      const line = log.find(({ msg }) => msg === 'a decision service did not decide');
      expect(line).toMatchObject({ policies: ['trusted'], reason: expect.stringContaining('no rule of this path') });
    });

    it('that is paused denies within the timeout, serves the rest, and decides again once it runs', async () => {
      await using opa = await startOpaServer(rego);
      const timed = { http: `${opa.url}/v1/data/shop`, timeout: '300ms' };
      const { query: send } = await start({ trusted: timed }, { id: 'u1', roles: ['staff'] });
      const ask = (desk: number) => send('{ me { name diary } open }', {}, { 'x-desk': String(desk) });
      expect((await ask(1)).data.me.diary).toBe('Today');
      opa.pause();
      const before = performance.now();
      const answers = await Promise.all([ask(2), ask(3), ask(4)]);
      expect(performance.now() - before).toBeLessThan(3_000);
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 200, data: { me: { name: 'Ann', diary: null }, open: 'open' } });
        expect(denied(answer)).toEqual(['me.diary']);
      }
      expect((await ask(1)).data.me.diary).toBe('Today'); // decided before
      opa.resume();
      await expect.poll(async () => (await ask(2)).data.me.diary, { timeout: 10_000 }).toBe('Today');
    });
  });

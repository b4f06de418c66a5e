/** Who decides on objects: expressions, functions and decision services; and what none can decide on is denied. */
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readReach } from '../../../src/cli/access/access-who.ts';
import { openOperationJudge } from '../../../src/cli/access/judge-operation.ts';
import { loadConfig } from '../../../src/config/index.ts';
import { createLogger } from '../../../src/index.ts';
import { readSupergraph } from '../../../src/read-supergraph.ts';
import { startTestGateway, type TestAnswer, type TestGateway } from '../../testkit/test-gateway.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://isthmus.dev/access/v1.0", import: ["@rows"])`;

const docs = ['u1', 'u2', 'u1', 'u2'].map((owner, index) => ({ id: `d${index + 1}`, owner, level: index }));
/** The fields that fail, as `d1.level`. */
const failing = new Set<string>();
const leaf = (field: 'owner' | 'level') => (doc: (typeof docs)[number]) => {
  if (failing.has(`${doc.id}.${field}`)) throw new Error('it failed');
  return doc[field];
};

const subgraphs = {
  docs: {
    sdl: `${link}
      type Query { docs: [Doc!]!  latest: Doc  pages: [Page!]! }
      type Doc @key(fields: "id") @rows(policy: "readable", fields: "owner level") { id: ID!  owner: ID  level: Int  title: String }
      type Page @key(fields: "id") @rows(policy: "open", fields: "closed") { id: ID!  closed: Boolean  text: String }`,
    resolvers: {
      Query: {
        docs: () => docs,
        latest: () => docs[3],
        pages: () => ['p1', 'p2', 'p3', 'p4'].map((id) => ({ id, closed: id === 'p2' })),
      },
      Doc: {
        owner: leaf('owner'),
        level: leaf('level'),
        title: ({ id }: { id: string }) => {
          if (failing.has(`${id}.title`)) throw new Error('it failed');
          return `title of ${id}`;
        },
      },
      Page: {
        closed: ({ id, closed }: { id: string; closed: boolean }) => {
          if (failing.has(`${id}.closed`)) throw new Error('it failed');
          return closed;
        },
        text: ({ id }: { id: string }) => {
          if (failing.has(`${id}.text`)) throw new Error('it failed');
          return `text of ${id}`;
        },
      },
    },
  },
};

let gateway: TestGateway | undefined;
afterEach(async () => {
  failing.clear();
  await gateway?.[Symbol.asyncDispose]();
  gateway = undefined;
});

async function start(policies: object, more: object = {}, yaml = ''): Promise<TestGateway> {
  const access = {
    anonymous: { id: 'u1' },
    policies: { readable: 'row.owner == principal.id', open: 'row.closed != true', ...policies },
    ...more,
  };
  gateway = await startTestGateway({ subgraphs, yaml: `access: ${JSON.stringify(access)}\n${yaml}` });
  return gateway;
}

const errorsOf = ({ errors = [] }: TestAnswer) =>
  errors.map(({ path, extensions }) => `${path?.join('.')} ${extensions.code}`);
const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id).join(' ');

describe('a policy for objects', () => {
  it('is an expression of the fields, the caller and the request', async () => {
    const { query } = await start({
      readable: 'row.owner == principal.id && row.level >= 1 && request.operationType == "query"',
    });
    expect(ids((await query('{ docs { id } }')).data.docs)).toBe('d3');
  });

  it('is a function, which may answer later', async () => {
    const path = join(tmpdir(), `readable-${process.pid}.ts`);
    await writeFile(
      path,
      'export const policy = async ({ row, principal }) => row.owner !== principal.id && row.level < 3;',
    );
    const { query } = await start({ readable: { code: path } });
    const { data } = await query('{ docs { id } latest { id } }');
    expect([ids(data.docs), data.latest]).toEqual(['d2', null]);
  });

  it('is a decision service, which is asked once for equal objects and for all lists of a fetch', async () => {
    const asked: { readonly input: { readonly checks: readonly { readonly row: { readonly owner: string } }[] } }[] =
      [];
    const service = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const body = JSON.parse(text) as (typeof asked)[number];
      asked.push(body);
      response.end(JSON.stringify({ result: body.input.checks.map(({ row }) => row.owner === 'u2') }));
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
    const { query } = await start({ readable: { http: url } });
    const { data } = await query('{ docs { id } again: docs { title } latest { id } }');
    expect([ids(data.docs), data.latest, data.again.length]).toEqual(['d2 d4', { id: 'd4' }, 2]);
    expect(asked.map(({ input }) => input.checks.length)).toEqual([4]);
    expect(asked[0]?.input.checks[0]).toEqual({ policy: 'readable', row: { owner: 'u1', level: 0 } });
    service.closeAllConnections();
    await new Promise((resolve) => service.close(resolve));
    // Nothing is decided by a service that does not answer.
    expect((await query('{ docs { id } }', {}, { 'x-other': 'request' })).data.docs).toEqual([]);
  });

  it.each([
    [
      { readable: 'args.id == principal.id' },
      '@rows on Doc names the policy "readable", which reads args: @rows has none',
    ],
    [{ readable: 'row.owner = 1' }, 'Unexpected character: ='],
  ])('%o refuses the start', async (policies, message) => {
    await expect(start(policies)).rejects.toThrow(message);
  });

  it('has to be one of the configuration', async () => {
    const sdl = `${link} type Query { a: A } type A @rows(policy: "mine", fields: "id") { id: ID }`;
    await expect(
      startTestGateway({ subgraphs: { a: { sdl } }, yaml: 'access: { policies: { mind: "true" } }' }),
    ).rejects.toThrow(
      /POLICY_UNKNOWN[\s\S]*@rows on A names the policy "mine"[\s\S]*did you mean "mind"[\s\S]*mine: "row\.ownerId == principal\.id"/,
    );
  });

  it('that reads objects is refused on a field', async () => {
    const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@policy"])
      type Query { a: Int @policy(policies: [["mine"]]) }`;
    const yaml = 'access: { policies: { mine: "row.owner == principal.id" } }';
    await expect(startTestGateway({ subgraphs: { a: { sdl } }, yaml })).rejects.toThrow(
      '@policy on Query.a names the policy "mine", which reads row: @policy has none',
    );
  });
});

describe('what is not known', () => {
  it('denies its object, even by a policy that a null would fulfil, and the error stays', async () => {
    const { query } = await start({});
    expect(ids((await query('{ pages { id } }')).data.pages)).toBe('p1 p3 p4');
    failing.add('p3.closed');
    const answer = await query('{ pages { id text } }');
    expect(ids(answer.data.pages)).toBe('p1 p4');
    expect(errorsOf(answer)).toEqual(['pages DOWNSTREAM_SERVICE_ERROR']);
  });

  it('is not told of objects that are denied, and errors behind them are at the places of theirs', async () => {
    const { query } = await start({});
    failing.add('p2.text').add('p4.text');
    const answer = await query('{ pages { id text } }');
    expect(answer.data.pages.map(({ text }: { text: string | null }) => text)).toEqual([
      'text of p1',
      'text of p3',
      null,
    ]);
    expect(errorsOf(answer)).toEqual(['pages.2.text DOWNSTREAM_SERVICE_ERROR']);
  });
});

describe('an answer with rules on its objects', () => {
  const as = (id: string) => ({ 'x-user': id });
  const proxy = { proxy: { from: ['127.0.0.1'], id: 'x-user' } };

  it('is its own caller’s: it is in no cache', async () => {
    const { query } = await start({}, proxy, 'cache: { response: { enabled: true, default_max_age: 1m } }');
    for (const [caller, expected] of [
      ['u1', 'd1 d3'],
      ['u2', 'd2 d4'],
      ['u1', 'd1 d3'],
    ] as const) {
      const answers = await Promise.all([1, 2, 3].map(() => query('{ docs { id } }', {}, as(caller))));
      expect(answers.map(({ data }) => ids(data.docs))).toEqual([expected, expected, expected]);
    }
  });

  it('does not tell by its cost how many objects were left out', async () => {
    const limits = 'limits: { cost: { max: 1000 } }';
    const { query } = await start({}, proxy, limits);
    const actual = async (caller: string) => {
      const answer = await query('{ docs { id } }', {}, { ...as(caller), 'isthmus-explain': 'cost' });
      return (answer as { extensions?: { cost?: { actual?: number } } }).extensions?.cost?.actual;
    };
    expect(await actual('u9')).toBeLessThan((await actual('u1')) ?? 0);
  });
});

it('rules on objects are listed for those who ask of the graph', async () => {
  const { folder } = await start({});
  const configFile = join(folder, 'supergraph.yaml');
  const rows = [{ on: 'Doc', rule: '@rows(policy: "readable", fields: "owner level", denied: "drop")' }];
  const reachOf = await readReach(configFile);
  for (const coordinate of ['Doc', 'Doc.title', 'Query.docs']) expect(reachOf(coordinate)).toMatchObject({ rows });
  expect(reachOf('Page.text')).not.toMatchObject({ rows });
  const judge = await openOperationJudge(
    await readSupergraph(await loadConfig(configFile)),
    createLogger({ level: 'error', readable: false }),
  );
  const request = { headers: {}, address: '127.0.0.1', path: '/graphql', query: '{ docs { title } }', variables: {} };
  expect(await judge.judge(request)).toMatchObject({ kind: 'judged', denied: [], rows });
  await judge.close();
});

describe('the mode', () => {
  it('audit serves everything, and logs how many objects would be left out', async () => {
    const { query, log } = await start({}, { mode: 'audit' });
    expect(ids((await query('{ docs { id } }')).data.docs)).toBe('d1 d2 d3 d4');
    const lines = log.filter(({ msg }) => String(msg).includes('access to objects would be denied'));
    expect(lines).toMatchObject([{ coordinate: 'Doc', policy: 'readable', objects: 2, principal: 'u1' }]);
  });

  it('reject refuses no operation for its objects: they are left out', async () => {
    const { query } = await start({}, { mode: 'reject' });
    const answer = await query('{ docs { id } }');
    expect([answer.status, ids(answer.data.docs)]).toEqual([200, 'd1 d3']);
  });

  it('is explained by the number of objects of each rule', async () => {
    const { query } = await start({}, { explain: 'everyone' });
    const answer = await query('{ docs { id } pages { id } }', {}, { 'isthmus-explain': 'access' });
    expect((answer as { extensions?: { access?: unknown } }).extensions?.access).toEqual({
      mode: 'filter',
      denied: [],
      rows: [
        {
          coordinate: 'Doc',
          rule: '@rows(policy: "readable", fields: "owner level", denied: "drop")',
          objects: 4,
          denied: 2,
        },
        { coordinate: 'Page', rule: '@rows(policy: "open", fields: "closed", denied: "drop")', objects: 4, denied: 1 },
      ],
    });
  });

  it('of the reference engine does not exist: it enforces no rule', async () => {
    await expect(
      startTestGateway({
        subgraphs,
        yaml: 'engine: reference\naccess: { policies: { readable: "true", open: "true" } }',
      }),
    ).rejects.toThrow('@mask and @rows');
  });
});

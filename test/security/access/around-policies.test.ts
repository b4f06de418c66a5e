/** Ways around policies: numbers that no JavaScript number equals, and shared runs of queries that differ in headers alone. */
import { afterEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

let gateway: TestGateway | undefined;
let runs = 0;
let release: () => void = () => {};
let held: Promise<void> | undefined;
afterEach(async () => {
  release();
  held = undefined;
  await gateway?.[Symbol.asyncDispose]();
  gateway = undefined;
});

const diaries = {
  diaries: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@policy"])
      type Query { diary(of: ID = "u1", weight: Float): String @policy(policies: [["reads"]])  slow: Int }`,
    resolvers: {
      Query: {
        diary: (_: unknown, { of }: { of: string }) => `diary of ${of}`,
        slow: async () => {
          runs++;
          await held;
          return 1;
        },
      },
    },
  },
};

async function start(reads: string, mode = 'filter'): Promise<TestGateway> {
  const access = { mode, policies: { reads }, anonymous: { id: 'u1' } };
  gateway = await startTestGateway({ subgraphs: diaries, yaml: `access: ${JSON.stringify(access)}` });
  return gateway;
}

/** The variables as JSON text: with numbers that JSON.stringify does not write. */
async function send({ url }: TestGateway, query: string, variables: string) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
  });
  return (await response.json()) as { readonly data?: { readonly diary?: string | null; readonly again?: string } };
}

describe('numbers of more digits than a JavaScript number has', () => {
  const query = 'query ($of: ID, $weight: Float) { __typename diary(of: $of, weight: $weight) }';
  const weight = '1.00000000000000000001';

  it.each([
    'args.of == principal.id', // with the argument's default, it would be the caller
    '!has(args.of) || args.of == principal.id',
  ])('do not make the other arguments unknown to %s', async (policy) => {
    const started = await start(policy);
    expect((await send(started, query, `{"of":"u2","weight":${weight}}`)).data?.diary).toBeNull();
    expect((await send(started, query, `{"of":"u1","weight":${weight}}`)).data?.diary).toBe('diary of u1');
  });

  it('do not change which fields are refused', async () => {
    const started = await start('args.of == principal.id', 'reject');
    const conditional =
      'query ($of: ID, $weight: Float, $no: Boolean = true) { again: diary(weight: $weight) diary(of: $of) @skip(if: $no) }';
    expect(await send(started, conditional, `{"of":"u2","weight":${weight}}`)).toEqual({
      data: { again: 'diary of u1' },
    });
  });
});

it('a policy that reads headers decides for each of the identical queries in flight', async () => {
  const started = await start('request.headers["x-desk"] == "7"');
  const before = runs;
  held = new Promise((resolve) => {
    release = resolve;
  });
  const query = '{ diary slow }';
  const trusted = started.query(query, {}, { 'x-desk': '7' });
  await expect.poll(() => runs).toBe(before + 1);
  const other = started.query(query, {}, { 'x-desk': '8' });
  await expect.poll(() => runs).toBe(before + 2);
  release();
  expect((await trusted).data).toEqual({ diary: 'diary of u1', slow: 1 });
  expect((await other).data).toEqual({ diary: null, slow: 1 });
});

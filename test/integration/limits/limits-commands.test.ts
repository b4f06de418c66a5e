/** `isthmus price` and `isthmus limits suggest`, from files alone. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../../testkit/graphs/shop.ts';
import { runCommand } from '../../testkit/processes/run-command.ts';
import { startTestGateway } from '../../testkit/test-gateway.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-price-'));
  const schema = (
    reviews: string,
  ) => `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cost", "@listSize"])
    type Query { products(first: Int): [Product!] @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false) }
    type Product @key(fields: "id") { id: ID!  reviews: [Review!] ${reviews} }
    type Review { text: String }`;
  const yaml = (file: string) =>
    `subgraphs: { shop: { routing_url: "http://127.0.0.1:1", schema: { file: ${file} } } }\nlimits: { cost: { max: 100 } }\n`;
  /** @param price of a million tokens of input; output costs twice as much */
  const aiYaml = (price: string) => `subgraphs:
  shop: { routing_url: "http://127.0.0.1:1", schema: { file: names.graphql } }
  assistant: { ai: true, prompts: ., schema: { file: assistant.graphql } }
ai:
  providers: { p: { kind: openai, base_url: "http://127.0.0.1:1/v1", api_key: sk-none } }
  models: { fast: { targets: [p/m], retries: 0 } }
  prices: { p/m: { input_per_mtok: "${price}", output_per_mtok: "${Number(price) * 2}" } }
`;
  const files = {
    'before.graphql': schema('@listSize(assumedSize: 2)'),
    'now.graphql': schema('@listSize(assumedSize: 5)'),
    'before.yaml': yaml('before.graphql'),
    'now.yaml': yaml('now.graphql'),
    'page.graphql':
      'query Page($n: Int) { products(first: $n) { id reviews { text } } } query Small { products(first: 1) { id } }',
    'wrong.graphql': '{ nothing }',
    'values.json': '{ "n": 20 }',
    'names.graphql': `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
      type Query { products(first: Int): [Product!] }  type Product @key(fields: "id") { id: ID!  name: String! }`,
    'assistant.graphql': `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
      @link(url: "https://isthmus.dev/ai/v1.1", import: ["@generate"])
      type Product @key(fields: "id") { id: ID!  name: String! @external
        slogan: String @requires(fields: "name") @generate(prompt: "slogan", maxOutputTokens: 100, maxInputTokens: 900) }`,
    'sliced.graphql': schema('').replace(', requireOneSlicingArgument: false', ''),
    'sliced.yaml': yaml('sliced.graphql'),
    'unsliced.graphql': '{ products { id } }',
    'unknown.graphql': 'query($n: Int) { products(first: $n) { id } }',
    'no-number.json': '{ "n": "many" }',
    'limited.yaml': `${aiYaml('1.00')}limits: { fetches: 1, ai_usd: "0.001" }\n`,
    'slogan.prompt': '---\nmodel: fast\n---\n{{name}}',
    'slogans.graphql': 'query Slogans { products(first: 3) { slogan } } query Names { products { name } }',
    'dear.yaml': aiYaml('2.00'),
    'cheap.yaml': aiYaml('1.00'),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run in the folder, as a process of its own. */
const spawned = (...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(process.cwd(), 'src/cli/main.ts'), ...args],
      { cwd: folder },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

/** Run in this process: files of the folder are named by their paths, and printed without them. */
async function isthmus(...args: readonly string[]): Promise<Ended> {
  const words = args.map((word) => (/\.\w+$/.test(word) ? join(folder, word) : word));
  const { code, out, errors } = await runCommand(...words);
  const [stdout = '', stderr = ''] = [out, errors].map((text) => text.replaceAll(join(folder, '/'), ''));
  return { code, stdout, stderr };
}

describe('isthmus price', () => {
  it('prints the points of every operation, before and after a change', async () => {
    const { code, stdout, stderr } = await spawned(
      'price',
      'page.graphql',
      '--config',
      'now.yaml',
      '--before',
      'before.yaml',
    );
    expect(stderr).toBe('');
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['FILE', 'OPERATION', 'BEFORE', 'POINTS', 'FETCHES'],
      ['page.graphql', 'Page', '30', '60', '1'],
      ['page.graphql', 'Small', '1', '1', '1'],
      [''],
    ]);
    expect(code).toBe(0);
  }, 60_000);

  it('prints the most that AI fields cost in dollars, before and after a change', async () => {
    const { code, stdout, stderr } = await isthmus(
      'price',
      'slogans.graphql',
      '--config',
      'dear.yaml',
      '--before',
      'cheap.yaml',
    );
    expect(stderr).toBe('');
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows[0]).toEqual(['FILE', 'OPERATION', 'BEFORE', 'POINTS', 'FETCHES', 'BEFORE', 'USD']);
    // Of each of three: 900 tokens and 100 that cost twice as much.
    expect(rows[1]?.slice(5)).toEqual(['0.0033', '0.0066']);
    expect(rows[2]?.slice(5)).toEqual(['0', '0']);
    expect(code).toBe(0);
  }, 60_000);

  it('says which operations are refused, with JSON and variables', async () => {
    const { code, stdout } = await isthmus(
      'price',
      'page.graphql',
      'wrong.graphql',
      '--config',
      'now.yaml',
      '--variables',
      'values.json',
      '--json',
    );
    expect(JSON.parse(stdout)).toEqual([
      {
        file: 'page.graphql',
        operation: 'Page',
        points: 120,
        usd: '0',
        fetches: 1,
        subgraphs: { shop: 120 },
        refusals: ['more than limits.cost.max: 100'],
      },
      { file: 'page.graphql', operation: 'Small', points: 1, usd: '0', fetches: 1, subgraphs: { shop: 1 } },
      { file: 'wrong.graphql', problem: 'Cannot query field "nothing" on type "Query".' },
    ]);
    expect(code).toBe(1);
  }, 60_000);

  it('says what a gateway would refuse, as far as variables have values', async () => {
    const of = async (file: string, config: string, ...more: string[]) => {
      const { code, stdout } = await isthmus('price', file, '--config', config, '--json', ...more);
      return [
        code,
        ...(JSON.parse(stdout) as { refusals?: string[]; problem?: string }[]).map(
          (row) => row.problem ?? row.refusals,
        ),
      ];
    };
    const unsliced = 'The field Query.products needs exactly one of the arguments first; 0 are set.';
    expect(await of('unsliced.graphql', 'sliced.yaml')).toEqual([1, [unsliced]]);
    expect(await of('unknown.graphql', 'sliced.yaml')).toEqual([0, undefined]);
    expect(await of('unknown.graphql', 'sliced.yaml', '--variables', 'values.json')).toEqual([0, undefined]);
    expect(await of('unknown.graphql', 'sliced.yaml', '--variables', 'no-number.json')).toEqual([
      1,
      expect.stringContaining('Variable "$n" got invalid value'),
    ]);
    expect(await of('slogans.graphql', 'limited.yaml')).toEqual([
      1,
      ['more than limits.fetches: 1', 'more than limits.ai_usd: 0.001'],
      undefined,
    ]);
  }, 60_000);

  it('says which file cannot be read', async () => {
    const { code, stderr } = await isthmus('price', 'missing.graphql', '--config', 'now.yaml');
    expect(stderr).toContain('missing.graphql');
    expect(code).toBe(2);
  }, 60_000);
});

describe('isthmus limits suggest', () => {
  it('proposes only what is a limit, whatever else a log has', async () => {
    const lines = [
      { sizes: { depth: 3, aliases: -3, tokens: 'x', fetches: 1.5 }, costEstimated: null },
      { sizes: { depth: 2, unknown: 5, mode: 1 }, costEstimated: 7 },
    ];
    const texts = [...lines.map((line) => JSON.stringify(line)), '{"sizes":{"__proto__":9,"depth":1}}', '{"sizes":'];
    await writeFile(join(folder, 'odd.log'), texts.join('\n'));
    const { code, stdout } = await isthmus('limits', 'suggest', 'odd.log', '--json');
    expect(JSON.parse(stdout)).toEqual({
      requests: 3,
      limits: [
        { key: 'depth', limit: 3, largest: 3, refused: 0 },
        { key: 'cost', limit: 7, largest: 7, refused: 0 },
      ],
    });
    expect(code).toBe(0);
  });

  it('proposes limits from what a gateway has logged, and they are a configuration', async () => {
    const limits = 'limits: { mode: measure, cost: {} }';
    await using gateway = await startTestGateway({ subgraphs: shop, yaml: limits });
    const queries = ['{ products { id } }', '{ a: products { id stock } }'];
    for (const query of [...queries, ...queries]) await gateway.query(query);
    const lines = () => gateway.log.filter(({ msg }) => msg === 'request');
    await expect.poll(() => lines().length).toBe(4);
    expect(lines().map(({ sizes }) => sizes)).toContainEqual({
      tokens: 9,
      depth: 2,
      aliases: 1,
      root_fields: 1,
      directives: 0,
      selections: 3,
      fetches: 2,
      representations: 3,
    });
    await writeFile(join(folder, 'gateway.log'), gateway.log.map((line) => JSON.stringify(line)).join('\n'));
    const { code, stdout } = await spawned('limits', 'suggest', 'gateway.log');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^limits:\n {2}tokens: 9 +# the largest was 9; 0 of 4 requests had more\n/);
    expect(stdout).toMatch(/ {2}cost: \{ max: 20 \} +# the largest was 20;/);
    await using limited = await startTestGateway({ subgraphs: shop, yaml: stdout });
    for (const query of queries) expect((await limited.query(query)).errors).toBeUndefined();
    const { errors } = await limited.query('{ products { id name price stock } }');
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['MAX_SELECTIONS_LIMIT']);
  }, 60_000);

  it('says what to do where nothing was measured', async () => {
    await writeFile(join(folder, 'empty.log'), '{"msg":"request"}\nno JSON\n{"cut');
    const { code, stderr } = await isthmus('limits', 'suggest', 'empty.log');
    expect(stderr).toContain('limits.mode: measure');
    expect(code).toBe(2);
  }, 60_000);
});

import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { buildSchema } from 'graphql';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CompositionError, compose, type SubgraphSource } from '../../../src/supergraph/index.ts';

const federation = (imports: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [${imports}])`;

function source(name: string, sdl: string): SubgraphSource {
  return { name, url: `http://127.0.0.1:1/${name}`, sdl, origin: `subgraphs/${name}.graphql` };
}

async function problemsOf(...sources: SubgraphSource[]) {
  const failure: unknown = await compose(sources).catch((error: unknown) => error);
  if (!(failure instanceof CompositionError)) throw new Error('it composed');
  return failure.problems;
}

const products = source(
  'products',
  `${federation('"@key"')}\ntype Query { product: Product }\ntype Product @key(fields: "id") { id: ID! name: String! }`,
);

let sources = 0;
/** The same subgraph, which has not been composed yet. */
const another = (): SubgraphSource => ({ ...products, url: `http://127.0.0.1:1/${sources++}` });

describe('composing', () => {
  it('returns the supergraph and the schema that clients see', async () => {
    const composition = await compose([products]);
    expect(composition.supergraphSdl).toContain('join__Graph');
    const api = buildSchema(composition.apiSdl);
    expect(Object.keys(api.getTypeMap())).toContain('Product');
    expect(composition.apiSdl).not.toContain('join__');
    expect(composition.hints).toEqual([]);
  });

  it('names the subgraph, file, line and a suggested fix of a syntax error, in every subgraph at once', async () => {
    const problems = await problemsOf(source('a', 'type Query {\n  a: \n}'), source('b', 'type T {'), products);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatchObject({
      severity: 'error',
      code: 'INVALID_GRAPHQL',
      places: [{ subgraph: 'a', origin: 'subgraphs/a.graphql', line: 3 }],
    });
    expect(problems[0]?.suggestedFix).toContain('the name that is missing');
    expect(problems[1]?.places[0]?.subgraph).toBe('b');
  });

  it('names every subgraph of a conflict, each with its line', async () => {
    const [problem] = await problemsOf(
      products,
      source('other', `${federation('"@key"')}\ntype Product @key(fields: "id") {\n  id: ID!\n  name: String!\n}`),
    );
    expect(problem).toMatchObject({ code: 'INVALID_FIELD_SHARING' });
    expect(problem?.places).toEqual([
      { subgraph: 'products', origin: 'subgraphs/products.graphql', line: 3 },
      { subgraph: 'other', origin: 'subgraphs/other.graphql', line: 4 },
    ]);
    expect(problem?.suggestedFix).toContain('@shareable');
  });

  it.each(['@key(field: "id")', '@key'])(
    'names the line of a directive whose arguments are wrong: %s',
    async (wrong) => {
      const sdl = `${federation('"@key"')}\ntype Query { a: A }\ntype B @key(fields: "id") { id: ID! }\ntype A ${wrong} { id: ID! }`;
      for (const problem of await problemsOf(source('a', sdl))) {
        expect(problem.places).toEqual([{ subgraph: 'a', origin: 'subgraphs/a.graphql', line: 4 }]);
      }
    },
  );

  it('shows an unreachable field with a suggested fix', async () => {
    const [problem] = await problemsOf(
      source('a', `${federation('')}\ntype Query { t: T }\ntype T { a: Int }`),
      source('b', `${federation('')}\ntype T { b: Int }\ntype Query { x: Int }`),
    );
    expect(problem?.code).toBe('SATISFIABILITY_ERROR');
    expect(problem?.suggestedFix).toContain('@key');
  });

  it('returns hints with their position', async () => {
    const described = source(
      'b',
      `${federation('"@key"')}\n"Another one"\ntype Product @key(fields: "id") { id: ID! stock: Int }`,
    );
    const { hints } = await compose([
      source(
        'a',
        `${federation('"@key"')}\n"One"\ntype Product @key(fields: "id") { id: ID! }\ntype Query { p: Product }`,
      ),
      described,
    ]);
    expect(hints.map((hint) => hint.code)).toContain('INCONSISTENT_DESCRIPTION');
    expect(hints[0]?.suggestedFix).not.toBe('');
  });

  it('ends in time when composing takes too long', async () => {
    await expect(compose([another()], 1)).rejects.toThrow('took longer than 1 ms');
  });
});

describe('the process that composes', () => {
  const processes: ChildProcess[] = [];
  const add = (message: unknown): void => void processes.push((message as { process: ChildProcess }).process);

  afterEach(() => {
    vi.useRealTimers();
    unsubscribe('child_process', add);
    processes.length = 0;
  });

  it('composes again until it has been idle for a while, then it ends', async () => {
    await expect(compose([another()], 1)).rejects.toThrow(CompositionError); // none is idle any more
    subscribe('child_process', add);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await compose([another()]);
    await problemsOf(source('a', 'type Query { a: Missing }'));
    await compose([another()]);
    expect(processes).toHaveLength(1);
    const end = new Promise((resolve) => processes[0]?.once('exit', resolve));
    vi.advanceTimersByTime(10_000);
    await end;
    await compose([another()]);
    expect(processes).toHaveLength(2);
  });

  it('composes nothing more after a composition that was late or aborted', async () => {
    await compose([another()]);
    subscribe('child_process', add);
    await expect(compose([another()], 1)).rejects.toThrow('took longer than 1 ms');
    const controller = new AbortController();
    const aborted = compose([another()], undefined, controller.signal);
    controller.abort(new Error('superseded'));
    await expect(aborted).rejects.toThrow('superseded');
    await compose([another()]);
    expect(processes).toHaveLength(2);
  });

  it('is replaced where it has ended by itself, idle or not', async () => {
    await expect(compose([another()], 1)).rejects.toThrow(CompositionError);
    subscribe('child_process', add);
    await compose([another()]);
    const end = new Promise((resolve) => processes[0]?.once('exit', resolve));
    processes[0]?.kill('SIGKILL');
    await end;
    const killNext = (message: unknown): void => {
      const { process } = message as { process: ChildProcess };
      process.once('spawn', () => process.kill('SIGKILL'));
    };
    subscribe('child_process', killNext);
    await expect(compose([another()])).rejects.toThrow('ended without an answer (SIGKILL)');
    unsubscribe('child_process', killNext);
    await compose([another()]);
    expect(processes).toHaveLength(3);
  });

  it('has nothing to do for what was composed lately, such as an earlier generation', async () => {
    const [first, second] = [another(), another()];
    const before = await compose([first]);
    await compose([second]);
    await expect(compose([another()], 1)).rejects.toThrow(CompositionError);
    subscribe('child_process', add);
    expect(await compose([{ ...first }])).toBe(before);
    expect(processes).toEqual([]);
    await expect(compose([first], undefined, AbortSignal.abort(new Error('superseded')))).rejects.toThrow('superseded');
    const contract = { name: 'open', include: [], exclude: ['none'], hideUnreachableTypes: true, place: 'open' };
    await expect(compose([first], undefined, undefined, [contract])).rejects.toThrow('open.exclude');
  });

  it('is one for each of two compositions at once', async () => {
    await expect(compose([another()], 1)).rejects.toThrow(CompositionError);
    subscribe('child_process', add);
    const both = await Promise.all([compose([another()]), compose([another()])]);
    expect(both.map(({ hints }) => hints)).toEqual([[], []]);
    expect(processes).toHaveLength(2);
    await compose([another()]);
    expect(processes).toHaveLength(2);
  });
});

describe('the AI directives', () => {
  const ai = (imports: string) => `@link(url: "https://isthmus.dev/ai/v1.0", import: [${imports}])`;

  it('are defined and composed for a subgraph that links them', async () => {
    const { supergraphSdl, apiSdl } = await compose([
      products,
      source(
        'assistant',
        `${federation('"@key", "@external", "@requires"')} ${ai('"@generate"')}
         type Product @key(fields: "id") { id: ID! name: String! @external
           summary: String @requires(fields: "name") @generate(prompt: "p", maxOutputTokens: 10) }`,
      ),
    ]);
    expect(supergraphSdl).toContain('@generate(prompt: "p", maxOutputTokens: 10)');
    expect(apiSdl).not.toContain('generate');
  });

  it('may be renamed, and are preserved in a subgraph that defines and composes them itself', async () => {
    const { supergraphSdl } = await compose([
      source(
        'accounts',
        `${federation('"@composeDirective"')} ${ai('{ name: "@sensitive", as: "@private" }')} @composeDirective(name: "@private")
         directive @private(kind: String! = "personal") on FIELD_DEFINITION
         type Query { email: String @private }`,
      ),
    ]);
    expect(supergraphSdl).toContain('@private');
  });

  it('are combined from two subgraphs that import different ones', async () => {
    const { supergraphSdl } = await compose([
      source('a', `${federation('')} ${ai('"@sensitive"')}\ntype Query { email: String @sensitive }`),
      source('b', `${federation('')} ${ai('"@generate"')}\ntype Query { haiku: String @generate(prompt: "haiku") }`),
    ]);
    expect(supergraphSdl).toContain('@sensitive');
    expect(supergraphSdl).toContain('@generate(prompt: "haiku")');
  });

  const older = (name: string, imports: string, field: string): SubgraphSource =>
    source(name, `${federation('')} ${ai(imports)}\ntype Query { ${field} }`);
  const newer = (name: string, field: string): SubgraphSource => {
    const { sdl, ...others } = older(name, '"@generate"', field);
    return { ...others, sdl: sdl.replace('ai/v1.0', 'ai/v1.1') };
  };

  it('are of v1.0 and of v1.1 in one supergraph, whatever each imports', async () => {
    const { supergraphSdl } = await compose([
      older('a', '"@generate", "@sensitive"', 'one: String @generate(prompt: "p")  two: String @sensitive'),
      newer('b', 'three: String @generate(prompt: "p", maxInputTokens: 500, input: "chunk")'),
      older('c', '"@sensitive"', 'four: String @sensitive'),
    ]);
    expect(supergraphSdl).toContain('https://isthmus.dev/ai/v1.1');
    expect(supergraphSdl).toContain('@generate(prompt: "p", maxInputTokens: 500, input: "chunk")');
    expect(supergraphSdl).toMatch(/two: String @join__field\(graph: A\) @sensitive/);
  });

  it('of v1.0 do not have the arguments of v1.1', async () => {
    const field = 'one: String @generate(prompt: "p", maxInputTokens: 500)';
    await expect(compose([older('a', '"@generate"', field)])).rejects.toThrow(
      /Unknown argument "maxInputTokens"[\s\S]*suggested fix: .*https:\/\/isthmus.dev\/ai\/v1.1/,
    );
  });

  it('do not change a federation 1 subgraph', async () => {
    const { supergraphSdl } = await compose([source('old', 'type Query { a: Int }')]);
    expect(supergraphSdl).not.toContain('isthmus.dev');
  });
});

/** The commands of a subgraph owner: in the store of a configuration, and at a registry that runs. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../testkit/processes/run-command.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const sdl = 'type Query { product: Product } type Product @key(fields: "id") { id: ID! name: String }\n';
const priced = `${sdl.trim().slice(0, -1)} price: Int }\n`;
const url = 'http://127.0.0.1:4003/graphql';

let folder: string;
let config: string;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-owner-'));
  config = file('supergraph.yaml');
  await writeFile(config, 'registry: { graph: shop@production }\nai: { models: { smart: [local/extractive] } }\n');
  await writeFile(file('products.graphql'), sdl);
  await writeFile(file('priced.graphql'), priced);
  await writeFile(file('broken.graphql'), 'type Query {\n  product: Prodct\n}\n');
  await mkdir(file('prompts'));
  await writeFile(file('prompts/pitch.prompt'), '---\nmodel: smart\n---\nPraise {{name}}.');
  await writeFile(
    file('assistant.graphql'),
    `extend schema @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
type Product @key(fields: "id") { id: ID! name: String @external
  pitch: String @requires(fields: "name") @generate(prompt: "pitch", maxOutputTokens: 20) }\n`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const own = (...words: readonly string[]) => runCommand(...words, '--config', config);
const publish = (name: string, schema: string, ...more: readonly string[]) =>
  own('subgraph', 'publish', '--name', name, '--schema', file(schema), ...more);

describe('the owner of a subgraph', () => {
  it('is told what is missing of the first one, and publishes it', async () => {
    expect(await own('subgraph', 'list')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('nothing has been published'),
    });
    expect(await publish('products', 'products.graphql')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('routing URL'),
    });
    expect(await publish('products', 'none.graphql', '--routing-url', url)).toMatchObject({
      code: 2,
      errors: expect.stringContaining('cannot be read'),
    });
    expect(await publish('products', 'products.graphql', '--routing-url', 'products')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('Write a URL'),
    });
    const published = await publish('products', 'products.graphql', '--routing-url', url, '--commit', 'abc', '--json');
    expect(JSON.parse(published.out)).toMatchObject({ kind: 'published', generation: { number: 1, commit: 'abc' } });
    expect(await publish('products', 'products.graphql')).toMatchObject({
      code: 0,
      out: 'generation 1 of shop@production serves this already\n',
    });
  });

  it('is told where a schema is wrong and how to mend it', async () => {
    const { code, errors } = await publish('products', 'broken.graphql');
    expect(code).toBe(1);
    expect(errors).toContain(`products (${file('broken.graphql')}:2)`);
    expect(errors).toContain('suggested fix:');
    const json = await publish('products', 'broken.graphql', '--json');
    expect(JSON.parse(json.out)).toMatchObject({
      error: { code: 'COMPOSITION', problems: [{ places: [{ line: 2 }] }] },
    });
    expect(await own('subgraph', 'delete', '--name', 'prodcts')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('"products"'),
    });
  });

  it('publishes prompts with an AI subgraph, lists, fetches, compares, and goes back', async () => {
    expect(
      await publish('assistant', 'assistant.graphql', '--prompts', file('prompts'), '--message', 'pitches'),
    ).toMatchObject({ code: 0 });
    expect(await publish('products', 'priced.graphql')).toMatchObject({
      code: 0,
      out: 'generation 3 of shop@production is published\n',
    });
    expect((await own('subgraph', 'list')).out).toMatch(/assistant +ai +1 prompts\nproducts +http +http:/);
    expect((await own('subgraph', 'fetch', '--name', 'products')).out).toBe(priced);
    expect((await own('supergraph', 'fetch')).out).toContain('price: Int');
    expect((await own('supergraph', 'diff')).out).toContain('--- products/schema.graphql\n- type Query');
    const history = (await own('supergraph', 'history')).out;
    expect(history).toMatch(/^3 .* publish products .*serves$/m);
    expect(history).toMatch(/^2 .* publish assistant .* pitches$/m);
    expect(await own('subgraph', 'rollback', '--name', 'products')).toMatchObject({ code: 0 });
    expect((await own('subgraph', 'fetch', '--name', 'products')).out).toBe(sdl);
    expect(JSON.parse((await own('subgraph', 'list', '--json')).out).subgraphs).toHaveLength(2);
    expect((await own('supergraph', 'rollback', '--to', '1', '--json')).out).toContain('"rollback"');
    expect(JSON.parse((await own('subgraph', 'list', '--json')).out).subgraphs).toHaveLength(1);
    expect(await own('supergraph', 'rollback', '--to', '0')).toMatchObject({ code: 2 });
    expect(await own('supergraph', 'rollback', '--to', '99')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('no generation 99'),
    });
  });

  it('gives labels to generations, and takes them wherever it takes numbers', async () => {
    expect((await own('supergraph', 'label', '3', 'stable')).out).toBe('stable is generation 3 of shop@production\n');
    expect((await own('supergraph', 'label', '1', 'first')).code).toBe(0);
    expect((await own('supergraph', 'history')).out).toMatch(/^3 .* stable$/m);
    expect((await own('supergraph', 'fetch', '--generation', 'stable')).out).toContain('price: Int');
    expect((await own('supergraph', 'fetch', '--generation', '1')).out).not.toContain('price: Int');
    expect((await own('supergraph', 'diff', '--from', 'first', '--to', 'stable')).out).toContain('price: Int');
    expect((await own('subgraph', 'rollback', '--name', 'products', '--to', 'stable')).code).toBe(0);
    expect((await own('subgraph', 'fetch', '--name', 'products')).out).toBe(priced);
    const moved = await own('supergraph', 'label', 'first', 'stable', '--json');
    expect(JSON.parse(moved.out)).toEqual({ name: 'stable', before: 3, number: 1 });
    expect((await own('supergraph', 'rollback', '--to', 'stable')).code).toBe(0);
    expect((await own('subgraph', 'fetch', '--name', 'products')).out).toBe(sdl);
    const labelled = ['supergraph', 'promote', 'shop@labelled', '--from', 'shop@production', '--generation', 'stable'];
    expect(await own(...labelled)).toMatchObject({ code: 0 });
    expect(await own('supergraph', 'rollback', '--to', 'stabel')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('did you mean "stable"?'),
    });
    expect(await own('supergraph', 'label', '99', 'stable')).toMatchObject({ code: 2 });
    expect(await own('supergraph', 'label', '1', '12')).toMatchObject({ code: 2 });
    expect((await own('supergraph', 'label', 'none', 'first')).out).toContain('no label of shop@production any more');
    expect(await own('supergraph', 'label', 'none', 'first')).toMatchObject({ code: 2 });
  });

  it('promotes one variant to another, and a canary to everyone', async () => {
    expect(await own('supergraph', 'promote', 'shop@live', '--from', 'shop@production')).toMatchObject({ code: 0 });
    expect(await own('supergraph', 'promote', 'shop@live')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('no canary'),
    });
    const canary = await own(
      'subgraph',
      'publish',
      'shop@live',
      '--name',
      'products',
      '--schema',
      file('priced.graphql'),
      '--canary',
      '5%',
    );
    expect(canary).toMatchObject({
      code: 0,
      out: 'generation 2 of shop@live is published, and served to 5 % of the requests\n',
    });
    expect((await own('supergraph', 'history', 'shop@live')).out).toMatch(/^2 .* canary 5 %$/m);
    expect(await own('supergraph', 'promote', 'shop@live')).toMatchObject({ code: 0 });
    expect((await own('subgraph', 'fetch', 'shop@live', '--name', 'products')).out).toBe(priced);
    expect(await own('subgraph', 'publish', 'shop@@live', '--name', 'x', '--routing-url', url)).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/is no graph: .* at most 64 letters/),
    });
    expect(await publish('products', 'priced.graphql', '--canary', '5')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('such as 5%'),
    });
  });

  it('publishes all that changes together of a configuration', async () => {
    const whole = file('whole.yaml');
    await writeFile(
      whole,
      `registry: { graph: shop@whole }
subgraphs:
  products: { routing_url: "${url}", schema: { file: priced.graphql } }
  assistant: { ai: true, schema: { file: assistant.graphql }, prompts: prompts }
ai: { models: { smart: [local/extractive] } }
limits: { depth: 7 }
access: { policies: { own: "principal.id == 'u1'" } }\n`,
    );
    const run = (...words: readonly string[]) => runCommand('supergraph', ...words, '--config', whole);
    expect(await run('publish')).toMatchObject({ code: 0, out: 'generation 2 of shop@whole is published\n' });
    const { out } = await run('diff', '--json');
    expect(JSON.parse(out).files).toMatchObject([{ file: 'settings', after: expect.stringContaining('"depth": 7') }]);
    await writeFile(
      whole,
      `subgraphs: { products: { routing_url: "${url}", schema: { file: priced.graphql } } }
registry: { graph: shop@whole }
access: { policies: { own: { code: own.ts } } }\n`,
    );
    expect(await run('publish')).toMatchObject({ code: 2, errors: expect.stringContaining('--no-settings') });
    await writeFile(
      whole,
      `subgraphs: { products: { routing_url: "${url}", schema: { file: priced.graphql } } }
registry: { graph: shop@whole }
access: { policies: { own: { http: "\${OPA_URL:-http://127.0.0.1:9}" } } }\n`,
    );
    expect(await run('publish')).toMatchObject({ code: 2, errors: expect.stringContaining('OPA_URL') });
  });
});

describe('prompts and operations', () => {
  const at = (...words: readonly string[]) => runCommand(...words, '--config', file('apps.yaml'));
  beforeAll(async () => {
    await writeFile(
      file('apps.yaml'),
      `registry: { graph: shop@apps }
subgraphs:
  products: { routing_url: "${url}", schema: { file: products.graphql } }
  assistant: { ai: true, schema: { file: assistant.graphql }, prompts: prompts }
ai: { models: { smart: [local/extractive] } }\n`,
    );
    await at('supergraph', 'publish', '--no-settings');
    await mkdir(file('next'));
    for (const name of ['pitch', 'pitch@1', 'pitch@2'])
      await writeFile(file(`next/${name}.prompt`), `---\nmodel: smart\n---\nPraise {{name}}, ${name}.`);
    await writeFile(file('next/labels.yaml'), '# by the shop\npitch: { production: 1 }\n');
    await mkdir(file('documents'));
    await writeFile(file('documents/Name.graphql'), 'query Name { product { name } }');
  });

  it('are listed and published, and a label is moved by itself', async () => {
    expect((await at('prompt', 'list')).out).toMatch(/assistant +pitch +smart/);
    expect(await at('prompt', 'publish', '--subgraph', 'assistant', '--prompts', file('next'))).toMatchObject({
      code: 0,
    });
    expect(await at('prompt', 'publish', '--subgraph', 'assistant', '--prompts', file('none'))).toMatchObject({
      code: 2,
      errors: expect.stringContaining('cannot be read'),
    });
    expect((await at('prompt', 'list')).out).toMatch(/pitch@1 +smart +production/);
    expect(await at('prompt', 'label', 'pitch@2', 'production')).toMatchObject({ code: 0 });
    expect((await at('prompt', 'list')).out).toMatch(/pitch@2 +smart +production/);
    expect((await at('supergraph', 'diff')).out).toBe(
      '--- assistant/prompts/labels.yaml\n- pitch: { production: 1 }\n+ pitch: { production: 2 }\n',
    );
    expect((await at('supergraph', 'history')).out).toContain('pitch@2 is production');
    expect(await at('prompt', 'label', 'pitch@3', 'production')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('pitch@3'),
    });
    expect(await at('prompt', 'label', 'pitch', 'beta')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('no label'),
    });
    expect(await at('prompt', 'list', '--subgraph', 'assistent')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('"assistant"'),
    });
  });

  it('are valid, or are not published', async () => {
    const documents = ['--documents', file('documents')] as const;
    expect(await at('operations', 'check', ...documents)).toMatchObject({
      code: 0,
      out: '1 of 1 documents are valid\n',
    });
    expect(await at('operations', 'push', '--name', 'web', ...documents)).toMatchObject({ code: 0 });
    await writeFile(file('documents/Price.graphql'), 'query Price { product { price } }');
    const invalid = await at('operations', 'push', '--name', 'web', ...documents);
    expect(invalid).toMatchObject({ code: 1, out: expect.stringContaining('Cannot query field "price"') });
    expect((await at('supergraph', 'history')).out).toContain('operations of web');
    expect(await at('operations', 'check', '--documents', file('nothing'))).toMatchObject({ code: 2 });
    // A change that one of them would not survive is told as such.
    await writeFile(file('nameless.graphql'), sdl.replace('name: String', 'title: String'));
    await writeFile(
      file('plain.yaml'),
      'registry: { graph: shop@apps }\nai: { models: { smart: [local/extractive] } }\n',
    );
    const words = ['subgraph', 'check', 'shop@apps', '--name', 'products', '--schema', file('nameless.graphql')];
    expect(await runCommand(...words, '--config', file('plain.yaml'))).toMatchObject({ code: 1 });
  });
});

describe('a check', () => {
  const change = (schema: string) => ['shop@checked', '--name', 'products', '--schema', file(schema)] as const;
  const at = (...words: readonly string[]) => runCommand(...words, '--config', file('checked.yaml'));
  beforeAll(async () => {
    await writeFile(
      file('checked.yaml'),
      'registry: { graph: shop@checked, checks: { owners: { Product.price: pricing } } }\n',
    );
    await at('subgraph', 'publish', ...change('priced.graphql'), '--routing-url', url, '--team', 'pricing');
  });

  it('tells what would break, at the line of the owner’s file, for terminals, pull requests and programs', async () => {
    const checked = await at('subgraph', 'check', ...change('products.graphql'));
    expect(checked).toMatchObject({ code: 1, out: expect.stringMatching(/failed|waits|waiting/) });
    expect(checked.out).toContain("Field 'price' was removed");
    const github = await at('subgraph', 'check', ...change('broken.graphql'), '--format', 'github');
    expect(github).toMatchObject({
      code: 1,
      out: expect.stringContaining(`::error file=${file('broken.graphql')},line=2`),
    });
    const markdown = await at('subgraph', 'check', ...change('products.graphql'), '--format', 'markdown');
    expect(markdown.out).toContain('was removed');
    expect(JSON.parse((await at('subgraph', 'check', ...change('priced.graphql'), '--json')).out)).toMatchObject({
      outcome: 'passed',
    });
    expect(await at('subgraph', 'check', 'shop@checked', '--name', 'products', '--delete')).toMatchObject({ code: 1 });
    expect(await at('subgraph', 'check', 'shop@checked', '--name', 'products')).toMatchObject({ code: 2 });
  });

  it('lets a change of another team’s field wait for its owner, also where it is published unchecked', async () => {
    const refused = await at('subgraph', 'publish', ...change('products.graphql'), '--team', 'catalog');
    expect(refused).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/waits for the owners .*Product.price for pricing/),
    });
    expect(await at('subgraph', 'approve', ...change('products.graphql'))).toMatchObject({
      code: 2,
      errors: expect.stringContaining('--change <id>, or --all'),
    });
    expect(await at('subgraph', 'approve', ...change('products.graphql'), '--team', 'catalog', '--all')).toMatchObject({
      code: 1,
    });
    const approved = await at(
      'subgraph',
      'approve',
      ...change('products.graphql'),
      '--team',
      'pricing',
      '--all',
      '--comment',
      'agreed',
    );
    expect(approved).toMatchObject({ code: 0, out: expect.stringContaining('is approved') });
    expect(await at('subgraph', 'publish', ...change('products.graphql'), '--team', 'catalog')).toMatchObject({
      code: 0,
    });
  });

  it('keeps every check, with what was published of it', async () => {
    const commit = ['--team', 'pricing', '--commit', 'abcdef'];
    expect(await at('subgraph', 'check', ...change('priced.graphql'), ...commit)).toMatchObject({ code: 0 });
    expect(await at('subgraph', 'publish', ...change('priced.graphql'), '--team', 'pricing')).toMatchObject({
      code: 0,
    });
    const listed = await at('subgraph', 'checks', 'list');
    expect(listed.out).toMatch(/^\d+ .* products .* abcdef .* passed .* published as generation \d$/m);
    expect(listed.out).toMatch(/^\d+ .* products .* failed: composition/m);
    const [newest, ...older] = JSON.parse((await at('subgraph', 'checks', 'list', '--json')).out);
    expect(newest).toMatchObject({ outcome: 'passed', commit: 'abcdef', generation: expect.any(Number) });
    const failure = older.find(({ outcome }: { readonly outcome: string }) => outcome === 'failed');
    const shown = await at('subgraph', 'checks', 'show', String(failure.id), 'shop@checked');
    expect(shown).toMatchObject({ code: 0, out: expect.stringContaining('Composition') });
    expect(await at('subgraph', 'checks', 'show', '999999')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('no check 999999'),
    });
    expect(await at('subgraph', 'checks', 'show', 'last')).toMatchObject({ code: 2 });
  });

  it('lints a schema by itself', async () => {
    await writeFile(file('odd.graphql'), 'enum Color { red RED }\ntype Query { getColor: Color }\n');
    const lint = await runCommand('subgraph', 'lint', '--schema', file('odd.graphql'));
    expect(lint.out).toContain(`${file('odd.graphql')}:1`);
    expect(await runCommand('subgraph', 'lint', '--schema', file('none.graphql'))).toMatchObject({ code: 2 });
  });
});

describe('at a registry that runs', () => {
  let gateway: TestGateway;
  let admin: string;
  beforeAll(async () => {
    gateway = await startTestGateway({
      subgraphs: { products: { sdl: priced, resolvers: { Query: { product: () => ({ id: 'p1', price: 3 }) } } } },
      yaml: 'admin: { port: 0 }\nregistry: { graph: shop }',
    });
    admin = String(gateway.log.find(({ msg }) => msg === 'the admin listener listens')?.adminUrl).replace(
      '/admin/graphql',
      '',
    );
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it('does the same', async () => {
    const at = ['--gateway', admin] as const;
    await writeFile(file('renamed.graphql'), priced.replace('price:', 'cents:'));
    expect(
      await runCommand('subgraph', 'publish', 'shop', '--name', 'products', '--schema', file('renamed.graphql'), ...at),
    ).toMatchObject({ code: 0 });
    await expect.poll(() => gateway.query('{ product { price } }')).toMatchObject({ status: 400 });
    expect(await runCommand('supergraph', 'rollback', 'shop', ...at)).toMatchObject({ code: 0 });
    await expect.poll(() => gateway.query('{ product { price } }')).toMatchObject({ data: { product: { price: 3 } } });
    expect(
      await runCommand('subgraph', 'publish', 'shop', '--name', 'products', '--schema', file('broken.graphql'), ...at),
    ).toMatchObject({
      code: 1,
      errors: expect.stringContaining('suggested fix:'),
    });
    expect((await runCommand('supergraph', 'history', 'shop', ...at)).out).toContain('rollback to 1');
    expect(await runCommand('subgraph', 'list', 'shop', '--gateway', 'http://127.0.0.1:9')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('cannot be reached'),
    });
    expect(
      JSON.parse(
        (await runCommand('registry', 'key', '--config', join(gateway.folder, 'supergraph.yaml'), '--json')).out,
      ).publicKey,
    ).toHaveLength(43);
  });
});

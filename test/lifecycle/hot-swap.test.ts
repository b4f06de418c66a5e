import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../testkit/graphs/shop.ts';
import { randomRuns } from '../testkit/random/random-runs.ts';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs: shop, watch: true, yaml: 'traffic: { share_identical: off }' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const generation = () => gateway.gateway.generations.current?.id;
const file = (name: string) => join(gateway.folder, name);
const fieldsOfProduct = async () => {
  const { data } = await gateway.query('{ __type(name: "Product") { fields { name } } }');
  return (data.__type.fields as { name: string }[]).map((field) => field.name);
};

/** As careful editors do: the file is replaced, never half written. */
async function edit(name: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(file(name), 'utf8');
  await writeFile(file(`${name}.new`), change(text));
  await rename(file(`${name}.new`), file(name));
}

describe('editing while it runs', () => {
  it('swaps the generation when a subgraph’s SDL changes', async () => {
    const before = generation();
    await edit('stock.graphql', (sdl) => sdl.replace('stock: Int', 'stock: Int  reserved: Int'));
    await expect.poll(() => generation()).not.toBe(before);
    expect(await fieldsOfProduct()).toContain('reserved');
    expect((await gateway.query('{ products { stock } }')).data.products).toHaveLength(3);
  });

  it('keeps the old generation and says what is wrong when an edit is broken, and takes the next good one', async () => {
    const before = generation();
    const lines = gateway.log.length;
    await edit('stock.graphql', (sdl) => sdl.replace('reserved: Int', 'reserved: Nowhere'));
    await expect.poll(() => gateway.log.slice(lines).some((line) => line.level === 'error')).toBe(true);
    const said = gateway.log.slice(lines).find((line) => line.level === 'error');
    expect(said?.msg).toContain('the previous generation keeps serving');
    expect(said?.msg).toContain('stock.graphql:2');
    expect(said?.msg).toContain('Nowhere');
    expect(generation()).toBe(before);
    expect((await fetch(new URL('/health/ready', gateway.url))).status).toBe(200);
    expect(await fieldsOfProduct()).toContain('reserved');

    await edit('stock.graphql', (sdl) => sdl.replace('reserved: Nowhere', 'kept: Int'));
    await expect.poll(() => generation()).not.toBe(before);
    expect(await fieldsOfProduct()).toContain('kept');
  });

  it('takes up the configuration file, and refuses a broken one', async () => {
    const before = generation();
    await edit('supergraph.yaml', (yaml) => `${yaml}server: { introspection: false }\n`);
    await expect.poll(() => generation()).not.toBe(before);
    expect((await gateway.query('{ __schema { queryType { name } } }')).errors?.[0]?.extensions.code).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );

    const [after, lines] = [generation(), gateway.log.length];
    await edit('supergraph.yaml', (yaml) => `${yaml}unknown_key: 1\n`);
    await expect
      .poll(() => String(gateway.log.slice(lines).find((line) => line.level === 'error')?.msg))
      .toContain('unknown_key');
    expect(generation()).toBe(after);

    await edit('supergraph.yaml', (yaml) =>
      yaml.replace('unknown_key: 1\n', '').replace('server: { introspection: false }\n', ''),
    );
    await expect.poll(() => generation()).not.toBe(after);
  });

  it('does nothing when a file is saved without a change', async () => {
    expect(await gateway.gateway.reload()).toEqual({ kind: 'unchanged' });
  });

  it('drops no request of 200 in flight, and lets each finish on the generation it began with', async () => {
    const { stock } = gateway.subgraphs;
    const release = Promise.withResolvers<void>();
    let waiting = 0;
    if (stock !== undefined) {
      stock.intercept = async (request, response) => {
        let text = '';
        for await (const chunk of request) text += String(chunk);
        waiting++;
        await release.promise;
        const { variables } = JSON.parse(text) as { variables: { representations: { id: string }[] } };
        response.end(
          JSON.stringify({
            data: { _entities: variables.representations.map(({ id }) => ({ kept: Number(id.slice(1)) })) },
          }),
        );
      };
    }
    const inFlight = Array.from({ length: 200 }, (_, index) =>
      gateway.query(`query Q${index} { products { id kept } }`),
    );
    await expect.poll(() => waiting).toBeGreaterThan(50);
    const before = generation();
    // Valid only in the old generation: what has been accepted completes all the same.
    await edit('stock.graphql', (sdl) => sdl.replace('kept: Int', 'renamed: Int'));
    await expect.poll(() => generation()).not.toBe(before);
    expect(await fieldsOfProduct()).not.toContain('kept');
    release.resolve();
    for (const answer of await Promise.all(inFlight)) {
      expect(answer).toEqual({ status: 200, data: { products: [1, 2, 3].map((kept) => ({ id: `p${kept}`, kept })) } });
    }
    if (stock !== undefined) stock.intercept = undefined;
    expect((await gateway.query('{ products { kept } }')).errors?.[0]?.extensions.code).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
  });

  it('fails none of a steady stream of requests over many swaps', async () => {
    let running = true;
    const failures: unknown[] = [];
    let answered = 0;
    const clients = Array.from({ length: 4 }, async () => {
      while (running) {
        const answer = await gateway.query(`{ products { id stock } c${answered++}: __typename }`);
        if (answer.errors !== undefined || answer.data.products.length !== 3) failures.push(answer);
      }
    });
    for (let swap = 0; swap < randomRuns(6); swap++) {
      const before = generation();
      await edit('products.graphql', (sdl) => `${sdl.replace(/\n# .*$/, '')}\n# ${swap}`);
      await expect.poll(() => generation()).not.toBe(before);
    }
    running = false;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(50);
  }, 3_600_000);
});

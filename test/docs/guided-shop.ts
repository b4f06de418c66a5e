/** The sample's products and reviews with what the docs' guide adds, as a reader would have it; on free ports. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { createGateway, createLogger } from '../../src/index.ts';
import { startProducts } from '../../subgraphs/products/products.ts';
import { startCatalog } from '../../subgraphs/products/rest/catalog.ts';
import { startReviews } from '../../subgraphs/reviews/reviews.ts';

export interface GuidedShopOptions {
  /** The guide's lines of supergraph.yaml. */
  readonly yaml: string;
  /** The guide's files, by the paths it names. */
  readonly files: ReadonlyMap<string, string>;
}

export type GuidedShop = Awaited<ReturnType<typeof startGuidedShop>>;

export async function startGuidedShop({ yaml, files }: GuidedShopOptions) {
  const catalog = await startCatalog({ port: 0 });
  const products = await startProducts({ port: 0, catalogUrl: catalog.url });
  const reviews = await startReviews({ port: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-guide-'));
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const sample = parse(await readFile('supergraph.yaml', 'utf8')) as {
    readonly ai: unknown;
    readonly access: { readonly policies: unknown };
  };
  const added = parse(yaml) as { readonly subgraphs: Readonly<Record<string, unknown>> };
  const http = (name: string, url: string) => ({
    routing_url: url,
    schema: { file: resolve(`subgraphs/${name}/schema.graphql`) },
  });
  const configFile = join(folder, 'supergraph.yaml');
  await writeFile(
    configFile,
    stringify({
      federation_version: '=2.12.0',
      subgraphs: {
        products: http('products', products.url),
        reviews: http('reviews', reviews.url),
        ...added.subgraphs,
      },
      access: { policies: sample.access.policies },
      ai: sample.ai,
    }),
  );
  const log = createLogger({ level: 'silent', readable: false });
  const gateway = await createGateway({ configFile, log, watch: false, environment: {} });
  const server = await gateway.listen({ port: 0 });
  return {
    url: server.url,
    folder,
    configFile,
    async query(query: string, headers: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>> {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
      return (await response.json()) as Record<string, unknown>;
    },
    async [Symbol.asyncDispose]() {
      await server.drain();
      await gateway.close();
      await Promise.all([products.close(), reviews.close()]);
      await catalog.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

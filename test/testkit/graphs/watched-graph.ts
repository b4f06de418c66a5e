/** A gateway that watches its files, over one products subgraph; each test writes the rest of the folder itself. */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { vi } from 'vitest';
import { createGateway, createLogger, type Gateway, type GatewayOptions } from '../../../src/index.ts';
import { shop } from './shop.ts';

export interface WatchedGraph {
  readonly folder: string;
  readonly gateway: Gateway;
  readonly log: readonly Record<string, unknown>[];
  readonly generation: string | undefined;
  /** Saves a file as careful editors do: replaced, never half written. */
  save(path: string, text: string): Promise<void>;
  /** Resolves once a line whose message has `text` is logged after `from` lines. */
  logged(text: string, from?: number): Promise<Record<string, unknown>>;
  /** Resolves once the API schema has, or has no longer, this type or field. */
  serves(coordinate: string, present?: boolean): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const productsYaml =
  'subgraphs:\n  products: { routing_url: "http://127.0.0.1:1/graphql", schema: { file: products.graphql } }\n';

/** @param files by path; `supergraph.yaml` and `products.graphql` have defaults */
export async function startWatchedGraph(
  files: Readonly<Record<string, string>> = {},
  options: Partial<GatewayOptions> = {},
): Promise<WatchedGraph> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-watched-'));
  const save = async (path: string, text: string): Promise<void> => {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  const all = { 'supergraph.yaml': productsYaml, 'products.graphql': shop.products.sdl, ...files };
  for (const [path, text] of Object.entries(all)) await save(path, text);

  const log: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString('utf8').split('\n')) {
        if (line !== '') log.push(JSON.parse(line) as Record<string, unknown>);
      }
      done();
    },
  });
  const gateway = await createGateway({
    configFile: join(folder, 'supergraph.yaml'),
    log: createLogger({ level: 'debug', readable: false, destination }),
    environment: {},
    ...options,
  });
  return {
    folder,
    gateway,
    log,
    get generation() {
      return gateway.generations.current?.id;
    },
    save,
    logged: (text, from = 0) =>
      vi.waitFor(
        () => {
          const line = log.slice(from).find(({ msg }) => String(msg).includes(text));
          if (line === undefined) throw new Error(`nothing logged has "${text}"`);
          return line;
        },
        { timeout: 30_000, interval: 20 },
      ),
    serves: (coordinate, present = true) =>
      vi.waitFor(
        () => {
          const [typeName = '', field] = coordinate.split('.');
          const type = gateway.generations.current?.apiSchema.getType(typeName);
          const element =
            field === undefined ? type : type !== undefined && 'getFields' in type && type.getFields()[field];
          if (Boolean(element) !== present) throw new Error(`${coordinate} is ${present ? 'not ' : 'still '}served`);
        },
        { timeout: 30_000, interval: 20 },
      ),
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

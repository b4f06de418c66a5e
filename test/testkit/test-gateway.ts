import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createGateway, createLogger, type Gateway, type ListeningServer } from '../../src/index.ts';
import type { RequestSink } from '../../src/observability/index.ts';
import { startSubgraph, type TestResolvers, type TestSubgraph } from './subgraph-server.ts';
import { openTestWorkers, testWorkers } from './test-workers.ts';

export interface TestGatewayOptions {
  /** None where its yaml has a `supergraph`. */
  readonly subgraphs: Readonly<Record<string, { readonly sdl: string; readonly resolvers?: TestResolvers }>>;
  /** More lines of supergraph.yaml. */
  readonly yaml?: string;
  readonly watch?: boolean;
  /** @default of `ISTHMUS_TEST_WORKERS`; one where there are sinks, which are of this thread */
  readonly workers?: number | undefined;
  /** Who looks at its requests. @default nobody */
  readonly sinks?: readonly RequestSink[] | undefined;
}

export interface TestGateway {
  readonly url: string;
  readonly folder: string;
  readonly gateway: Gateway;
  readonly server: ListeningServer;
  readonly subgraphs: Readonly<Record<string, TestSubgraph>>;
  /** Every line logged so far. */
  readonly log: readonly Record<string, unknown>[];
  query(query: string, variables?: Record<string, unknown>, headers?: Record<string, string>): Promise<TestAnswer>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface TestAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields that it selected
  readonly data?: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: Record<string, unknown>;
  }[];
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly extensions?: any;
  readonly headers?: Headers;
}

/**
 * A whole gateway over real subgraphs, in this process, on free ports. With `ISTHMUS_TEST_WORKERS` its workers answer.
 */
export async function startTestGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-gateway-'));
  const subgraphs: Record<string, TestSubgraph> = {};
  let yaml = Object.keys(options.subgraphs).length === 0 ? '' : 'subgraphs:\n';
  for (const [name, { sdl, resolvers }] of Object.entries(options.subgraphs)) {
    const subgraph = await startSubgraph(sdl, resolvers ?? {});
    subgraphs[name] = subgraph;
    await writeFile(join(folder, `${name}.graphql`), sdl);
    yaml += `  ${name}: { routing_url: "${subgraph.url}", schema: { file: ${name}.graphql } }\n`;
  }
  const configFile = join(folder, 'supergraph.yaml');
  await writeFile(configFile, `${yaml}${options.yaml ?? ''}\n`);

  const log: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString('utf8').split('\n')) {
        if (line !== '') log.push(JSON.parse(line) as Record<string, unknown>);
      }
      done();
    },
  });
  const logger = createLogger({ level: 'debug', readable: false, destination });
  const { watch = false, sinks, workers = sinks === undefined ? testWorkers : 1 } = options;
  const writeLines = (lines: string): boolean => destination.write(lines);
  const gateway: Gateway & { takeLines?(): void } =
    workers === 1
      ? await createGateway({ configFile, log: logger, watch, sinks })
      : await openTestWorkers({ configFile, workers, log: logger, watch, writeLines });
  const server = await gateway.listen({ port: 0 });

  return {
    url: `${server.url}/graphql`,
    folder,
    gateway,
    server,
    subgraphs,
    get log() {
      gateway.takeLines?.();
      return log;
    },
    async query(query, variables, headers = {}) {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
        body: JSON.stringify({ query, variables }),
      });
      const answer = { status: response.status, ...((await response.json()) as object) };
      // Not enumerable: answers are compared without them.
      return Object.defineProperty(answer, 'headers', { value: response.headers });
    },
    async [Symbol.asyncDispose]() {
      await server.drain();
      await gateway.close();
      await Promise.all(Object.values(subgraphs).map((subgraph) => subgraph.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

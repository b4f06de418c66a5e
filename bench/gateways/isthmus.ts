/** Isthmus as it is deployed: its command line, its HTTP server, its defaults but for the log level. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { stableHash } from '../../src/lib/index.ts';
import { schemaFileOf } from '../graphs/graph.ts';
import type { Mode } from '../operations.ts';
import { startChild } from '../process/child.ts';
import type { BenchGateway, GraphFiles } from './gateway.ts';
import { heapFlags } from './heap-flags.ts';
import { packageVersion } from './package-version.ts';

export const isthmus: BenchGateway = {
  name: 'isthmus',
  title: 'Isthmus',
  path: '/graphql',
  whyNot: () => undefined,
  start: (files, mode, port) => serve(writeSupergraphYaml(files, mode), port),
  version: () => packageVersion('../../package.json'),
};

/** With more of its configuration. */
export const isthmusWith = (title: string, config: Readonly<Record<string, unknown>>): BenchGateway => ({
  ...isthmus,
  title,
  start: (files, mode, port) => serve(writeSupergraphYaml(files, mode, 'isthmus', 'warn', config), port),
});

/** The same server with the reference engine: what every answer is compared with. */
export const reference: Pick<BenchGateway, 'path' | 'start'> = {
  path: '/graphql',
  start: (files, mode, port) => serve(writeSupergraphYaml(files, mode, 'reference'), port),
};

/** Isthmus with so many workers, on both cores, beside load and upstream. */
export const isthmusWorkers = (workers: number): BenchGateway => ({
  ...isthmus,
  title: workers === 1 ? 'Isthmus, one thread' : `Isthmus, ${workers} workers`,
  start: (files, mode, port) =>
    startChild({
      command: [...serveCommand(writeSupergraphYaml(files, mode), port), '--workers', String(workers)],
      role: 'unpinned',
    }),
});

/** With a line in the log for every request, as it is by default. */
export const isthmusLogged: BenchGateway = {
  ...isthmus,
  title: 'Isthmus, a log line per request',
  start: (files, mode, port) => serve(writeSupergraphYaml(files, mode, 'isthmus', 'info'), port),
};

const serve = (config: string, port: number) =>
  startChild({
    command: serveCommand(config, port),
    role: 'gateway',
  });

const serveCommand = (config: string, port: number): readonly string[] => [
  ...heapFlags,
  ...['src/cli/main.ts', 'serve'],
  ...['--config', config, '--port', String(port)],
];

export function writeSupergraphYaml(
  { graph, folder, upstreamPort }: Omit<GraphFiles, 'supergraphFile'>,
  mode: Mode,
  engine: 'isthmus' | 'reference' = 'isthmus',
  // The peers write no line per request either.
  logLevel: 'warn' | 'info' = 'warn',
  more: Readonly<Record<string, unknown>> = {},
): string {
  const subgraphs = Object.fromEntries(
    Object.keys(graph.subgraphs).map((name) => [
      name,
      { routing_url: `http://127.0.0.1:${upstreamPort}/${name}`, schema: { file: schemaFileOf(graph.name, name) } },
    ]),
  );
  const file = join(folder, `${graph.name}-${engine}-${mode}-${logLevel}-${stableHash(more).slice(0, 8)}.yaml`);
  const text = stringify({
    federation_version: '=2.12.0',
    subgraphs,
    engine,
    server: { host: '127.0.0.1', landing_page: false },
    traffic: { share_identical: mode === 'shared' ? 'operation' : 'off' },
    // Nor do the peers record operations, which `npm run bench -- observability` measures.
    telemetry: { log_level: logLevel, records: false },
    ...more,
  });
  writeFileSync(file, text);
  return file;
}

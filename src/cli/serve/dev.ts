/**
 * `isthmus dev`: serves the graph while it is worked on. What is saved is composed and served; what does not compose is
 * explained, at the start too, and the last graph that did goes on serving.
 */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { ConfigError, type LocalSubgraph, loadConfig } from '../../config/index.ts';
import { createGateway } from '../../gateway.ts';
import { CompositionError, watchedPaths, watchFiles } from '../../supergraph/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { paint } from '../frame/paint.ts';
import { readPort } from '../options/read-port.ts';
import { openJsonLog } from './serve.ts';
import { type ServedGateway, serveGateway } from './serve-gateway.ts';

type LocalSubgraphs = Readonly<Record<string, LocalSubgraph>>;

interface DevOptions {
  readonly config: string;
  readonly port?: number;
  readonly host?: string;
  readonly subgraph: LocalSubgraphs;
  readonly json?: boolean;
}

export function devCommand(): Command {
  return cliCommand('dev', {
    description: 'Compose, serve and watch the graph, with subgraphs of this machine in place of others.',
    local: 'it is a gateway itself',
    examples: [
      'isthmus dev',
      'isthmus dev --subgraph products=http://localhost:4003/graphql # introspected; the rest is as it is configured or published',
      'isthmus dev --subgraph products=./products.graphql@http://localhost:4003/graphql --port 4010',
    ],
    json: 'write the log as JSON lines in a terminal, too',
  })
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option(
      '--subgraph <name=url>',
      'a subgraph of this machine, introspected; name=file@url takes its schema from a file; may be repeated',
      readSubgraph,
      {},
    )
    .option('--port <number>', 'instead of server.port; 0 takes a free one', readPort)
    .option('--host <address>', 'instead of server.host')
    .action(({ config, port, host, ...options }: DevOptions) =>
      serveGateway({ config, port, host, open: () => openWhenComposed(config, options) }),
    );
}

/** Tries again with every change of a file, as long as the graph does not compose. */
async function openWhenComposed(
  config: string,
  { subgraph: localSubgraphs, json }: Pick<DevOptions, 'subgraph' | 'json'>,
): Promise<ServedGateway> {
  for (;;) {
    const changed = await nextChange(config, localSubgraphs);
    try {
      const log = json === true ? (await openJsonLog(config)).log : undefined;
      const options = { configFile: config, waitForSubgraphs: true, records: true, registry: true, localSubgraphs };
      const gateway = await createGateway({ ...options, log });
      for (const [name, { routingUrl, schemaFile }] of Object.entries(localSubgraphs))
        gateway.log.info({ subgraph: name, url: routingUrl, schema: schemaFile ?? 'introspected' }, 'a local subgraph');
      return { ...gateway, generation: () => gateway.generations.current?.id };
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof CompositionError)) throw error;
      process.stderr.write(`${error.message}\n${paint('yellow', 'waiting for a change', process.stderr)}\n`);
      await changed.wait();
    } finally {
      await changed.close();
    }
  }
}

/** The next change of a file of the graph; of the configuration alone, while that is wrong. */
async function nextChange(config: string, localSubgraphs: LocalSubgraphs) {
  const next = Promise.withResolvers<void>();
  const watch = watchFiles({ onChange: next.resolve, onTrouble: () => undefined });
  const inCode = { subgraphs: {}, providers: [], localSubgraphs };
  const loaded = await loadConfig(config, process.env, inCode).catch(() => undefined);
  await watch.update(loaded === undefined ? [resolve(config)] : watchedPaths(loaded));
  return { wait: () => next.promise, close: () => watch.close() };
}

/** `name=url` or `name=file@url`. */
function readSubgraph(text: string, before: LocalSubgraphs): LocalSubgraphs {
  const [, name, file, url] = /^([A-Za-z_][\w-]*)=(?:(.+)@)?(https?:\/\/.+)$/.exec(text) ?? [];
  if (name === undefined || url === undefined || !URL.canParse(url))
    throw new InvalidArgumentError('Write name=http://localhost:4003/graphql, or name=./schema.graphql@http://….');
  const schemaFile = file === undefined ? {} : { schemaFile: resolve(file) };
  return { ...before, [name]: { routingUrl: url, ...schemaFile } };
}

/** `isthmus serve`. */
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../../config/index.ts';
import { type OpenedLog, openLog } from '../../observability/index.ts';
import { openBundle } from '../bundle/open-bundle.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { readPort } from '../options/read-port.ts';
import { type ServedGateway, serveGateway } from './serve-gateway.ts';

interface ServeOptions {
  readonly config: string;
  readonly bundle?: string;
  readonly port?: number;
  readonly host?: string;
  readonly workers?: number;
  readonly watch: boolean;
  readonly json?: boolean;
}

export function serveCommand(): Command {
  return cliCommand('serve', {
    description: 'Serve the supergraph.',
    local: 'it is the gateway itself',
    examples: [
      'isthmus serve',
      'isthmus serve --config production.yaml --host 0.0.0.0 --workers auto',
      'isthmus serve --port 0 --no-watch --json',
      'isthmus serve --bundle shop.isthmus',
    ],
    json: 'write the log as JSON lines in a terminal, too',
  })
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--bundle <file>', 'serve what `isthmus bundle` has packed, instead of a configuration file')
    .option('--port <number>', 'instead of server.port; 0 takes a free one', readPort)
    .option('--host <address>', 'instead of server.host')
    .option('--workers <number>', 'instead of server.workers; auto is one for each core', readWorkers)
    .option('--no-watch', 'do not take up changes of configuration, schemas and prompts; SIGHUP still does')
    .action(serve);
}

async function serve({ bundle, port, host, workers, json, ...options }: ServeOptions): Promise<void> {
  const config = bundle === undefined ? options.config : await openBundle(bundle);
  const watch = options.watch && bundle === undefined;
  return serveGateway({ config, port, host, open: () => openGateway({ config, workers, watch, json }) });
}

type OpenOptions = Pick<ServeOptions, 'config' | 'watch'> & {
  readonly [Name in 'workers' | 'json']: ServeOptions[Name] | undefined;
};

/** In this thread, or in workers. */
async function openGateway({ config, workers, watch, json }: OpenOptions): Promise<ServedGateway> {
  const options = { configFile: config, watch, waitForSubgraphs: true, records: true, registry: true };
  const opened = json === true ? await openJsonLog(config) : undefined;
  const count = workers ?? (await loadConfig(config)).server.workers;
  // Only one of the two is loaded.
  if (count === 1) {
    const { createGateway } = await import('../../gateway.ts');
    const gateway = await createGateway({ ...options, log: opened?.log });
    return { ...gateway, generation: () => gateway.generations.current?.id };
  }
  const output = opened === undefined ? {} : { output: opened };
  const { openWorkers } = await import('../../workers/index.ts');
  const gateway = await openWorkers({ ...options, ...output, workers: count });
  return { ...gateway, generation: () => gateway.generation };
}

/** As `telemetry` says, but for its form. */
export async function openJsonLog(config: string): Promise<OpenedLog> {
  const { telemetry } = await loadConfig(config);
  return openLog({ ...telemetry, log: { ...telemetry.log, format: 'json' } });
}

const mostWorkers = 256;

function readWorkers(text: string): number {
  if (text === 'auto') return availableParallelism();
  const workers = Number(text);
  if (!/^\d+$/.test(text) || workers < 1 || workers > mostWorkers)
    throw new InvalidArgumentError(`Write auto, or a number of workers from 1 to ${mostWorkers}.`);
  return workers;
}

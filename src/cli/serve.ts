import { availableParallelism, constants } from 'node:os';
import { isatty } from 'node:tty';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../config/index.ts';
import { createGateway, type Gateway } from '../gateway.ts';
import { type OpenedLog, openLog, reopenLogFiles } from '../observability/index.ts';
import { openWorkers } from '../workers/index.ts';
import { cliCommand } from './frame/cli-command.ts';
import { reportRunning } from './report-running.ts';

interface ServeOptions {
  readonly config: string;
  readonly port?: number;
  readonly host?: string;
  readonly workers?: number;
  readonly watch: boolean;
  readonly json?: boolean;
}

/** The time to close everything after the drain; whatever hangs longer ends with the process. */
const closeTimeoutMs = 1_000;

/** `isthmus serve`: runs the gateway until SIGTERM or SIGINT; a second signal ends it at once. SIGHUP reloads. */
export function serveCommand(): Command {
  return cliCommand('serve', {
    description: 'Serve the supergraph.',
    examples: [
      'isthmus serve',
      'isthmus serve --config production.yaml --host 0.0.0.0 --workers auto',
      'isthmus serve --port 0 --no-watch --json',
    ],
    json: 'write the log as JSON lines in a terminal, too',
  })
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--port <number>', 'instead of server.port; 0 takes a free one', readPort)
    .option('--host <address>', 'instead of server.host')
    .option('--workers <number>', 'instead of server.workers; auto is one for each core', readWorkers)
    .option('--no-watch', 'do not take up changes of configuration, schemas and prompts; SIGHUP still does')
    .action(serve);
}

async function serve({ config, port, host, workers, watch, json }: ServeOptions): Promise<void> {
  // Installed first: a SIGHUP during the start must not end the process; the reload is made after the start.
  let isAwaited = false;
  let reload = (): void => {
    isAwaited = true;
  };
  const inTerminal = isatty(0);
  process.on('SIGHUP', () => {
    // A closed terminal sends SIGHUP too; its programs end.
    if (inTerminal && !isatty(0)) process.kill(process.pid, 'SIGTERM');
    else reload();
  });

  // During the start, which may wait for subgraphs, there is nothing to drain. Without this handler the process would not
  // end at all as process 1 of a container.
  let stop = (signal: 'SIGTERM' | 'SIGINT'): void => process.exit(128 + constants.signals[signal]);
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));

  const gateway = await openGateway({ config, workers, watch, json });
  const { log } = gateway;
  const server = await gateway.listen({ host, port });
  let stopping = false;
  const drain = async (): Promise<void> => {
    const finished = await server.drain();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, closeTimeoutMs);
    });
    await Promise.race([gateway.close(), late]);
    clearTimeout(timer);
    log.info({ finished }, 'stopped');
    process.exit(finished ? 0 : 1);
  };
  stop = (signal) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'draining');
    void drain();
  };

  log.info({ url: server.url }, 'listening');
  process.send?.({ url: server.url });
  const reloaded = await reportRunning({ config, url: server.url, generation: gateway.generation, log });
  reload = () => {
    reopenLogFiles();
    log.info({ signal: 'SIGHUP' }, 'reloading');
    void gateway.reload().then(reloaded);
  };
  if (isAwaited) reload();
}

type OpenOptions = Pick<ServeOptions, 'config' | 'watch'> & {
  readonly [Name in 'workers' | 'json']: ServeOptions[Name] | undefined;
};

interface ServedGateway extends Pick<Gateway, 'log' | 'listen' | 'reload' | 'close'> {
  readonly generation: () => string | undefined;
}

/** In this thread, or in workers. */
async function openGateway({ config, workers, watch, json }: OpenOptions): Promise<ServedGateway> {
  const options = { configFile: config, watch, waitForSubgraphs: true, records: true, registry: true };
  const opened = json === true ? await openJsonLog(config) : undefined;
  const count = workers ?? (await loadConfig(config)).server.workers;
  if (count === 1) {
    const gateway = await createGateway({ ...options, log: opened?.log });
    return { ...gateway, generation: () => gateway.generations.current?.id };
  }
  const output = opened === undefined ? {} : { output: opened };
  const gateway = await openWorkers({ ...options, ...output, workers: count });
  return { ...gateway, generation: () => gateway.generation };
}

async function openJsonLog(config: string): Promise<OpenedLog> {
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

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

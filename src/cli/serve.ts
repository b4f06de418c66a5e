import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { Command, InvalidArgumentError } from 'commander';
import { createGateway } from '../gateway.ts';
import { reportRunning } from './report-running.ts';

interface ServeOptions {
  readonly config: string;
  readonly port?: number;
  readonly host?: string;
  readonly watch: boolean;
}

/** The time to close everything after the drain; whatever hangs longer ends with the process. */
const closeTimeoutMs = 1_000;

/** `isthmus serve`: runs the gateway until SIGTERM or SIGINT; a second signal ends it at once. SIGHUP reloads. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Serve the supergraph.')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--port <number>', 'instead of server.port; 0 takes a free one', readPort)
    .option('--host <address>', 'instead of server.host')
    .option('--no-watch', 'do not take up changes of configuration, schemas and prompts; SIGHUP still does')
    .action(serve);
}

async function serve({ config, port, host, watch }: ServeOptions): Promise<void> {
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

  const gateway = await createGateway({ configFile: config, watch, waitForSubgraphs: true });
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
  const reloaded = await reportRunning({ config, url: server.url, gateway, log });
  reload = () => {
    log.info({ signal: 'SIGHUP' }, 'reloading');
    void gateway.reload().then(reloaded);
  };
  if (isAwaited) reload();
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

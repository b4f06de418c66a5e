import { Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../config/index.ts';
import { createGateway } from '../gateway.ts';
import { startHttpServer } from '../http/index.ts';
import { createLogger } from '../observability/index.ts';

interface ServeOptions {
  readonly config: string;
  readonly port?: number;
  readonly host?: string;
  readonly watch: boolean;
}

/** `isthmus serve`: the gateway, until SIGTERM or SIGINT; a second one ends it at once. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Serve the supergraph.')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--port <number>', 'instead of server.port; 0 takes a free one', readPort)
    .option('--host <address>', 'instead of server.host')
    .option('--no-watch', 'do not take up changes of configuration, schemas and prompts')
    .action(serve);
}

async function serve({ config, port, host, watch }: ServeOptions): Promise<void> {
  const { telemetry } = await loadConfig(config);
  const log = createLogger({ level: telemetry.logLevel });
  const gateway = await createGateway({ configFile: config, log, watch });
  const server = await startHttpServer({ gateway, log, host, port });
  log.info({ url: server.url }, 'listening');

  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'draining');
    const finished = await server.drain();
    await gateway.close();
    log.info({ finished }, 'stopped');
    process.exit(finished ? 0 : 1);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

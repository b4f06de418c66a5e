/** A gateway that runs until SIGTERM or SIGINT; a second signal ends it at once. SIGHUP reloads. */
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import type { Gateway } from '../../gateway.ts';
import { reopenLogFiles } from '../../observability/index.ts';
import { shrinkWhenIdle } from '../../threads/index.ts';
import { reportRunning } from './report-running.ts';

export interface ServedGateway extends Pick<Gateway, 'log' | 'listen' | 'reload' | 'close'> {
  readonly generation: () => string | undefined;
}

export interface ServeGatewayOptions {
  readonly config: string;
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly open: () => Promise<ServedGateway>;
}

/**
 * The time to close everything after the drain; whatever hangs longer ends with the process. More than the 2 s that the
 * writing of records and of the call log may take, also where the cores are busy.
 */
const closeTimeoutMs = 5_000;

export async function serveGateway({ config, port, host, open }: ServeGatewayOptions): Promise<void> {
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

  const gateway = await open();
  shrinkWhenIdle();
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

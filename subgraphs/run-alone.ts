import './exit-with-parent.ts';
import { parseArgs } from 'node:util';
import type { ListenOptions, RunningService } from './listen.ts';

/** What the runner of `npm start` sends to each service. */
export interface GatewayNotice {
  readonly keysUrl: string;
}

export interface RunAloneOptions {
  /** What to call it in the lines it prints. */
  readonly name: string;
  /** Where it listens without `--port` and without the variable PORT. */
  readonly port: number;
  readonly start: (options: ListenOptions) => Promise<RunningService>;
}

/** A service as a process: listens, says where, and ends on SIGTERM or SIGINT with exit code 0. */
export async function runAlone({ name, port: defaultPort, start }: RunAloneOptions): Promise<void> {
  // The runner says where its gateway publishes its keys.
  process.on('message', ({ keysUrl }: GatewayNotice) => {
    process.env.ISTHMUS_JWKS_URL ??= keysUrl;
  });
  const { values } = parseArgs({ options: { port: { type: 'string' } } });
  const wanted = values.port ?? process.env.PORT ?? String(defaultPort);
  const port = Number(wanted);
  if (!/^\d+$/.test(wanted) || port > 65_535) fail(name, `${wanted} is not a port`);
  let service: RunningService;
  try {
    service = await start({ port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    fail(name, code === 'EADDRINUSE' ? `port ${port} is in use` : message);
  }
  const stop = async (): Promise<void> => {
    await service.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (process.send !== undefined) process.send({ ready: service.url });
  else console.log(`${name} serves ${service.url}`);
}

function fail(name: string, reason: string): never {
  process.stderr.write(`${name} cannot start: ${reason}\n`);
  process.exit(1);
}

/** A registry alone: the admin listener over a store, until SIGTERM or SIGINT. */
import { openAdmin } from '../../admin/index.ts';
import { loadConfig, type PublishedOverlay } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { createLogger } from '../../observability/index.ts';
import { openStore } from '../../store/index.ts';
import { fail } from '../frame/cli-failure.ts';

export interface ServeRegistryOptions {
  readonly config: string;
  readonly port?: number;
}

const recordsTimeoutMs = 10_000;

/** @throws ConfigError where it cannot listen or the store cannot be opened */
export async function serveRegistry({ config: file, port }: ServeRegistryOptions): Promise<void> {
  const loadConfigOf = (published?: PublishedOverlay) => loadConfig(file, undefined, undefined, published);
  const config = await loadConfigOf();
  const log = createLogger({ level: config.telemetry.logLevel });
  const admin = { host: '127.0.0.1', port: 4400, tls: false, ...config.admin, isExplicit: true };
  const { locateRecords, openRecords } = await import('../../store/records/index.ts');
  const store = await openStore({ config: config.store, configFile: config.file, log });
  const location = locateRecords(config.store, store);
  await store.close();
  // What gateways of the same store have recorded: changes are weighed by it.
  const records = await openRecords(location, recordsTimeoutMs);
  const listener = await openAdmin({
    config: { ...config, admin: port === undefined ? admin : { ...admin, port } },
    currentConfig: () => config,
    loadConfig: loadConfigOf,
    log,
    caches: {
      invalidate: () => Promise.reject(notHere()),
      stats: () => Promise.reject(notHere()),
      purge: () => Promise.reject(notHere()),
    },
    generation: { id: () => undefined, reload: () => Promise.reject(notHere()) },
    apiSchema: () => Promise.reject(notHere()),
    records,
    metrics: undefined,
  });
  if (listener === undefined) return fail('LISTEN', 'the registry cannot listen');
  log.info({ url: listener.url }, 'listening');
  process.send?.({ url: listener.url });
  const stop = (signal: string): void => {
    log.info({ signal }, 'stopped');
    void Promise.all([listener.close(), records.close()]).then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function notHere(): GatewayError {
  return new GatewayError('BAD_REQUEST', { message: 'This process is a registry alone: it serves no graph.' });
}

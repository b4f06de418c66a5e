import { loadConfig, type ResolvedConfig } from '../config/index.ts';
import type { Store } from '../store/index.ts';

/**
 * Opens the store of a configuration for one piece of work.
 * @throws ConfigError where the configuration is wrong or the store cannot be opened
 */
export async function withStore<Result>(
  configFile: string,
  run: (store: Store, config: ResolvedConfig) => Promise<Result>,
): Promise<Result> {
  const config = await loadConfig(configFile);
  const { openStore } = await import('../store/index.ts');
  const store = await openStore({ config: config.store, configFile: config.file, log: { warn: () => undefined } });
  try {
    return await run(store, config);
  } finally {
    await store.close();
  }
}

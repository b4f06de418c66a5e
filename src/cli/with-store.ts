import { loadConfig } from '../config/index.ts';
import type { Store } from '../store/index.ts';

/**
 * Opens the store of a configuration for one piece of work.
 * @throws ConfigError where the configuration is wrong or the store cannot be opened
 */
export async function withStore(configFile: string, run: (store: Store) => Promise<void>): Promise<void> {
  const { store: config, file } = await loadConfig(configFile);
  const { openStore } = await import('../store/index.ts');
  const store = await openStore({ config, configFile: file, log: { warn: () => undefined } });
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

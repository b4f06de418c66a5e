import type { AdminListener, AdminListenerOptions } from './admin-listener.ts';

/**
 * Opens the admin listener; where the configuration has none, nothing of it is loaded.
 * @throws ConfigError where it cannot listen or the store cannot be opened
 */
export async function openAdmin(options: AdminListenerOptions): Promise<AdminListener | undefined> {
  if (options.config.admin === undefined) return undefined;
  const { listenForAdmin } = await import('./admin-listener.ts');
  return listenForAdmin(options);
}

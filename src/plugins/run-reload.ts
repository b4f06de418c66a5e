import { callPlugin, type Hooks } from './compile-hooks.ts';
import type { ReloadEvent } from './plugin.ts';

/** A plugin may prepare for a generation this long. */
const reloadTimeoutMs = 30_000;

/** Runs `onReload`. @throws GatewayError where a plugin refuses the generation, or takes too long */
export async function runReloadHooks(hooks: Hooks | undefined, event: ReloadEvent): Promise<void> {
  if (hooks?.onReload === undefined) return;
  const signal = AbortSignal.timeout(reloadTimeoutMs);
  for (const { plugin, call } of hooks.onReload) {
    await callPlugin({ plugin, log: hooks.log, signal }, () => call(event));
  }
}

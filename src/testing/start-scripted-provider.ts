import type { ScriptedProvider, ScriptedProviderOptions } from './scripted-provider.ts';
import { ScriptedServer } from './scripted-server.ts';

/** @throws if the port is in use */
export async function startScriptedProvider(options: ScriptedProviderOptions = {}): Promise<ScriptedProvider> {
  const server = new ScriptedServer(options);
  await server.listen(options.port ?? 0);
  return server;
}

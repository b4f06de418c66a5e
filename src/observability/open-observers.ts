/**
 * Who looks at requests, as the configuration says: opened before the first request, closed after the last. None costs
 * anything that is not configured.
 */
import type { ResolvedConfig } from '../config/index.ts';
import type { RequestSink } from './events/index.ts';
import type { Logger } from './logger.ts';
import { openTraces } from './traces/index.ts';

export interface Observers {
  readonly sinks: readonly RequestSink[];
  /** Writes and sends what is still held, within a bound. */
  close(): Promise<void>;
}

export async function openObservers(
  { telemetry, server }: Pick<ResolvedConfig, 'telemetry' | 'server'>,
  log: Logger,
): Promise<Observers> {
  const traces = await openTraces({ config: telemetry, hasTls: server.tls !== undefined, log });
  return {
    sinks: traces === undefined ? [] : [traces],
    async close() {
      await traces?.close();
    },
  };
}

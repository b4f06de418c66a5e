/**
 * A gateway, as the command and applications make one. In order:
 *
 *     runtime   the configuration read, composed and built; watched and reloaded (runtime/)
 *     server    the routes over it, ready before each generation serves (http/)
 *     fetch     requests of this process · listen: those of a socket, with the admin listener beside it (admin/)
 *     close     requests in flight end, then what serves them
 */
import { type AdminListener, openAdmin, type RunningCaches } from './admin/index.ts';
import { CanarySink } from './canary/index.ts';
import { createHttpServer, type ListenOptions } from './http/index.ts';
import { invariant } from './lib/index.ts';
import { type Logger, openObservers, type RequestSink } from './observability/index.ts';
import {
  type GatewayGeneration,
  type GatewayRuntime,
  type Invalidated,
  type Invalidation,
  openRuntime,
  type ReloadOutcome,
  type RuntimeOptions,
} from './runtime/index.ts';
import type { Generations } from './supergraph/index.ts';

export interface GatewayOptions extends RuntimeOptions {
  /** Who looks at the requests that the gateway answers, beside what the configuration names. @default nobody */
  readonly sinks?: readonly RequestSink[] | undefined;
  /** Whether operations are recorded where `telemetry.records` does not say. @default false */
  readonly records?: boolean | undefined;
}

export interface ListeningServer {
  /** Where it listens, such as http://127.0.0.1:4000. */
  readonly url: string;
  /**
   * Ends it without dropping a request: unready first, requests in flight finish, connections close after their answer.
   * @returns whether every request in flight finished within server.drain_timeout
   */
  drain(): Promise<boolean>;
}

export interface Gateway {
  /** The generations that serve: `current` has the configuration, the API schema and the supergraph. */
  readonly generations: Generations<GatewayGeneration>;
  readonly log: Logger;
  /**
   * Answers a request of the web standard, by the same routes as `listen`: `/graphql`, `/v1`, `/health`. Answers that
   * are streams stay streams. Aborting the request, or cancelling the answer's body, ends what is done for it.
   */
  fetch(request: Request): Promise<Response>;
  /**
   * Listens, once, at server.host and server.port or what is named here. This thread serves, whatever `server.workers`
   * says: an application's code cannot be given to others.
   * @throws Error with `code` EADDRINUSE or EACCES where it cannot listen
   */
  listen(options?: ListenOptions): Promise<ListeningServer>;
  /** Takes up what has changed of the configuration and what it names. */
  reload(): Promise<ReloadOutcome>;
  /**
   * Cached answers are not sent again, here and in all gateways that share the store: for events that tell of a change.
   * @throws GatewayError `BAD_REQUEST` for an entity that the graph does not have
   */
  invalidate(invalidations: readonly Invalidation[]): Promise<Invalidated>;
  /** Requests in flight finish, within server.drain_timeout, then everything is closed. */
  close(): Promise<void>;
}

/**
 * Reads the configuration, composes and builds the first generation.
 * @throws ConfigError or CompositionError with every problem found
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const runtime = await openRuntime(options);
  const { log } = runtime;
  const config = runtime.generations.current?.config;
  invariant(config !== undefined, 'a generation serves');
  const observers = await openObservers(config, log);
  const { recorder, recordSink, alerts } = await openRecorder(runtime, options.records ?? false);
  const canarySinks =
    runtime.canaryTallies === undefined ? [] : [new CanarySink(runtime.generations, runtime.canaryTallies)];
  const sinks = [
    ...observers.sinks,
    ...canarySinks,
    ...(recordSink === undefined ? [] : [recordSink]),
    ...(options.sinks ?? []),
  ];
  const server = await createHttpServer({ gateway: runtime, sinks, log });
  let admin: AdminListener | undefined;
  let drained: Promise<boolean> | undefined;
  const drain = (): Promise<boolean> => {
    drained ??= server.drain();
    return drained;
  };
  return {
    generations: runtime.generations,
    log,
    fetch: (request) => server.fetch(request),
    async listen(listenOptions) {
      const { workers } = config.server;
      if (workers > 1)
        log.warn({ workers }, 'one thread serves: `isthmus serve` starts server.workers, createGateway does not');
      const currentConfig = () => runtime.generations.current?.config ?? config;
      const caches: RunningCaches = {
        invalidate: (invalidations) => runtime.invalidate(invalidations),
        stats: () => runtime.cacheStats(),
        purge: (cache) => runtime.purge(cache),
      };
      admin = await openAdmin({
        config,
        currentConfig,
        loadConfig: (published) => runtime.loadConfig(published),
        log,
        caches,
        generation: { id: () => runtime.generations.current?.id, reload: () => runtime.reload() },
        records: recorder?.reader,
        apiSchema: async () => {
          const { current } = runtime.generations;
          invariant(current !== undefined, 'a generation serves');
          return current.apiSchema;
        },
        metrics: runtime.processMetrics,
      });
      return { url: await server.listen(listenOptions), drain };
    },
    reload: () => runtime.reload(),
    invalidate: (invalidations) => runtime.invalidate(invalidations),
    async close() {
      await drain();
      await observers.close();
      await admin?.close();
      await runtime.close();
      recordSink?.close();
      await alerts?.close();
      await recorder?.close();
    },
  };
}

/** Where operations are recorded, the thread for that is loaded and started. @throws ConfigError */
async function openRecorder({ generations, metrics, log, close }: GatewayRuntime, byDefault: boolean) {
  const config = generations.current?.config;
  if (config === undefined || !(config.telemetry.records.enabled ?? byDefault)) return {};
  const { OwnRecorder } = await import('./records/index.ts');
  const { openAlerts } = await import('./alerts/index.ts');
  try {
    const recorder = await OwnRecorder.open(config, log);
    if (recorder !== undefined) metrics?.add(recorder.metricSource);
    const alerts = recorder && openAlerts({ config, recorder, metrics, log });
    return { recorder, recordSink: recorder?.createSink(), alerts };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * What a worker serves. The first generation becomes current at once, as nothing listens yet; each later one is staged,
 * and becomes current once the epoch in shared memory has reached it: between two requests, in all workers together.
 */

import { createPortLocalModels } from '../ai/providers/local/index.ts';
import { CacheStores, createPortStores, maxValueOf, StoredKeys, TagStamps } from '../cache/index.ts';
import { CanarySink, CanaryTallies } from '../canary/index.ts';
import { SharedCounters, TokenBuckets } from '../counters/index.ts';
import { createHttpServer, type HttpServer } from '../http/index.ts';
import { invariant, unreachable } from '../lib/index.ts';
import { type Logger, type Observers, openObservers, type ReportedMetrics } from '../observability/index.ts';
import { createPortPlannerPool } from '../planning/index.ts';
import type { RecordSink } from '../records/index.ts';
import {
  buildGeneration,
  createSharedParts,
  type GatewayGeneration,
  observeRuntime,
  type Preparation,
  prepareGeneration,
  type ServingRuntime,
} from '../runtime/index.ts';
import { createPortSignals } from '../signals/index.ts';
import { Generations } from '../supergraph/index.ts';
import { workerCacheShare, workerShare } from './memory-shares.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { StatusBlock } from './status-block.ts';
import { fromSupergraphMessage, type SupergraphMessage } from './supergraph-message.ts';
import { toErrorMessage } from './thread-error.ts';
import { answerCacheStats } from './worker-caches.ts';

export interface WorkerGatewayOptions {
  readonly start: WorkerStart;
  /** Undefined: nothing is counted. */
  readonly metrics: ReportedMetrics | undefined;
  readonly log: Logger;
  readonly send: (message: FromWorker) => void;
}

export interface WorkerGateway {
  receive(message: ToWorker): void;
}

export function createWorkerGateway({ start, metrics, log, send }: WorkerGatewayOptions): WorkerGateway {
  const { folder, ports, workers } = start;
  const status = new StatusBlock(start.status);
  const generations = new Generations<GatewayGeneration>();
  const preparations: Preparation[] = [];
  const stopping = new AbortController();
  const signals = createPortSignals(ports.signals);
  const openPortStore = createPortStores({
    port: ports.cache,
    signals,
    stamps: new TagStamps(start.stampMemory),
    storedKeys: new StoredKeys(start.keyMemory),
  });
  const stores = new CacheStores({
    openMemory: (maxBytes) =>
      openPortStore({ maxBytes: workerCacheShare(maxBytes, workers), maxValueBytes: maxValueOf(maxBytes) }),
    memoryShare: (maxBytes) => Math.floor(maxBytes / workers),
  });
  const shared = createSharedParts({
    log,
    metrics: metrics?.counted,
    resolveFrom: folder,
    planners: createPortPlannerPool(ports.planners),
    counters: new SharedCounters({ memory: start.counterMemory, holder: start.number }),
    fieldCounters: new SharedCounters({ memory: start.fieldCounterMemory, holder: start.number }),
    buckets: new TokenBuckets({ memory: start.bucketMemory, holder: start.number }),
    holder: start.number,
    statementSecret: start.secret,
    signals,
    localModels: createPortLocalModels(ports.models),
    openStore: stores.open,
    openCacheStore: stores.open,
  });
  if (metrics !== undefined) preparations.push(observeRuntime(metrics.counted, { generations, shared, stores }));
  answerCacheStats(signals, stores, shared.caches.outcomes);
  const runtime: ServingRuntime = {
    generations,
    log,
    metrics: metrics?.counted,
    workers: status,
    async prepareWith(prepare) {
      preparations.push(prepare);
      if (generations.current !== undefined) await prepare(generations.current);
    },
  };
  let observers: Observers | undefined;
  let recordSink: RecordSink | undefined;
  let server: HttpServer | undefined;
  /** Counts the canaries that were begun or ended. */
  let canaryTurn = 0;

  async function prepare(supergraph: SupergraphMessage): Promise<GatewayGeneration> {
    const parts = await fromSupergraphMessage(supergraph);
    const { ledger } = supergraph;
    const generation = await buildGeneration(parts, { shared, subgraphs: new Map(), plugins: [], ledger, log });
    await prepareGeneration(generation, { previous: generations.current, preparations, signal: stopping.signal });
    return generation;
  }

  async function startCanary({ supergraph, share }: Extract<ToWorker, { kind: 'start canary' }>): Promise<void> {
    const turn = ++canaryTurn;
    try {
      const generation = await prepare(supergraph);
      // It may have ended while it was built.
      if (turn === canaryTurn) generations.startCanary(generation, share);
      else await generation.close();
      send({ kind: 'canary serves' });
    } catch (error) {
      send({ kind: 'canary refused', error: toErrorMessage(error) });
    }
  }

  async function build({ epoch, supergraph }: Extract<ToWorker, { kind: 'build' }>): Promise<void> {
    try {
      const generation = await prepare(supergraph);
      const { config } = generation;
      const previous = generations.current;
      shared.memory.resize(workerShare(config.limits.memoryBytes, workers));
      if (previous === undefined || status.epoch >= epoch) generations.swap(generation);
      else generations.stage(generation, () => status.epoch >= epoch);
      observers ??= await openObservers(config, log);
      recordSink ??= await openRecordSink();
      const { canaryTallies } = start;
      const canarySinks =
        canaryTallies === undefined ? [] : [new CanarySink(generations, new CanaryTallies(canaryTallies))];
      const sinks = [...observers.sinks, ...canarySinks, ...(recordSink === undefined ? [] : [recordSink])];
      server ??= await createHttpServer({ gateway: runtime, ticketSecret: start.secret, sinks, log });
      send({ kind: 'built', epoch });
    } catch (error) {
      send({ kind: 'refused', epoch, error: toErrorMessage(error) });
    }
  }

  async function openRecordSink(): Promise<RecordSink | undefined> {
    if (start.records === undefined) return undefined;
    const { createRecordSink } = await import('../records/index.ts');
    return createRecordSink(start.records, ports.records, log);
  }

  async function listen(host: string | undefined, port: number | undefined): Promise<void> {
    try {
      invariant(server !== undefined, 'a generation has been built');
      send({ kind: 'listening', url: await server.listen({ host, port, reusePort: true }) });
    } catch (error) {
      send({ kind: 'cannot listen', error: toErrorMessage(error) });
    }
  }

  async function drain(): Promise<void> {
    send({ kind: 'drained', finished: (await server?.drain()) ?? true });
  }

  async function close(): Promise<void> {
    await metrics?.reportLast();
    stopping.abort(new Error('the gateway is stopping'));
    await Promise.all([generations.close(), observers?.close()]);
    shared.ledger.close();
    recordSink?.close();
    send({ kind: 'closed' });
  }

  return {
    receive(message) {
      switch (message.kind) {
        case 'build':
          void build(message);
          break;
        case 'start canary':
          void startCanary(message);
          break;
        case 'end canary':
          canaryTurn++;
          generations.endCanary();
          break;
        case 'abandon':
          void generations.unstage();
          break;
        case 'swap':
          // To look at the current generation is what swaps it in.
          invariant(generations.current !== undefined, 'a generation serves');
          break;
        case 'listen':
          void listen(message.host, message.port);
          break;
        case 'drain':
          void drain();
          break;
        case 'close':
          void close();
          break;
        default:
          unreachable(message);
      }
    },
  };
}

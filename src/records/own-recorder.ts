/** The thread that records, as the main thread has it: started once, connected with every thread that serves. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { ConfigError, formatGraphRef, type RecordsConfig, type ResolvedConfig } from '../config/index.ts';
import { newId, siblingModule, withinTime } from '../lib/index.ts';
import type { Logger, MetricSource } from '../observability/index.ts';
import type { RecordGroup, RecordPage } from '../store/records/index.ts';
import { createPortCaller, type PortCaller } from '../threads/index.ts';
import type { Usage } from '../usage/index.ts';
import type { FromRecorder, RecorderStart, ToRecorder } from './messages.ts';
import { type RecordCounts, SharedRecordCounts } from './record-counts.ts';
import type { RecordAnswer, RecordQuery, RecordReader } from './record-queries.ts';
import { RecordSink } from './record-sink.ts';

/** What a thread that serves makes its sink with, beside a port of its own; it can be sent to one. */
export interface RecordsAccess {
  readonly config: Pick<RecordsConfig, 'rate' | 'slowMs' | 'documents' | 'variables' | 'usageMs'>;
  readonly counts: SharedArrayBuffer;
}

export function createRecordSink({ config, counts }: RecordsAccess, port: MessagePort, log: Logger): RecordSink {
  const suffix = newId('').slice(0, suffixLength);
  return new RecordSink({ port, config, counts: new SharedRecordCounts(counts), suffix, log });
}

const suffixLength = 8;
const closeTimeoutMs = 2_000;
const queryTimeoutMs = 15_000;

export class OwnRecorder {
  readonly #config: RecordsConfig;
  readonly #log: Logger;
  readonly #counts = new SharedRecordCounts();
  readonly #worker: Worker;
  readonly #queries: PortCaller<RecordQuery, RecordAnswer>;
  readonly #closed = Promise.withResolvers<void>();

  private constructor(
    config: RecordsConfig,
    { location, graph }: Pick<RecorderStart, 'location' | 'graph'>,
    log: Logger,
  ) {
    this.#config = config;
    this.#log = log;
    const { port1, port2 } = new MessageChannel();
    this.#queries = createPortCaller(port1);
    const { documents, variables } = config;
    const data: RecorderStart = {
      location,
      graph,
      bounds: config,
      texts: { documents, variables },
      counts: this.#counts.buffer,
      queries: port2,
    };
    this.#worker = new Worker(siblingModule(import.meta.url, 'recorder-main'), {
      name: 'isthmus recorder',
      workerData: data,
      transferList: [port2],
    });
    this.#worker.unref();
    this.#worker.on('message', (message: FromRecorder) => this.#receive(message));
    this.#worker.on('error', (error) => log.error({ error }, 'records are no longer kept: their thread ended'));
    this.#worker.on('exit', () => this.#closed.resolve());
  }

  /**
   * @returns undefined where the configuration does not name records, and the store cannot be opened
   * @throws ConfigError where it names them, and the store cannot be opened
   */
  static async open(
    {
      store: storeConfig,
      telemetry,
      registry,
      file,
    }: Pick<ResolvedConfig, 'store' | 'telemetry' | 'registry' | 'file'>,
    log: Logger,
  ): Promise<OwnRecorder | undefined> {
    const { records } = telemetry;
    try {
      const { openStore } = await import('../store/index.ts');
      const { locateRecords } = await import('../store/records/index.ts');
      const store = await openStore({ config: storeConfig, configFile: file, log });
      const location = locateRecords(storeConfig, store);
      await store.close();
      return new OwnRecorder(records, { location, graph: formatGraphRef(registry.ref) }, log);
    } catch (error) {
      if (records.enabled === true || !(error instanceof ConfigError)) throw error;
      log.warn({ error }, 'operations are not recorded: the store cannot be opened');
      return undefined;
    }
  }

  get counts(): RecordCounts {
    return this.#counts.read();
  }

  /** For metrics. */
  readonly metricSource: MetricSource = (set) => {
    const { written, dropped, isFailing } = this.counts;
    set('isthmus_records_total', written, 'written');
    set('isthmus_records_total', dropped, 'dropped');
    set('isthmus_records_failing', isFailing ? 1 : 0);
  };

  get access(): RecordsAccess {
    const { rate, slowMs, documents, variables, usageMs } = this.#config;
    return { config: { rate, slowMs, documents, variables, usageMs }, counts: this.#counts.buffer };
  }

  /** The sink of this thread. */
  createSink(): RecordSink {
    const { port1, port2 } = new MessageChannel();
    this.attach(port2);
    return createRecordSink(this.access, port1, this.#log);
  }

  /** @param port whose other side a sink has */
  attach(port: MessagePort): void {
    this.#worker.postMessage({ kind: 'connect', port } satisfies ToRecorder, [port]);
  }

  readonly reader: RecordReader = {
    search: async (request) => (await this.#ask({ kind: 'search', request })) as RecordPage,
    sums: async (request) => (await this.#ask({ kind: 'sums', request })) as readonly RecordGroup[],
    usage: async (request) => (await this.#ask({ kind: 'usage', request })) as Usage,
    erase: async (principal) => (await this.#ask({ kind: 'erase', principal })) as number,
  };

  /** Writes what is held, within 2 seconds. Call it when every sink is closed, or its thread has ended. */
  async close(): Promise<void> {
    this.#worker.postMessage({ kind: 'close' } satisfies ToRecorder);
    await withinTime(this.#closed.promise, { timeoutMs: closeTimeoutMs, what: 'writing the last records' }).catch(() =>
      this.#log.error({}, 'the last records could not be written'),
    );
    this.#queries.close();
    await this.#worker.terminate();
  }

  #ask(query: RecordQuery): Promise<RecordAnswer> {
    return this.#queries.call(query, AbortSignal.timeout(queryTimeoutMs));
  }

  #receive(message: FromRecorder): void {
    if (message.kind === 'closed') this.#closed.resolve();
    else if (message.kind === 'working') this.#log.info({}, 'records are written to the store again');
    else if (message.kind === 'pruned')
      this.#log.debug({ records: message.records }, 'old records were deleted: they were too old, or too many');
    else {
      const text = 'records cannot be written to the store; they are held in memory, up to a bound';
      this.#log.warn({ reason: message.reason }, text);
    }
  }
}

/**
 * The workers of a gateway: started, kept serving, and swapped together.
 *
 * A change is built by one worker first, then by the others: what ends a worker ends one, and what one refuses is refused
 * for all, while the previous generation serves in each. Where all have built it, one store in shared memory swaps it in.
 *
 * A worker that ends is replaced at once by a spare one, which has built what serves, takes part in changes, and needs only
 * to listen. A spare is the first to build a change, so that what ends a worker ends none that serves. One that keeps ending
 * at its start is started ever more slowly.
 *
 * One file, because starts, ends and changes meet in the same few sets of threads.
 */
import { randomBytes } from 'node:crypto';
import {
  createBucketMemory,
  createCounterMemory,
  createFieldCounterMemory,
  endBucketHolder,
  endCounterHolder,
  SharedCounters,
} from '../counters/index.ts';
import type { ListenOptions } from '../http/index.ts';
import type { Logger, ThreadMetrics } from '../observability/index.ts';
import type { WorkerStart } from './messages.ts';
import { RestartDelays } from './restart-delays.ts';
import { SpareWorkers, type Starting } from './spare-workers.ts';
import { StatusBlock } from './status-block.ts';
import type { SupergraphMessage } from './supergraph-message.ts';
import { type WorkerEnd, WorkerEnded, WorkerThread, type WorkerThreadOptions } from './worker-thread.ts';

export interface WorkerPoolOptions {
  readonly workers: number;
  readonly folder: string;
  readonly workerLog: Omit<WorkerStart['log'], 'lines'>;
  /** Undefined: nothing is counted. */
  readonly metrics: ThreadMetrics | undefined;
  readonly onLines: WorkerThreadOptions['onLines'];
  /** What has been invalidated of caches. */
  readonly stampMemory: SharedArrayBuffer;
  readonly keyMemory: SharedArrayBuffer;
  readonly records: WorkerStart['records'];
  readonly canaryTallies: WorkerStart['canaryTallies'];
  /** Connects a thread that starts with what the main thread owns. */
  readonly connect: (thread: WorkerThread) => void;
  /** Told of a thread that has ended, by its number as a holder of counters. */
  readonly onEnded: (holder: number) => void;
  readonly log: Logger;
}

/** No worker has such a number. */
const mainHolder = 0x7fffffff;

interface Version {
  readonly supergraph: SupergraphMessage;
  readonly epoch: number;
}

interface Change extends Version {
  /** Those that have built it. */
  readonly staged: Set<WorkerThread>;
  /** Those that build it. */
  readonly builds: Set<Promise<void>>;
  /** What a worker refused it for. */
  refusal: { readonly error: unknown } | undefined;
}

/** What is served to a share of the callers. */
interface Canary {
  readonly supergraph: SupergraphMessage;
  readonly share: number;
}

/** How many workers a change may end before it is refused. */
const maxEndedByChange = 2;

export class WorkerPool {
  readonly status = new StatusBlock();
  readonly #options: WorkerPoolOptions;
  readonly #threads = new Set<WorkerThread>();
  /** Those that have built what serves: they take part in changes. */
  readonly #members = new Set<WorkerThread>();
  readonly #serving = new Set<WorkerThread>();
  /** Called with the next worker that has built what serves, or with undefined where one cannot. */
  readonly #memberWaiters: ((member: WorkerThread | undefined) => void)[] = [];
  readonly #spares: SpareWorkers;
  readonly #secret = randomBytes(32);
  readonly #delays: RestartDelays;
  readonly #restarts = new Set<NodeJS.Timeout>();
  readonly #counterMemory = createCounterMemory();
  readonly #bucketMemory = createBucketMemory();
  readonly #fieldCounterMemory = createFieldCounterMemory();
  #lastNumber = 0;
  /** Workers that ended though nobody had asked them to. */
  #ends = 0;
  /** What all workers count with, in this thread. */
  readonly counters = new SharedCounters({ memory: this.#counterMemory, holder: mainHolder });
  #current: Version | undefined;
  #change: Change | undefined;
  #canary: Canary | undefined;
  #address: ListenOptions | undefined;
  #isStopping = false;

  constructor(options: WorkerPoolOptions) {
    const { workers, log } = options;
    this.#options = options;
    this.#delays = new RestartDelays(log);
    this.#spares = new SpareWorkers({
      start: () => this.#start(undefined),
      close: (thread) => this.#close(thread),
      onFailed: () => this.#settleWaiters(undefined),
      delays: this.#delays,
      log,
    });
    this.status.configured = workers;
    options.metrics?.add((set) => {
      set('isthmus_workers', workers, 'configured');
      set('isthmus_workers', this.#serving.size, 'serving');
      set('isthmus_worker_starts_total', this.#lastNumber);
      set('isthmus_worker_ends_total', this.#ends);
    });
  }

  /**
   * Builds a supergraph in every worker, aside.
   *
   * @returns what swaps it in, in all of them at once
   * @throws what a worker refuses it for; then none has it
   */
  async stage(supergraph: SupergraphMessage): Promise<() => void> {
    const epoch = this.status.epoch + 1;
    const change: Change = { supergraph, epoch, staged: new Set(), builds: new Set(), refusal: undefined };
    try {
      if (this.#current === undefined) await this.#startAll(change);
      else await this.#buildInAll(change);
    } catch (error) {
      this.#change = undefined;
      for (const thread of change.staged) thread.post({ kind: 'abandon' });
      throw error;
    }
    return () => {
      this.status.epoch = change.epoch;
      this.#current = change;
      this.#change = undefined;
      for (const thread of this.#members) thread.post({ kind: 'swap' });
    };
  }

  /**
   * Serves a supergraph to a share of the callers, in every worker, and in those that start later.
   * @throws what a worker refuses it for; then none serves it
   */
  async startCanary(supergraph: SupergraphMessage, share: number): Promise<void> {
    this.#canary = { supergraph, share };
    const builds = [...this.#members].map((thread) => thread.startCanary(supergraph, share));
    const refused = (await Promise.allSettled(builds)).find(
      (outcome) => outcome.status === 'rejected' && !(outcome.reason instanceof WorkerEnded),
    );
    if (refused?.status !== 'rejected') return;
    this.endCanary();
    throw refused.reason;
  }

  endCanary(): void {
    this.#canary = undefined;
    for (const thread of this.#members) thread.post({ kind: 'end canary' });
  }

  /**
   * Listens in every worker, all at one port.
   * @throws Error with `code` EADDRINUSE or EACCES where a worker cannot listen
   */
  async listen({ host, port }: ListenOptions): Promise<string> {
    const [first] = this.#members;
    if (first === undefined) throw new WorkerEnded('no worker has started');
    const url = await first.listen(host, port);
    // The first one chose it where it was 0.
    this.#address = { host, port: Number(new URL(url).port) || port };
    this.#serves(first);
    const others = [...this.#members].filter((thread) => thread !== first);
    await Promise.all(others.map((thread) => this.#listenIn(thread)));
    if (!this.#isStopping) this.#spares.open();
    return url;
  }

  /** @returns whether every request in flight finished */
  async drain(): Promise<boolean> {
    this.#stop();
    const finished = await Promise.all([...this.#serving].map((thread) => thread.drain()));
    return finished.every(Boolean);
  }

  async close(): Promise<void> {
    this.#stop();
    this.#settleWaiters(undefined);
    await Promise.all([...this.#threads].map((thread) => this.#close(thread)));
  }

  /** Starts nothing any more. */
  #stop(): void {
    this.#isStopping = true;
    this.#spares.stop();
    for (const timer of this.#restarts) clearTimeout(timer);
  }

  /** One that still starts has nothing to close. */
  #close(thread: WorkerThread): Promise<void> {
    return this.#members.has(thread) ? thread.close() : thread.terminate();
  }

  /** Hands on what workers have logged so far; for the end of the process. */
  takeLines(): void {
    for (const thread of this.#threads) thread.takeLines();
  }

  /** The first supergraph: nothing is retried, and the start fails with the reason. */
  async #startAll(change: Change): Promise<void> {
    const { workers } = this.#options;
    const threads = Array.from({ length: workers }, (_, index) => this.#load(index + 1));
    try {
      await Promise.all(threads.map((thread) => thread.build(change.supergraph, change.epoch)));
    } catch (error) {
      await Promise.all(threads.map((thread) => thread.terminate()));
      throw error instanceof WorkerEnded ? new Error(`${error.message} at its start`, { cause: error.cause }) : error;
    }
    for (const thread of threads) this.#members.add(thread);
  }

  async #buildInAll(change: Change): Promise<void> {
    await this.#buildInOne(change);
    // From here on, a worker that starts again joins.
    this.#change = change;
    for (const thread of this.#members) if (!change.staged.has(thread)) this.#join(change, thread);
    while (change.builds.size > 0) await Promise.all(change.builds);
    if (change.refusal !== undefined) throw change.refusal.error;
    if (change.staged.size === 0) throw new Error('every worker ended while it built the change');
  }

  async #buildInOne(change: Change): Promise<void> {
    // The spare, or else the one that has served for the shortest time.
    let thread = this.#spares.standby ?? [...this.#members].at(-1);
    for (let ended = 0; ended < maxEndedByChange && thread !== undefined && !this.#isStopping; ended++) {
      await this.#buildIn(thread, change);
      if (change.refusal !== undefined) throw change.refusal.error;
      if (change.staged.has(thread)) return;
      // The one that took its place: one that serves is not risked for a change that ended another.
      thread = await new Promise<WorkerThread | undefined>((resolve) => this.#memberWaiters.push(resolve));
    }
    throw new Error('workers ended while they built the change');
  }

  #settleWaiters(member: WorkerThread | undefined): void {
    for (const resolve of this.#memberWaiters.splice(0)) resolve(member);
  }

  #join(change: Change, thread: WorkerThread): void {
    const build = this.#buildIn(thread, change).finally(() => change.builds.delete(build));
    change.builds.add(build);
  }

  /** Never rejects. A thread that ends meanwhile is no reason to refuse: it is replaced. */
  async #buildIn(thread: WorkerThread, change: Change): Promise<void> {
    try {
      await thread.build(change.supergraph, change.epoch);
      change.staged.add(thread);
    } catch (error) {
      if (!(error instanceof WorkerEnded)) change.refusal ??= { error };
    }
  }

  /** @throws Error where the system has no thread for it */
  #load(place: number | undefined): WorkerThread {
    const { workers, folder, workerLog, metrics, onLines, connect, log } = this.#options;
    const number = ++this.#lastNumber;
    const thread = new WorkerThread({
      place,
      start: {
        number,
        workers,
        folder,
        status: this.status.buffer,
        counterMemory: this.#counterMemory,
        bucketMemory: this.#bucketMemory,
        stampMemory: this.#options.stampMemory,
        keyMemory: this.#options.keyMemory,
        records: this.#options.records,
        canaryTallies: this.#options.canaryTallies,
        secret: this.#secret,
        fieldCounterMemory: this.#fieldCounterMemory,
        hasMetrics: metrics !== undefined,
        log: workerLog,
      },
      onLines,
      onLinesLost: (lost) => {
        metrics?.family('isthmus_log_lines_lost_total').of('worker').add(lost);
        log.warn({ worker: number, lost }, 'log lines of a worker were lost');
      },
      onEnd: (ended, end) => this.#ended(ended, end),
    });
    connect(thread);
    this.#threads.add(thread);
    return thread;
  }

  /** Starts a thread with what serves. */
  #start(place: number | undefined): Starting {
    const thread = this.#load(place);
    return { thread, built: this.#buildCurrent(thread) };
  }

  async #buildCurrent(thread: WorkerThread): Promise<void> {
    let built: Version | undefined;
    // A change may have been swapped in meanwhile.
    while (this.#current !== undefined && built !== this.#current) {
      built = this.#current;
      await thread.build(built.supergraph, built.epoch);
    }
    if (thread.hasEnded) throw thread.endedError();
    thread.since = performance.now();
    this.#members.add(thread);
    this.#settleWaiters(thread);
    // Meanwhile its callers have what the others have.
    if (this.#canary !== undefined)
      void thread.startCanary(this.#canary.supergraph, this.#canary.share).catch(() => undefined);
    if (this.#change !== undefined) this.#join(this.#change, thread);
  }

  /** Fills the place of a worker that ended: with a spare, which may still be starting, or else with a new one. */
  async #restart(place: number): Promise<void> {
    const { log } = this.#options;
    const began = performance.now();
    let thread: WorkerThread | undefined;
    try {
      const starting = this.#spares.take() ?? this.#start(place);
      thread = starting.thread;
      thread.place = place;
      thread.since = undefined;
      await starting.built;
      if (this.#isStopping) return;
      if (this.#address !== undefined) await this.#listenIn(thread);
      log.info({ worker: thread.number, ms: Math.round(performance.now() - began) }, 'a worker serves again');
    } catch (error) {
      if (error instanceof WorkerEnded || this.#isStopping) return;
      log.error({ worker: thread?.number, error }, 'a worker cannot start');
      this.#settleWaiters(undefined);
      if (thread === undefined) this.#restartAfter(place, undefined);
      else void thread.terminate();
    }
  }

  async #listenIn(thread: WorkerThread): Promise<void> {
    const { host, port } = this.#address ?? {};
    await thread.listen(host, port);
    this.#serves(thread);
  }

  #serves(thread: WorkerThread): void {
    if (thread.hasEnded) return;
    thread.since = performance.now();
    this.#serving.add(thread);
    this.status.serving = this.#serving.size;
  }

  #ended(thread: WorkerThread, end: WorkerEnd): void {
    const { number: worker, place, since } = thread;
    void endCounterHolder(this.#counterMemory, worker);
    void endCounterHolder(this.#fieldCounterMemory, worker);
    endBucketHolder(this.#bucketMemory, worker);
    this.#options.onEnded(worker);
    this.#threads.delete(thread);
    this.#members.delete(thread);
    this.#serving.delete(thread);
    this.status.serving = this.#serving.size;
    if (this.#isStopping || this.#current === undefined) return;
    const lastedMs = since === undefined ? undefined : performance.now() - since;
    if (since === undefined) this.#settleWaiters(undefined);
    if (place === undefined) {
      this.#spares.spareEnded(thread, end, lastedMs);
      return;
    }
    this.#ends++;
    const { exitCode, error } = end;
    const reason = error === undefined ? {} : { error };
    const fields = { worker, exitCode, ...reason, serving: this.#serving.size };
    this.#options.log.error(fields, 'a worker ended; starting another');
    this.#restartAfter(place, lastedMs);
    this.#spares.workerEnded();
  }

  #restartAfter(place: number, servedMs: number | undefined): void {
    const waitMs = this.#delays.next(place, servedMs);
    if (waitMs === 0) {
      void this.#restart(place);
      return;
    }
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      void this.#restart(place);
    }, waitMs);
    this.#restarts.add(timer);
  }
}

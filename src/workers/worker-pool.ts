/**
 * The workers of a gateway: started, kept serving, and swapped together.
 *
 * A change is built by one worker first, then by the others: what ends a worker ends one, and what one refuses is refused
 * for all, while the previous generation serves in each. Where all have built it, one store in shared memory swaps it in.
 *
 * A worker that ends is replaced at once by a new one, which builds what serves, and joins a change that is under way. One
 * that keeps ending at its start is started ever more slowly.
 */
import { randomBytes } from 'node:crypto';
import { createCounterMemory, endCounterHolder } from '../counters/index.ts';
import type { ListenOptions } from '../http/index.ts';
import type { Logger } from '../observability/index.ts';
import type { WorkerStart } from './messages.ts';
import { RestartDelays } from './restart-delays.ts';
import { StatusBlock } from './status-block.ts';
import type { SupergraphMessage } from './supergraph-message.ts';
import { type WorkerEnd, WorkerEnded, WorkerThread, type WorkerThreadOptions } from './worker-thread.ts';

export interface WorkerPoolOptions {
  readonly workers: number;
  readonly folder: string;
  readonly workerLog: Omit<WorkerStart['log'], 'lines'>;
  readonly onLines: WorkerThreadOptions['onLines'];
  /** Connects a thread that starts with what the main thread owns. */
  readonly connect: (thread: WorkerThread) => void;
  readonly log: Logger;
}

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

/** How many workers a change may end before it is refused. */
const maxEndedByChange = 2;
/** A spare thread takes about 90 MB. */
const spareForMs = 300_000;

export class WorkerPool {
  readonly status = new StatusBlock();
  readonly #options: WorkerPoolOptions;
  /** By number. Those that build what serves, and those that serve it. */
  readonly #threads = new Map<number, WorkerThread>();
  /** Those that have built what serves: they take part in changes. */
  readonly #members = new Set<WorkerThread>();
  readonly #serving = new Set<WorkerThread>();
  /** Called once another worker has taken the place of one that ended. */
  readonly #memberWaiters: (() => void)[] = [];
  #spare: WorkerThread | undefined;
  #spareEnd: NodeJS.Timeout | undefined;
  readonly #statementSecret = randomBytes(32);
  readonly #delays = new RestartDelays();
  readonly #restarts = new Set<NodeJS.Timeout>();
  readonly #counterMemory = createCounterMemory();
  #lastHolder = 0;
  #current: Version | undefined;
  #change: Change | undefined;
  #address: ListenOptions | undefined;
  #isStopping = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.status.configured = options.workers;
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
    return url;
  }

  /** @returns whether every request in flight finished */
  async drain(): Promise<boolean> {
    this.#isStopping = true;
    for (const timer of this.#restarts) clearTimeout(timer);
    const finished = await Promise.all([...this.#serving].map((thread) => thread.drain()));
    return finished.every(Boolean);
  }

  async close(): Promise<void> {
    this.#isStopping = true;
    this.#releaseWaiters();
    for (const timer of this.#restarts) clearTimeout(timer);
    await Promise.all([this.#spare?.terminate(), ...[...this.#threads.values()].map((thread) => thread.close())]);
  }

  /** Hands on what workers have logged so far; for the end of the process. */
  takeLines(): void {
    for (const thread of this.#threads.values()) thread.takeLines();
  }

  /** The first supergraph: nothing is retried, and the start fails with the reason. */
  async #startAll(change: Change): Promise<void> {
    const { workers } = this.#options;
    const threads = Array.from({ length: workers }, (_, index) => this.#start(index + 1));
    try {
      await Promise.all(threads.map((thread) => thread.build(change.supergraph, change.epoch)));
    } catch (error) {
      for (const { number } of threads) this.#threads.delete(number);
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
    for (let ended = 0; ended < maxEndedByChange; ended++) {
      // After one has ended, the one that took its place: the others have served for longer.
      if (ended > 0) await new Promise<void>((resolve) => this.#memberWaiters.push(resolve));
      const thread = [...this.#members].at(-1);
      if (thread === undefined || this.#isStopping) break;
      await this.#buildIn(thread, change);
      if (change.refusal !== undefined) throw change.refusal.error;
      if (change.staged.has(thread)) return;
    }
    throw new Error('workers ended while they built the change');
  }

  #releaseWaiters(): void {
    for (const resolve of this.#memberWaiters.splice(0)) resolve();
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

  #start(number: number): WorkerThread {
    const thread = this.#spare ?? this.#load();
    this.#spare = undefined;
    thread.assign(number);
    this.#threads.set(number, thread);
    return thread;
  }

  /** A thread that loads its modules, and waits to be assigned a worker's number. */
  #load(): WorkerThread {
    const { workers, folder, workerLog, onLines, connect, log } = this.#options;
    const counters = { memory: this.#counterMemory, holder: ++this.#lastHolder };
    const thread = new WorkerThread({
      start: {
        workers,
        folder,
        status: this.status.buffer,
        counters,
        statementSecret: this.#statementSecret,
        log: workerLog,
      },
      onLines,
      onLinesLost: ({ number: worker }, lost) => log.warn({ worker, lost }, 'log lines of a worker were lost'),
      onEnd: (ended, end) => this.#ended(ended, end),
    });
    connect(thread);
    return thread;
  }

  /**
   * To load the modules takes most of a start. Once a worker has ended, another may: for a while a spare thread, which has
   * loaded them, waits for that.
   */
  #keepSpare(): void {
    clearTimeout(this.#spareEnd);
    if (this.#isStopping) return;
    this.#spareEnd = setTimeout(() => void this.#spare?.terminate(), spareForMs);
    this.#spareEnd.unref();
    try {
      this.#spare ??= this.#load();
    } catch {
      // The system has no thread to spare.
    }
  }

  /** Starts the worker of a number again, with what serves. */
  async #restart(number: number): Promise<void> {
    const { log } = this.#options;
    const began = performance.now();
    let thread: WorkerThread | undefined;
    try {
      thread = this.#start(number);
      let built: Version | undefined;
      // A change may have been swapped in meanwhile.
      while (this.#current !== undefined && built !== this.#current) {
        built = this.#current;
        await thread.build(built.supergraph, built.epoch);
      }
      if (this.#isStopping) return;
      this.#members.add(thread);
      this.#releaseWaiters();
      if (this.#change !== undefined) this.#join(this.#change, thread);
      if (this.#address !== undefined) await this.#listenIn(thread);
      log.info({ worker: number, ms: Math.round(performance.now() - began) }, 'a worker serves again');
      this.#keepSpare();
    } catch (error) {
      if (error instanceof WorkerEnded || this.#isStopping) return;
      log.error({ worker: number, error }, 'a worker cannot start');
      if (thread === undefined) this.#restartAfter(number, undefined);
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
    thread.servingSince = performance.now();
    this.#serving.add(thread);
    this.status.serving = this.#serving.size;
  }

  #ended(thread: WorkerThread, { exitCode, error }: WorkerEnd): void {
    const { number, holder } = thread;
    void endCounterHolder(this.#counterMemory, holder);
    if (this.#spare === thread) this.#spare = undefined;
    this.#members.delete(thread);
    this.#serving.delete(thread);
    this.status.serving = this.#serving.size;
    if (this.#threads.get(number) !== thread) return;
    this.#threads.delete(number);
    if (this.#isStopping || this.#current === undefined) return;
    const { log } = this.#options;
    const reason = error === undefined ? {} : { error };
    log.error({ worker: number, exitCode, ...reason, serving: this.#serving.size }, 'a worker ended; starting another');
    const { servingSince } = thread;
    this.#restartAfter(number, servingSince === undefined ? undefined : performance.now() - servingSince);
  }

  #restartAfter(number: number, servedMs: number | undefined): void {
    const { ended, waitMs } = this.#delays.next(number, servedMs);
    if (waitMs === 0) {
      void this.#restart(number);
      return;
    }
    this.#options.log.warn({ worker: number, ended, waitMs }, 'a worker keeps ending at its start');
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      void this.#restart(number);
    }, waitMs);
    this.#restarts.add(timer);
  }
}

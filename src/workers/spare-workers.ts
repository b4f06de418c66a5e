/**
 * Workers that stand by: each has built what serves, takes part in changes, and does not listen.
 *
 * To load the modules and to build what serves is all of a start but for the listening: half a second of CPU, and several
 * seconds where the cores are busy. So it is done before a worker ends. One spare is kept, and for a minute after the end of
 * a worker one more, because others may end sooner than a thread starts. Spares that end at their start are started ever
 * more slowly.
 */
import type { Logger } from '../observability/index.ts';
import type { RestartDelays } from './restart-delays.ts';
import { type WorkerEnd, WorkerEnded, type WorkerThread } from './worker-thread.ts';

/** A thread that starts. */
export interface Starting {
  readonly thread: WorkerThread;
  /** Resolves once it has built what serves; rejects with what it refuses it for, or with WorkerEnded. */
  readonly built: Promise<void>;
}

export interface SpareWorkersOptions {
  /** @throws Error where the system has no thread for it */
  readonly start: () => Starting;
  readonly close: (thread: WorkerThread) => Promise<void>;
  /** Called where one cannot start. */
  readonly onFailed: () => void;
  readonly delays: RestartDelays;
  readonly log: Logger;
}

const moreForMs = 60_000;
const maxSpares = 3;

export class SpareWorkers {
  readonly #options: SpareWorkersOptions;
  /** In the order of their starts. */
  readonly #spares: Starting[] = [];
  #state: 'closed' | 'open' | 'waiting' = 'closed';
  /** How many workers have ended in the last minute. */
  #recentEnds = 0;

  constructor(options: SpareWorkersOptions) {
    this.#options = options;
  }

  /** One that stands by. */
  get standby(): WorkerThread | undefined {
    return this.#spares.find(({ thread }) => thread.since !== undefined)?.thread;
  }

  /** Keeps spares from now on. */
  open(): void {
    this.#state = 'open';
    this.#fill();
  }

  /** Starts no more of them; those that there are, the caller closes. */
  stop(): void {
    this.#state = 'closed';
    this.#spares.length = 0;
  }

  /** One that stands by, or else the one that is nearest to it: it is no spare any more. */
  take(): Starting | undefined {
    const standby = this.standby;
    const index = this.#spares.findIndex(({ thread }) => thread === standby);
    return this.#spares.splice(Math.max(index, 0), 1)[0];
  }

  /** A worker that served has ended, and its place been given to a spare. */
  workerEnded(): void {
    this.#recentEnds++;
    setTimeout(() => {
      this.#recentEnds--;
      this.#fill();
    }, moreForMs).unref();
    this.#fill();
  }

  /** A thread without a place has ended. */
  spareEnded(thread: WorkerThread, { exitCode, error }: WorkerEnd, stoodByMs: number | undefined): void {
    const index = this.#spares.findIndex((spare) => spare.thread === thread);
    if (index < 0) return; // there were more than are kept
    this.#spares.splice(index, 1);
    const fields = { worker: thread.number, exitCode, ...(error === undefined ? {} : { error }) };
    this.#options.log.error(fields, 'a spare worker ended; starting another');
    this.#fillAfter(stoodByMs);
  }

  #fill(): void {
    const { start, close, onFailed, log } = this.#options;
    if (this.#state !== 'open') return;
    const target = Math.min(1 + this.#recentEnds, maxSpares);
    for (const { thread } of this.#spares.splice(target)) void close(thread);
    try {
      while (this.#spares.length < target) {
        const spare = start();
        this.#spares.push(spare);
        void this.#watch(spare);
      }
    } catch (error) {
      log.warn({ error }, 'no spare worker can be started');
      onFailed();
      this.#fillAfter(undefined);
    }
  }

  /** @param stoodByMs of the last one; undefined: it did not start */
  #fillAfter(stoodByMs: number | undefined): void {
    if (this.#state !== 'open') return;
    const waitMs = this.#options.delays.next(undefined, stoodByMs);
    if (waitMs === 0) {
      this.#fill();
      return;
    }
    this.#state = 'waiting';
    setTimeout(() => {
      if (this.#state === 'waiting') this.open();
    }, waitMs).unref();
  }

  async #watch({ thread, built }: Starting): Promise<void> {
    const { onFailed, log } = this.#options;
    try {
      await built;
      if (thread.place === undefined) log.info({ worker: thread.number }, 'a spare worker stands by');
    } catch (error) {
      // Its end has been logged, and so has what one that took a place refuses.
      if (error instanceof WorkerEnded || thread.place !== undefined || this.#state === 'closed') return;
      log.warn({ worker: thread.number, error }, 'a spare worker cannot start');
      onFailed();
      void thread.terminate();
    }
  }
}

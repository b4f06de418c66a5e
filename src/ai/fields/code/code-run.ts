/**
 * One call of a subgraph's own code, with everything it leaves running: a promise that nobody awaits, a timer, a stream
 * without a listener for errors. What fails there fails the field that called it, never the gateway; where that field
 * has been answered, or the module fails outside any call, it is a line of the log.
 *
 * Node tells of such failures by its process events alone; the asynchronous context says whose they are. What nobody's
 * code did ends the process as it would without us.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Soon } from '../../../cache/index.ts';
import { messageOf } from '../../../errors/index.ts';
import type { Logger } from '../../../observability/index.ts';

interface Run {
  fail(error: unknown): void;
}

const runs = new AsyncLocalStorage<Run>();

let log: Logger | undefined;

/** Where failures go that no field waits for. @default warnings of the process */
export function logStrayFailures(to: Logger): void {
  log = to;
}

function reportFailure(place: string, error: unknown): void {
  if (log !== undefined) log.error({ code: place, error }, 'code of a subgraph failed where no field waits for it');
  else process.emitWarning(`${place}: ${messageOf(error)}`);
}

export class CodeRun {
  readonly #run: Run;
  #failure: { readonly error: unknown } | undefined;
  #onFailure: ((error: unknown) => void) | undefined;
  #isOver = false;

  /** @param place the field or file, for the log */
  constructor(place: string) {
    this.#run = {
      fail: (error) => {
        if (this.#isOver) reportFailure(place, error);
        else if (this.#failure === undefined) {
          this.#failure = { error };
          this.#onFailure?.(error);
        }
      },
    };
  }

  /** Calls the code. What it leaves behind and fails at once is known a turn of the event loop later. */
  async call<Value>(code: () => Soon<Value>): Promise<Value> {
    watchProcess();
    const value = await this.#orFailure(Promise.resolve(runs.run(this.#run, code)));
    await nextTurn();
    if (this.#failure !== undefined) throw this.#failure.error;
    return value;
  }

  /** What the call was made for: rejects with what the code fails with before. Nothing fails the call after it. */
  async until<Value>(work: Promise<Value>): Promise<Value> {
    try {
      return await this.#orFailure(work);
    } finally {
      this.#isOver = true;
    }
  }

  #orFailure<Value>(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure.error);
      this.#onFailure = reject;
      work.then(resolve, reject);
    });
  }
}

/** Runs code of an application, such as a module that is loaded; what it leaves running and fails later is logged. */
export function guardCode<Value>(place: string, code: () => Value): Value {
  watchProcess();
  return runs.run({ fail: (error) => reportFailure(place, error) }, code);
}

let isWatched = false;

function watchProcess(): void {
  if (isWatched) return;
  isWatched = true;
  process.on('unhandledRejection', (reason) => {
    const run = runs.getStore();
    if (run !== undefined) run.fail(reason);
    // Thrown here, it is an uncaught exception, which is what Node makes of it where nobody listens.
    else if (process.listenerCount('unhandledRejection') === 1) throw reason;
  });
  process.on('uncaughtException', (error) => {
    const run = runs.getStore();
    if (run !== undefined) run.fail(error);
    else if (process.listenerCount('uncaughtException') === 1) {
      process.stderr.write(`${inspect(error)}\n`);
      process.exit(1);
    }
  });
}

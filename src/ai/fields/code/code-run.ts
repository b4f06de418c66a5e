/**
 * One call of a subgraph's custom code, including the background work it starts: a promise that is not awaited, a timer, a
 * stream without an error listener. An error there fails the field that called the code, never the gateway. If the field
 * has already been resolved, or the module fails outside any call, the error is logged.
 *
 * Node reports such errors only through process events; the asynchronous context attributes them to a call. An error that
 * belongs to no custom code ends the process, as it does by default.
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

/** Sets the log for failures that no field waits for. @default process warnings */
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

  /** Calls the code, then waits one turn of the event loop: background work that fails at once is detected by then. */
  async call<Value>(code: () => Soon<Value>): Promise<Value> {
    watchProcess();
    const value = await this.#orFailure(Promise.resolve(runs.run(this.#run, code)));
    await nextTurn();
    if (this.#failure !== undefined) throw this.#failure.error;
    return value;
  }

  /** Awaits the work the call is part of; rejects if the code fails first. Later failures are only logged. */
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

/** Runs application code outside a field, such as loading a module; later failures of its background work are logged. */
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
    // Throwing here makes it an uncaught exception: Node's default without a listener.
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

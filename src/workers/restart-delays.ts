/** How long to wait before a worker is started again: not at all, but for one that keeps ending at its start. */
import type { Logger } from '../observability/index.ts';

/** A worker that serves or stands by for less than this ended at its start. */
const quickEndMs = 400;
const firstBackOffMs = 100;
const longestBackOffMs = 10_000;

export class RestartDelays {
  readonly #log: Logger;
  /** How often in a row the worker of a place ended at its start; undefined is the place of spares. */
  readonly #quickEnds = new Map<number | undefined, number>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * @param place of the worker that ended
   * @param lastedMs how long it had served or stood by; undefined: it never did
   */
  next(place: number | undefined, lastedMs: number | undefined): number {
    const isQuick = lastedMs === undefined || lastedMs < quickEndMs;
    const ended = isQuick ? (this.#quickEnds.get(place) ?? 0) + 1 : 0;
    this.#quickEnds.set(place, ended);
    if (ended <= 1) return 0;
    const waitMs = Math.min(firstBackOffMs * 2 ** (ended - 2), longestBackOffMs);
    this.#log.warn({ ended, waitMs }, 'a worker keeps ending at its start');
    return waitMs;
  }
}

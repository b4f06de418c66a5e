/** How long to wait before a worker is started again: not at all, but for one that keeps ending at its start. */

/** A worker that serves for less than this ended at its start. */
const quickEndMs = 400;
const firstBackOffMs = 100;
const longestBackOffMs = 10_000;

export class RestartDelays {
  /** How often in a row the worker of a number ended at its start. */
  readonly #quickEnds = new Map<number, number>();

  /**
   * @param number of the worker that ended
   * @param servedMs how long it had served; undefined: it never did
   * @returns how often in a row it has ended at its start, and how long to wait
   */
  next(number: number, servedMs: number | undefined): { readonly ended: number; readonly waitMs: number } {
    const isQuick = servedMs === undefined || servedMs < quickEndMs;
    const ended = isQuick ? (this.#quickEnds.get(number) ?? 0) + 1 : 0;
    this.#quickEnds.set(number, ended);
    const waitMs = ended <= 1 ? 0 : Math.min(firstBackOffMs * 2 ** (ended - 2), longestBackOffMs);
    return { ended, waitMs };
  }
}

/**
 * Keeps retries from doubling the load on a subgraph that is failing because of load: within ten seconds they may add
 * 20 % to its requests, or ten in all where it has few.
 */
import { RollingWindow } from './rolling-window.ts';

const windowMs = 10_000;
const extraLoad = 0.2;
const leastRetries = 10;

export class RetryBudget {
  /** Everything sent for the first time; the marked ones are what was sent again beside them. */
  readonly #window = new RollingWindow(windowMs);

  countRequest(now: number): void {
    this.#window.add(now, 1, 0);
  }

  /** Takes one retry, where the budget has one. */
  take(now: number): boolean {
    this.#window.add(now, 0, 0);
    if (this.#window.marked + 1 > Math.max(leastRetries, this.#window.total * extraLoad)) return false;
    this.#window.add(now, 0, 1);
    return true;
  }
}

/**
 * The keys of a provider, chosen round-robin. A key that was refused or is over its quota cools down: it is chosen only
 * if no other key is available. No key is excluded permanently: its owner may fix it at any time, and a refused request
 * costs nothing. A key cools down in all workers; each worker takes its own turns.
 */
import type { Signals } from '../../../signals/index.ts';

interface CoolDownMessage {
  readonly key: number;
  readonly milliseconds: number;
}

export class KeyRing {
  readonly #coolingUntil: Float64Array;
  readonly #signals: Signals;
  readonly #topic: string;
  readonly #unsubscribe: () => void;
  #turn = -1;

  /** @param keys the number of keys, at least 1 */
  constructor(provider: string, keys: number, signals: Signals) {
    this.#coolingUntil = new Float64Array(Math.max(1, keys));
    this.#signals = signals;
    this.#topic = `key cool-down ${provider}`;
    this.#unsubscribe = signals.subscribe(this.#topic, (message) => {
      const { key, milliseconds } = message as CoolDownMessage;
      this.#coolFor(key, milliseconds);
    });
  }

  get size(): number {
    return this.#coolingUntil.length;
  }

  /** @param excluded keys that this call must not use again */
  choose(excluded: ReadonlySet<number>, now: number): number | undefined {
    const count = this.#coolingUntil.length;
    if (count === 1) return excluded.has(0) ? undefined : 0;
    this.#turn = (this.#turn + 1) % count;
    let soonest: number | undefined;
    for (let step = 0; step < count; step++) {
      const key = (this.#turn + step) % count;
      if (excluded.has(key)) continue;
      const until = this.#until(key);
      if (until <= now) {
        this.#turn = key;
        return key;
      }
      if (soonest === undefined || until < this.#until(soonest)) soonest = key;
    }
    return soonest;
  }

  coolDown(key: number, milliseconds: number): void {
    this.#coolFor(key, milliseconds);
    this.#signals.publish(this.#topic, { key, milliseconds } satisfies CoolDownMessage);
  }

  /** Follows the other workers no more. */
  close(): void {
    this.#unsubscribe();
  }

  #coolFor(key: number, milliseconds: number): void {
    // Another worker may have more keys: the environment was another when it read its configuration.
    if (key < this.size) this.#coolingUntil[key] = Math.max(this.#until(key), performance.now() + milliseconds);
  }

  #until(key: number): number {
    return this.#coolingUntil[key] ?? 0;
  }
}

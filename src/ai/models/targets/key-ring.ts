/**
 * The keys of a provider, chosen round-robin. A key that was refused or is over its quota cools down: it is chosen only
 * if no other key is available. No key is excluded permanently: its owner may fix it at any time, and a refused request
 * costs nothing.
 */
export class KeyRing {
  readonly #coolingUntil: Float64Array;
  #turn = -1;

  /** @param keys the number of keys, at least 1 */
  constructor(keys: number) {
    this.#coolingUntil = new Float64Array(Math.max(1, keys));
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

  coolDown(key: number, untilMs: number): void {
    this.#coolingUntil[key] = Math.max(this.#until(key), untilMs);
  }

  #until(key: number): number {
    return this.#coolingUntil[key] ?? 0;
  }
}

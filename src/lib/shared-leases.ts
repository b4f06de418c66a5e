/**
 * Values by key that outlive whoever uses them one after another: opened for the first lease, closed when the last one has
 * been released. One that cannot be opened fails every lease that waits for it, and is opened anew for the next.
 */
interface Shared<Value> {
  readonly opened: Promise<Value>;
  leases: number;
}

export interface Lease<Value> {
  readonly value: Value;
  /** Ends the lease, once; of the last one, closes the value. */
  release(): Promise<void>;
}

export class SharedLeases<Value> {
  readonly #close: (value: Value) => void | Promise<void>;
  readonly #shared = new Map<string, Shared<Value>>();

  constructor(close: (value: Value) => void | Promise<void>) {
    this.#close = close;
  }

  /** @throws what `open` throws */
  async acquire(key: string, open: () => Promise<Value>): Promise<Lease<Value>> {
    const shared = this.#shared.get(key) ?? { opened: open(), leases: 0 };
    this.#shared.set(key, shared);
    shared.leases++;
    let isReleased = false;
    const leave = (): boolean => {
      if (isReleased) return false;
      isReleased = true;
      shared.leases--;
      if (shared.leases > 0) return false;
      if (this.#shared.get(key) === shared) this.#shared.delete(key);
      return true;
    };
    try {
      const value = await shared.opened;
      return {
        value,
        release: async () => {
          if (leave()) await this.#close(value);
        },
      };
    } catch (error) {
      leave();
      throw error;
    }
  }
}

/**
 * What is read from files, or from elsewhere, that change while it is used: credentials, trusted documents. They are read
 * again at an interval, which sees a change through links, mounts and whatever else renews them. What has been read is
 * checked whole before it is used: files that are being replaced, or are wrong, leave what is in use as it is.
 */

/** A value with the texts that it was made of: it is replaced where they differ. */
interface Read {
  readonly texts: readonly string[];
}

export interface FollowedOptions<Value> {
  /** @throws Error with what is wrong */
  readonly read: () => Promise<Value>;
  /** Undefined: they are read once. */
  readonly everyMs: number | undefined;
  readonly onReplaced: (value: Value) => void;
  /** Told once for each thing that is wrong. */
  readonly onRefused: (reason: string) => void;
}

export class FollowedFiles<Value extends Read> {
  readonly #options: FollowedOptions<Value>;
  #current: Value;
  #refused: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(options: FollowedOptions<Value>, first: Value) {
    this.#options = options;
    this.#current = first;
    this.#wait();
  }

  /** @throws what `read` throws the first time */
  static async open<Value extends Read>(options: FollowedOptions<Value>): Promise<FollowedFiles<Value>> {
    return new FollowedFiles(options, await options.read());
  }

  get current(): Value {
    return this.#current;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    const { everyMs } = this.#options;
    if (everyMs === undefined || this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#readAgain(), everyMs);
    this.#timer.unref();
  }

  async #readAgain(): Promise<void> {
    const { read, onReplaced, onRefused } = this.#options;
    try {
      const next = await read();
      if (this.#isClosed) return;
      this.#refused = undefined;
      if (!isSame(this.#current.texts, next.texts)) {
        onReplaced(next);
        this.#current = next;
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#refused && !this.#isClosed) onRefused(reason);
      this.#refused = reason;
    }
    this.#wait();
  }
}

function isSame(texts: readonly string[], others: readonly string[]): boolean {
  return texts.length === others.length && texts.every((text, index) => text === others[index]);
}

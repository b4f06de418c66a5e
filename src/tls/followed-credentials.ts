/**
 * Credentials in files that change while they are used. The files are read again at an interval, which sees a change through
 * links, mounts and whatever else renews them. What has been read is checked whole before it is used: files that are being
 * replaced, or are wrong, leave the credentials in use as they are.
 */
import { messageOf } from '../errors/index.ts';

export interface FollowedOptions<Credentials> {
  /** @throws Error with what is wrong */
  readonly read: () => Promise<Credentials>;
  /** Undefined: they are read once. */
  readonly everyMs: number | undefined;
  readonly onReplaced: (credentials: Credentials) => void;
  /** Told once for each thing that is wrong. */
  readonly onRefused: (reason: string) => void;
}

export class FollowedCredentials<Credentials extends { readonly texts: readonly string[] }> {
  readonly #options: FollowedOptions<Credentials>;
  #current: Credentials;
  #refused: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(options: FollowedOptions<Credentials>, first: Credentials) {
    this.#options = options;
    this.#current = first;
    this.#wait();
  }

  /** @throws what `read` throws the first time */
  static async open<Credentials extends { readonly texts: readonly string[] }>(
    options: FollowedOptions<Credentials>,
  ): Promise<FollowedCredentials<Credentials>> {
    return new FollowedCredentials(options, await options.read());
  }

  get current(): Credentials {
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
      const reason = messageOf(error);
      if (reason !== this.#refused && !this.#isClosed) onRefused(reason);
      this.#refused = reason;
    }
    this.#wait();
  }
}

function isSame(texts: readonly string[], others: readonly string[]): boolean {
  return texts.length === others.length && texts.every((text, index) => text === others[index]);
}

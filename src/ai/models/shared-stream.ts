/**
 * One provider's stream and everyone who reads it: each from its first part, at their own pace, with their own signal
 * and deadline. The fastest reader draws the stream on; when the last one has left, it is aborted.
 */
import type { Deadline } from '../../lib/index.ts';
import { type CallBounds, ProviderFailure, type ProviderStreamPart } from './model.ts';
import { deadlinePassed } from './within-bounds.ts';

export interface SharedStreamOptions {
  readonly open: (bounds: CallBounds) => AsyncIterable<ProviderStreamPart>;
  readonly deadline: Deadline;
  /** What is kept of the stream, by its text; beyond it nobody may join any more, and nothing is kept. */
  readonly maxCharacters: number;
  /** Told once, when nobody may join any more. @param parts the whole stream, where it ended and was not too long */
  readonly onEnd: (parts: readonly ProviderStreamPart[] | undefined) => void;
}

/** Why a reader leaves before the end. */
type Left =
  | { readonly kind: 'aborted'; readonly reason: unknown }
  | { readonly kind: 'late' }
  | { readonly kind: 'closed' };

interface Reader {
  position: number;
  left: Left | undefined;
  wake: (() => void) | undefined;
}

export class SharedStream {
  readonly deadline: Deadline;
  readonly #options: SharedStreamOptions;
  readonly #controller = new AbortController();
  readonly #source: AsyncIterator<ProviderStreamPart>;
  readonly #readers = new Set<Reader>();
  #parts: ProviderStreamPart[] = [];
  /** How many parts went before those in `#parts`. */
  #dropped = 0;
  #characters = 0;
  #drawing = false;
  #state: 'open' | 'too-long' | 'ended' = 'open';
  #thrown: { readonly error: unknown } | undefined;

  constructor(options: SharedStreamOptions) {
    this.#options = options;
    this.deadline = options.deadline;
    const parts = options.open({ signal: this.#controller.signal, deadline: options.deadline });
    this.#source = parts[Symbol.asyncIterator]();
  }

  /**
   * Counted as a reader from this call on, not from the first part that is asked for.
   *
   * Throws only the signal's reason; a deadline that passes is a last part `failed`.
   */
  read({ signal, deadline }: CallBounds): AsyncIterableIterator<ProviderStreamPart> {
    const reader: Reader = { position: this.#dropped, left: undefined, wake: undefined };
    this.#readers.add(reader);
    const leave = (left: Left): void => {
      reader.left ??= left;
      release(left.kind === 'aborted' ? left.reason : undefined);
      reader.wake?.();
    };
    const onAbort = (): void => leave({ kind: 'aborted', reason: signal.reason });
    const timer = setTimeout(() => leave({ kind: 'late' }), deadline.timerMs);
    const release = (reason: unknown): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      this.#leave(reader, reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const parts = this.#partsFor(reader, release);
    // A generator that was never begun does not run its `finally`.
    return {
      next: () => parts.next(),
      return: async () => {
        leave({ kind: 'closed' });
        await parts.return(undefined);
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async *#partsFor(reader: Reader, release: (reason: unknown) => void): AsyncGenerator<ProviderStreamPart, void, void> {
    try {
      for (;;) {
        if (reader.left !== undefined) {
          if (reader.left.kind === 'aborted') throw reader.left.reason;
          if (reader.left.kind === 'late') yield { type: 'failed', failure: deadlinePassed() };
          return;
        }
        const part = this.#parts[reader.position - this.#dropped];
        if (part !== undefined) {
          reader.position++;
          yield part;
        } else if (this.#thrown !== undefined) throw this.#thrown.error;
        else if (this.#state === 'ended') return;
        else {
          await new Promise<void>((resolve) => {
            reader.wake = resolve;
            this.#draw();
          });
          reader.wake = undefined;
        }
      }
    } finally {
      release(undefined);
    }
  }

  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    this.#source.next().then(
      ({ done, value }) => {
        this.#drawing = false;
        if (done === true)
          this.#fail(new ProviderFailure({ kind: 'stream_incomplete', detail: 'it ended without an end' }));
        else this.#add(value);
        this.#wakeAll();
      },
      (error: unknown) => {
        this.#drawing = false;
        if (error instanceof ProviderFailure) this.#fail(error);
        else this.#thrown = { error };
        this.#end();
        this.#wakeAll();
      },
    );
  }

  #add(part: ProviderStreamPart): void {
    this.#parts.push(part);
    if (part.type === 'end' || part.type === 'failed') {
      this.#end();
      return;
    }
    this.#characters += lengthOf(part);
    if (this.#state === 'open' && this.#characters > this.#options.maxCharacters) {
      this.#state = 'too-long';
      this.#options.onEnd(undefined);
    }
    // Nobody can begin to read it any more: what all have read is let go of.
    if (this.#state === 'too-long' && this.#parts.length >= 256) this.#drop();
  }

  #drop(): void {
    let slowest = Number.POSITIVE_INFINITY;
    for (const { position } of this.#readers) slowest = Math.min(slowest, position);
    const count = Math.min(slowest - this.#dropped, this.#parts.length);
    if (count < 128) return;
    this.#parts = this.#parts.slice(count);
    this.#dropped += count;
  }

  #fail(failure: ProviderFailure): void {
    this.#parts.push({ type: 'failed', failure });
    this.#end();
  }

  #end(): void {
    const whole = this.#state === 'open' && this.#thrown === undefined;
    const told = this.#state !== 'open';
    this.#state = 'ended';
    if (!told) this.#options.onEnd(whole ? this.#parts : undefined);
  }

  #wakeAll(): void {
    for (const { wake } of this.#readers) wake?.();
  }

  #leave(reader: Reader, reason: unknown): void {
    if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
    const unfinished = this.#state !== 'ended';
    if (!unfinished) return;
    if (this.#state === 'open') this.#options.onEnd(undefined);
    this.#state = 'ended';
    this.#controller.abort(reason);
    // A source that does not look at its signal is closed when it gives its next part.
    void this.#source.return?.().then(undefined, () => undefined);
  }
}

function lengthOf(part: ProviderStreamPart): number {
  if (part.type === 'end' || part.type === 'failed') return 0;
  let length = 64 + (part.wire?.length ?? 0);
  if ('text' in part) length += part.text.length;
  if ('arguments' in part) length += part.arguments.length;
  return length;
}

/**
 * Opens a provider's stream up to its first real output: text, reasoning, a refusal, a tool call. Earlier parts (roles,
 * empty deltas, pings) are buffered, so that a stream that fails before its first output can fall back to another target
 * before the client has received anything. At most 64 parts or 256 KiB are buffered; then the stream counts as open.
 */
import { TimerEntry, timerWheel } from '../../../lib/index.ts';
import {
  type ModelAnswer,
  ProviderFailure,
  type ProviderStreamPart,
  type StreamDelta,
} from '../../model-call/index.ts';
import type { Attempt } from './attempt.ts';

const maxBufferedParts = 64;
const maxBufferedCharacters = 256 * 1_024;

export interface OpenStream {
  readonly buffered: readonly StreamDelta[];
  readonly reader: StreamReader;
  /** The complete answer, if the stream ended before any output. */
  readonly answer: ModelAnswer | undefined;
}

export async function openStream(
  parts: AsyncIterable<ProviderStreamPart>,
  attempt: Attempt,
  idleMs: number,
): Promise<OpenStream> {
  const reader = new StreamReader(parts, attempt, idleMs);
  const buffered: StreamDelta[] = [];
  let characters = 0;
  try {
    for (;;) {
      const part = await reader.next();
      if (part.type === 'end') return { buffered, reader, answer: part.answer };
      buffered.push(part);
      if (isOutput(part)) return { buffered, reader, answer: undefined };
      characters += part.type === 'other' ? part.wire.length : (part.wire?.length ?? 0);
      if (buffered.length >= maxBufferedParts || characters >= maxBufferedCharacters)
        return { buffered, reader, answer: undefined };
    }
  } catch (error) {
    reader.close();
    throw error;
  }
}

function isOutput(part: StreamDelta): boolean {
  switch (part.type) {
    case 'text_delta':
    case 'reasoning_delta':
    case 'refusal_delta':
      return part.text !== '';
    case 'tool_call_start':
    case 'tool_call_delta':
      return true;
    default:
      return false;
  }
}

/**
 * Reads a provider's stream part by part, and stops it when it is idle for too long while it is being read. Any bytes
 * count as activity, also the comments and pings that a model sends while it reasons for minutes; the call's deadline
 * bounds those.
 */
export class StreamReader extends TimerEntry {
  /** The number of characters of output received. */
  characters = 0;
  readonly #iterator: AsyncIterator<ProviderStreamPart>;
  readonly #attempt: Attempt;
  readonly #idleMs: number;
  /** When the current read began; 0: no read is in progress. A slow consumer does not make the stream idle. */
  #readStartedAt = 0;
  #closed = false;

  constructor(parts: AsyncIterable<ProviderStreamPart>, attempt: Attempt, idleMs: number) {
    super();
    this.#iterator = parts[Symbol.asyncIterator]();
    this.#attempt = attempt;
    this.#idleMs = idleMs;
    // One timeout that compares timestamps when it has passed, instead of one per part.
    timerWheel.add(this, idleMs);
  }

  /** The next delta, or the end. Throws a `ProviderFailure` if the stream fails or ends without its final part. */
  async next(): Promise<Exclude<ProviderStreamPart, { type: 'failed' }>> {
    this.#readStartedAt = performance.now();
    const { done, value } = await this.#attempt.race(this.#iterator.next());
    this.#readStartedAt = 0;
    if (done === true) {
      throw new ProviderFailure({ kind: 'stream_incomplete', detail: 'the stream ended without its last part' });
    }
    const part: ProviderStreamPart = value;
    switch (part.type) {
      case 'text_delta':
      case 'reasoning_delta':
      case 'refusal_delta':
        this.characters += part.text.length;
        return part;
      case 'tool_call_delta':
        this.characters += part.arguments.length;
        return part;
      case 'failed':
        this.close();
        throw part.failure;
      case 'end':
        this.close();
        return part;
      default:
        return part;
    }
  }

  /** Clears the idle timer and ends the provider's iterator, without waiting for it: it may hang. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    timerWheel.remove(this);
    this.#iterator.return?.().then(ignore, ignore);
  }

  onTimeout(): void {
    this.checkIdle(false);
  }

  /** @param isSecondCheck whether pending I/O has been processed since the timer fired: a late timer fires before it */
  checkIdle(isSecondCheck: boolean): void {
    if (this.#closed) return;
    const lastActivityAt = Math.max(this.#readStartedAt, this.#attempt.lastArrivalAt);
    const idleMs = this.#readStartedAt === 0 ? 0 : performance.now() - lastActivityAt;
    if (idleMs < this.#idleMs) {
      timerWheel.add(this, this.#idleMs - idleMs);
    } else if (isSecondCheck) this.#attempt.stop('idle');
    else setImmediate(onStillIdle, this);
  }
}

function onStillIdle(reader: StreamReader): void {
  reader.checkIdle(true);
}

function ignore(): void {}

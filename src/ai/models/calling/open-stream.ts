/**
 * A provider's stream up to its first real output: text, reasoning, a refusal, a tool call. What comes before that (roles,
 * empty deltas, pings) is held back, so that a stream that fails there can be asked elsewhere and nobody has seen
 * anything of it. At most 64 parts or 256 KiB are held; a stream that says nothing for longer is taken as it is.
 */
import { longestTimerMs } from '../../../lib/index.ts';
import {
  type ModelAnswer,
  ProviderFailure,
  type ProviderStreamPart,
  type StreamDelta,
} from '../../model-call/index.ts';
import type { Attempt } from './attempt.ts';

const maxHeldParts = 64;
const maxHeldCharacters = 256 * 1_024;

export interface OpenStream {
  readonly held: readonly StreamDelta[];
  readonly reader: StreamReader;
  /** The whole answer, where the stream ended before any output. */
  readonly answer: ModelAnswer | undefined;
}

export async function openStream(
  parts: AsyncIterable<ProviderStreamPart>,
  attempt: Attempt,
  idleMs: number,
): Promise<OpenStream> {
  const reader = new StreamReader(parts, attempt, idleMs);
  const held: StreamDelta[] = [];
  let characters = 0;
  try {
    for (;;) {
      const part = await reader.next();
      if (part.type === 'end') return { held, reader, answer: part.answer };
      held.push(part);
      if (isOutput(part)) return { held, reader, answer: undefined };
      characters += part.type === 'other' ? part.wire.length : (part.wire?.length ?? 0);
      if (held.length >= maxHeldParts || characters >= maxHeldCharacters) return { held, reader, answer: undefined };
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
 * Reads a provider's stream part by part, and stops it when it is silent for too long while it is being read. Silent is a
 * provider that sends nothing at all: comments and pings, as a model that thinks for minutes sends them, are its life. How
 * long it may go on so is the call's deadline to say.
 */
export class StreamReader {
  /** How many characters of output have come. */
  characters = 0;
  readonly #iterator: AsyncIterator<ProviderStreamPart>;
  readonly #attempt: Attempt;
  readonly #idleMs: number;
  #idleTimer: NodeJS.Timeout;
  /** When the read that is running began; 0: none is. A slow reader is not the provider's silence. */
  #readingSince = 0;
  #closed = false;

  constructor(parts: AsyncIterable<ProviderStreamPart>, attempt: Attempt, idleMs: number) {
    this.#iterator = parts[Symbol.asyncIterator]();
    this.#attempt = attempt;
    this.#idleMs = idleMs;
    // One timer that looks at the clock when it fires, instead of one set for every part.
    this.#idleTimer = setTimeout(onIdle, idleMs, this);
  }

  /** A delta, or the end. A stream that fails, or ends without saying so, is thrown as a `ProviderFailure`. */
  async next(): Promise<Exclude<ProviderStreamPart, { type: 'failed' }>> {
    this.#readingSince = performance.now();
    const { done, value } = await this.#attempt.race(this.#iterator.next());
    this.#readingSince = 0;
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

  /** Stops watching, and lets the provider's iterator end. Never waits for it: it may hang. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    this.#iterator.return?.().then(ignore, ignore);
  }

  /** @param again whether what had arrived meanwhile has been read: a timer that fires late fires before it */
  checkIdle(again: boolean): void {
    if (this.#closed) return;
    const since = Math.max(this.#readingSince, this.#attempt.lastArrivalAt);
    const silentMs = this.#readingSince === 0 ? 0 : performance.now() - since;
    if (silentMs < this.#idleMs) {
      const leftMs = Math.ceil(this.#idleMs - silentMs) + 1;
      this.#idleTimer = setTimeout(onIdle, Math.min(leftMs, longestTimerMs), this);
    } else if (again) this.#attempt.stop('idle');
    else setImmediate(onIdleStill, this);
  }
}

function onIdle(reader: StreamReader): void {
  reader.checkIdle(false);
}

function onIdleStill(reader: StreamReader): void {
  reader.checkIdle(true);
}

function ignore(): void {}

/**
 * Reads server-sent events (WHATWG HTML, section 9.2) out of a body's bytes, however they are cut: lines and characters
 * split at any offset, `data:` without its space, CRLF, a byte order mark, comments. Unlike a browser, an event that
 * ends with the body instead of a blank line counts: some endpoints forget the line. The door of `eventsource-parser`.
 */
import { createParser } from 'eventsource-parser';

export interface SseOptions {
  /** Told of each event: its data and its name, `undefined` where it has none. What it throws, `feed` and `end` throw. */
  readonly onEvent: (data: string, event: string | undefined) => void;
  /** The longest event, in characters; `feed` throws at a longer one. */
  readonly maxLength: number;
}

export interface SseReader {
  feed(bytes: Uint8Array): void;
  /** There are no more bytes. */
  end(): void;
}

export function createSseReader({ onEvent, maxLength }: SseOptions): SseReader {
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent: ({ data, event }) => {
      // Some endpoints keep a connection awake with events that hold nothing.
      if (data.length < 8 && event !== 'error' && data.trim() === '') return;
      onEvent(data, event);
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw new Error(`an event is longer than ${maxLength} characters`);
    },
    maxBufferSize: maxLength,
  });
  return {
    feed: (bytes) => parser.feed(decoder.decode(bytes, { stream: true })),
    end: () => parser.feed(`${decoder.decode()}\n\n`),
  };
}

/**
 * Reads server-sent events (WHATWG HTML, section 9.2) from the chunks of a body: lines and characters split at any
 * offset, `data:` without its space, CRLF, a byte order mark, comments. Unlike in a browser, an event that ends with
 * the body instead of a blank line counts: some endpoints omit the line. The only import of `eventsource-parser`.
 */
import { createParser } from 'eventsource-parser';

export interface SseOptions {
  /**
   * Called for each event with its data and its name, `undefined` if it has none. Errors it throws are thrown by `feed`
   * and `end`.
   */
  readonly onEvent: (data: string, event: string | undefined) => void;
  /** The bound of one event, in characters; `feed` throws if it is exceeded. */
  readonly maxLength: number;
}

export interface SseReader {
  feed(bytes: Uint8Array): void;
  /** The end of the body. */
  end(): void;
}

export function createSseReader({ onEvent, maxLength }: SseOptions): SseReader {
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent: ({ data, event }) => {
      // Some endpoints send empty events to keep a connection alive.
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

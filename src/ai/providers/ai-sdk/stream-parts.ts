/**
 * Where the parts of one stream come from, a batch at a time: a package's stream, or the provider's bytes where they are
 * read without the package.
 */
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { MessageEvents } from '../../wires/anthropic-messages/index.ts';
import { createSseReader } from '../../wires/shared/index.ts';
import type { HttpExchange } from '../http/index.ts';
import type { AiSdkExchange } from './observed-fetch.ts';

export interface AiSdkParts {
  /** What has come since, at least one part; `undefined` at the end. Parts before a failure are given first. */
  read(): Promise<readonly LanguageModelV4StreamPart[] | undefined>;
  /** All of interest was read. Resolves when the connection can be used again, or has to be closed. */
  drain(): Promise<void>;
}

/** How long the rest of a body is read that nobody waits for, to keep its connection for the next call. */
const drainMs = 1_000;

export function packageParts(stream: ReadableStream<LanguageModelV4StreamPart>, signal: AbortSignal): AiSdkParts {
  const reader = stream.getReader();
  // A package that does not look at the signal does not hold the call up.
  signal.addEventListener('abort', () => void reader.cancel().catch(() => {}), { once: true });
  return {
    async read() {
      const { done, value } = await reader.read();
      return done ? undefined : [value];
    },
    async drain() {
      const timer = setTimeout(() => void reader.cancel().catch(() => {}), drainMs);
      timer.unref();
      try {
        while (!(await reader.read()).done);
      } catch {
        // Nobody waits for it.
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** @param maxEventLength the longest event, in characters */
export function messageParts(answer: HttpExchange, exchange: AiSdkExchange, maxEventLength: number): AiSdkParts {
  const events = new MessageEvents();
  // Half an event at the end of the bytes is none, as for the package.
  const reader = createSseReader({ onEvent: (data) => events.read(data), maxLength: maxEventLength });
  let failure: unknown;
  return {
    async read() {
      for (;;) {
        if (failure !== undefined) throw failure;
        const chunks = await answer.read().catch((error: unknown) => {
          exchange.end('cut');
          throw error;
        });
        if (chunks === undefined) {
          exchange.end('ended');
          return undefined;
        }
        try {
          for (const chunk of chunks) reader.feed(chunk);
        } catch (error) {
          failure = error;
        }
        if (events.hasParts) return events.taken();
      }
    },
    async drain() {
      answer.drain();
    },
  };
}

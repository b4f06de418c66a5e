/** The parts of a package's stream, a batch at a time. */
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';

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

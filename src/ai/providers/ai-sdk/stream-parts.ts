/** The parts of a package's stream, in batches. */
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';

export interface AiSdkParts {
  /**
   * The parts received since the last call, at least one; `undefined` at the end. Parts before a failure are returned
   * first.
   */
  read(): Promise<readonly LanguageModelV4StreamPart[] | undefined>;
  /** Everything relevant was read. Resolves when the connection can be reused, or must be closed. */
  drain(): Promise<void>;
}

/** How long the remaining bytes of a body are drained, to reuse its connection. */
const drainMs = 1_000;

export function packageParts(stream: ReadableStream<LanguageModelV4StreamPart>, signal: AbortSignal): AiSdkParts {
  const reader = stream.getReader();
  // A package that ignores the signal does not delay the call.
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
        // The result is not awaited.
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

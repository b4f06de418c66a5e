/** An error answer of a provider, independent of the wire. */
export interface ErrorAnswer {
  /** 400 to 599. */
  readonly status: number;
  /**
   * OpenAI's error code, translated to each wire's own: `insufficient_quota`, `context_length_exceeded`,
   * `content_filter`, or any other. @default The vendor's code for the status.
   */
  readonly code?: string;
  readonly message?: string;
  /** The header `retry-after`: seconds, an HTTP date, or any text (also invalid). */
  readonly retryAfter?: number | Date | string;
  /** The header `retry-after-ms`. */
  readonly retryAfterMs?: number | string;
  /** Google's `RetryInfo.retryDelay`, such as `34.4s`; Gemini's wire only. */
  readonly retryDelay?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a test says the provider answers: one description, written on whichever wire the request came by. */
import type { Faults } from './faults.ts';
import type { Recording } from './recording.ts';

/** What a request is answered with, and what goes wrong on the way. */
export type ScriptedReply = ScriptedAnswer | ScriptedError | ScriptedBody | ScriptedRecording;

/** `stop` includes a stop sequence. */
export type ScriptedFinish = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal';

/** A model's answer. `{}` is the default one: text, or the least JSON that fits the schema or the tool asked for. */
export interface ScriptedAnswer {
  readonly text?: string;
  /** A value for structured output: the arguments of the tool the request forces, or else JSON text. */
  readonly json?: unknown;
  /** The model's thinking, shown before its answer. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** The model's words for refusing; its answer is then empty. */
  readonly refusal?: string;
  /** @default `tool_calls` with tool calls, `refusal` with a refusal, else `stop` */
  readonly finishReason?: ScriptedFinish;
  /** @default A quarter of the characters read and written. */
  readonly usage?: ScriptedUsage;
  /** How a stream splits the text: into so many pieces, or into these (they are the text where `text` is not given). @default Words. */
  readonly chunks?: number | readonly string[];
  /** The vectors of an embeddings request, one per text. @default Made from each text; the same text, the same vector. */
  readonly vectors?: readonly (readonly number[])[];
  /** The model's name as answered. @default The one asked for. */
  readonly model?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly faults?: Faults;
}

export interface ScriptedToolCall {
  readonly name: string;
  /** A value, or text sent as it is, sound JSON or not. @default `{}` */
  readonly arguments?: unknown;
  /** @default `call_0`, `call_1`, … */
  readonly id?: string;
}

/** In tokens: `inputTokens` includes cached and cache-written ones, `outputTokens` includes reasoning. */
export interface ScriptedUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens?: number;
  readonly cacheWriteTokens?: number;
  /** Those of them that are kept for an hour. */
  readonly cacheWriteHourTokens?: number;
  readonly reasoningTokens?: number;
}

/** A status with the body the wire's vendor sends for it. */
export interface ScriptedError {
  readonly error: ErrorAnswer;
  readonly faults?: Faults;
}

export interface ErrorAnswer {
  /** 400 to 599. */
  readonly status: number;
  /**
   * OpenAI's name of the error, said in each wire's own words where it has some: `insufficient_quota`,
   * `context_length_exceeded`, `content_filter`, or any other. @default What the vendor says for the status.
   */
  readonly code?: string;
  readonly message?: string;
  /** The header `retry-after`: seconds, an HTTP date, or text as it is (garbage). */
  readonly retryAfter?: number | Date | string;
  /** The header `retry-after-ms`. */
  readonly retryAfterMs?: number | string;
  /** Google's `RetryInfo.retryDelay`, such as `34.4s`; Gemini's wire only. */
  readonly retryDelay?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Bytes as they are: an HTML page, half a JSON text, a redirect. */
export interface ScriptedBody {
  readonly body: string | Uint8Array;
  /** @default 200 */
  readonly status?: number;
  /** @default `content-type: application/json` */
  readonly headers?: Readonly<Record<string, string>>;
  readonly faults?: Faults;
}

/** What a provider once sent, framed again as it frames it. */
export interface ScriptedRecording {
  readonly recording: Recording;
  readonly faults?: Faults;
}

/** The page a proxy in front of a provider shows when the provider is gone. */
export function htmlPage(status = 502): ScriptedBody {
  return {
    status,
    body: `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body><h1>${status} Bad Gateway</h1></body></html>\n`,
    headers: { 'content-type': 'text/html; charset=utf-8' },
  };
}

/** A redirect, which no client should follow with its key. */
export function redirectTo(url: string, status: 301 | 302 | 303 | 307 | 308 = 307): ScriptedBody {
  return { status, body: '', headers: { location: url } };
}

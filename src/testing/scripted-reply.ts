/** The scripted reply of a provider: one description, rendered on the wire of the request. */
import type { ErrorAnswer } from './error-answer.ts';
import type { Faults } from './faults.ts';
import type { Recording } from './recording.ts';

/** The reply to a request, and its faults. */
export type ScriptedReply = ScriptedAnswer | ScriptedError | ScriptedBody | ScriptedRecording;

/** `stop` includes a stop sequence. */
export type ScriptedFinish = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal';

/** A model's answer. `{}` is the default one: text, or the smallest JSON that fits the requested schema or tool. */
export interface ScriptedAnswer {
  readonly text?: string;
  /** A value for structured output: the arguments of the tool the request forces, or else JSON text. */
  readonly json?: unknown;
  /** The model's reasoning, emitted before its answer. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** The text of a refusal; the answer is then empty. */
  readonly refusal?: string;
  /** @default `tool_calls` with tool calls, `refusal` with a refusal, else `stop` */
  readonly finishReason?: ScriptedFinish;
  /** @default A quarter of the characters read and written. */
  readonly usage?: ScriptedUsage;
  /**
   * How a stream splits the text: into this number of pieces, or into these (which form the text if `text` is missing).
   * @default Words.
   */
  readonly chunks?: number | readonly string[];
  /**
   * The vectors of an embeddings request, one per text. @default Derived from each text; equal texts have equal
   * vectors.
   */
  readonly vectors?: readonly (readonly number[])[];
  /** The model's name in the answer. @default The requested one. */
  readonly model?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly faults?: Faults;
}

export interface ScriptedToolCall {
  readonly name: string;
  /** A value, or text that is sent unchanged, valid JSON or not. @default `{}` */
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
  /** The part of them with a TTL of an hour. */
  readonly cacheWriteHourTokens?: number;
  readonly reasoningTokens?: number;
}

/** A status with the vendor's body for it. */
export interface ScriptedError {
  readonly error: ErrorAnswer;
  readonly faults?: Faults;
}

/** Raw bytes: an HTML page, half a JSON text, a redirect. */
export interface ScriptedBody {
  readonly body: string | Uint8Array;
  /** @default 200 */
  readonly status?: number;
  /** @default `content-type: application/json` */
  readonly headers?: Readonly<Record<string, string>>;
  readonly faults?: Faults;
}

/** A recorded answer of a provider, framed again. */
export interface ScriptedRecording {
  readonly recording: Recording;
  readonly faults?: Faults;
}

/** The error page of a proxy in front of a provider that is down. */
export function htmlPage(status = 502): ScriptedBody {
  return {
    status,
    body: `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body><h1>${status} Bad Gateway</h1></body></html>\n`,
    headers: { 'content-type': 'text/html; charset=utf-8' },
  };
}

/** A redirect, which no client may follow with its key. */
export function redirectTo(url: string, status: 301 | 302 | 303 | 307 | 308 = 307): ScriptedBody {
  return { status, body: '', headers: { location: url } };
}

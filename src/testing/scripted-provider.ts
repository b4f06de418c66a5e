/**
 * A model provider for tests: a real HTTP server on the loopback interface with scripted answers, on every wire, with
 * every fault. It makes no outgoing calls, costs nothing and is deterministic.
 */
import type { Faults } from './faults.ts';
import type { RateLimit } from './rate-window.ts';
import type { ReceivedRequest } from './received-request.ts';
import type { Recording } from './recording.ts';
import type { RequestMatch, Responder } from './script.ts';
import type { ScriptedReply } from './scripted-reply.ts';

export interface ScriptedProviderOptions {
  /** @default 0, any free port */
  readonly port?: number;
  /**
   * The answer if nothing is scripted. `reset()` does not change it. @default A fixed text, or a value that fits the
   * requested schema or tool
   */
  readonly respond?: Responder;
  /** Faults of every answer; a reply's own faults are added. @default None */
  readonly faults?: Faults;
  /** The accepted keys; any other is answered 401. @default Every key, and none */
  readonly keys?: readonly string[];
  readonly rateLimit?: RateLimit;
  /** The models of `GET …/models`. @default `['scripted-1', 'scripted-embedding-1']` */
  readonly models?: readonly string[];
  /** The bound of `requests`; the oldest are removed first. @default 10000 */
  readonly maxRequests?: number;
}

export interface ScriptedProvider extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** For OpenAI's SDK and other clients of its wire: ends in `/v1`. */
  readonly openAiBaseUrl: string;
  /** For `@anthropic-ai/sdk`, which adds `/v1` itself. */
  readonly anthropicBaseUrl: string;
  /** For `@ai-sdk/google`: ends in `/v1beta`. */
  readonly geminiBaseUrl: string;
  /** The received requests, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** The number of requests in flight. */
  readonly inFlight: number;
  /** The maximum of requests in flight, since the start or the last `reset()`. */
  readonly peakInFlight: number;
  /** The number of one-time replies that have not been used. */
  readonly pendingReplies: number;
  /** Adds replies that are used once each, in this order, before any standing one. */
  script(replies: ScriptedReply | readonly ScriptedReply[], match?: RequestMatch): void;
  /**
   * Adds a standing reply, or a function that creates one for each request; the newest that returns a reply applies.
   */
  respond(responder: Responder, match?: RequestMatch): void;
  /** Answers every request from a recording: a parsed one, or its path (see `readRecording`). */
  play(recording: Recording | string, faults?: Faults, match?: RequestMatch): Promise<void>;
  /** Counts requests per key from now on; `undefined` stops it. */
  limitRate(limit: RateLimit | undefined): void;
  /** Refuses connections (and closes open ones), like a provider that is down. */
  refuseConnections(): Promise<void>;
  /** Accepts connections again, on the same port. */
  acceptConnections(): Promise<void>;
  /** Resolves with the first `count` requests once that many have arrived; rejects after `timeoutMs`. @default 5000 */
  waitForRequests(count: number, timeoutMs?: number): Promise<readonly ReceivedRequest[]>;
  /** Clears scripts, requests and rate counts. Requests in flight are still answered. */
  reset(): void;
  /** Closes every connection and the server. */
  close(): Promise<void>;
}

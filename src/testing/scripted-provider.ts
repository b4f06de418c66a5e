/**
 * A model provider for tests: a real HTTP server on the loopback that answers what a test scripts, on every wire, with
 * every fault. It calls nobody, costs nothing and says the same each time.
 */
import type { Faults } from './faults.ts';
import type { RateLimit } from './rate-window.ts';
import type { ReceivedRequest } from './received-request.ts';
import type { Recording } from './recording.ts';
import type { RequestMatch, Responder } from './script.ts';
import type { ScriptedReply } from './scripted-reply.ts';
import { ScriptedServer } from './scripted-server.ts';

export interface ScriptedProviderOptions {
  /** @default 0, any free port */
  readonly port?: number;
  /** What is answered where nothing is scripted. `reset()` keeps it. @default A fixed text, or what fits the schema or tool asked for */
  readonly respond?: Responder;
  /** Faults of every answer; a reply's own come on top. @default None */
  readonly faults?: Faults;
  /** The keys that are taken; any other is answered 401. @default Every key, and none */
  readonly keys?: readonly string[];
  readonly rateLimit?: RateLimit;
  /** What `GET …/models` lists. @default `['scripted-1', 'scripted-embedding-1']` */
  readonly models?: readonly string[];
  /** How many requests are kept in `requests`; beyond, the oldest are forgotten. @default 10000 */
  readonly keepRequests?: number;
}

export interface ScriptedProvider extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** For OpenAI's SDK and everything that speaks its wire: ends in `/v1`. */
  readonly openAiBaseUrl: string;
  /** For `@anthropic-ai/sdk`, which adds `/v1` itself. */
  readonly anthropicBaseUrl: string;
  /** For `@ai-sdk/google`: ends in `/v1beta`. */
  readonly geminiBaseUrl: string;
  /** What has arrived, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** How many requests are being answered right now. */
  readonly inFlight: number;
  /** The most that were ever being answered at once, since the start or the last `reset()`. */
  readonly peakInFlight: number;
  /** How many one-time replies nobody has fetched yet. */
  readonly scriptedLeft: number;
  /** Replies given once each, in this order, before any standing one. */
  script(replies: ScriptedReply | readonly ScriptedReply[], match?: RequestMatch): void;
  /** A reply to every request, or a function that makes one for each; the newest that says something counts. */
  respond(responder: Responder, match?: RequestMatch): void;
  /** Answers every request from a recording: one that was read, or its path (see `readRecording`). */
  play(recording: Recording | string, faults?: Faults, match?: RequestMatch): Promise<void>;
  /** Counts requests per key from now on; `undefined` stops it. */
  limitRate(limit: RateLimit | undefined): void;
  /** Refuses connections (and ends those there are), as a provider that is down does. */
  refuseConnections(): Promise<void>;
  /** Takes connections again, on the same port. */
  acceptConnections(): Promise<void>;
  /** Resolves with the first `count` requests once so many have arrived; rejects after `timeoutMs`. @default 5000 */
  waitForRequests(count: number, timeoutMs?: number): Promise<readonly ReceivedRequest[]>;
  /** Forgets scripts, requests and rate counts. Requests in flight are answered all the same. */
  reset(): void;
  /** Ends every connection and the server. */
  close(): Promise<void>;
}

/** @throws where the port is taken */
export async function startScriptedProvider(options: ScriptedProviderOptions = {}): Promise<ScriptedProvider> {
  const server = new ScriptedServer(options);
  await server.listen(options.port ?? 0);
  return server;
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readAnswerRequirements } from './answer-requirements.ts';
import type { Faults } from './faults.ts';
import { type RateLimit, RateWindow } from './rate-window.ts';
import { readBody } from './read-body.ts';
import { keyOf, type OpenRequest, type ReceivedRequest, type RequestOutcome } from './received-request.ts';
import { type Recording, readRecording } from './recording.ts';
import { type Rendering, renderError, renderReply } from './render-reply.ts';
import { type RequestMatch, type Responder, Script } from './script.ts';
import type { ScriptedProvider, ScriptedProviderOptions } from './scripted-provider.ts';
import type { ScriptedReply } from './scripted-reply.ts';
import { sendReply } from './send-reply.ts';
import { routeOf, type Wire } from './wire.ts';

/** The life of a request here: read, recorded, refused by key or rate, matched with its reply, sent with its faults. */
export class ScriptedServer implements ScriptedProvider {
  readonly #options: ScriptedProviderOptions;
  readonly #faults: Faults;
  readonly #maxRequests: number;
  readonly #models: readonly string[];
  readonly #server: Server;
  readonly #script = new Script();
  readonly #waiting = new Set<() => void>();
  #rateLimit: RateLimit | undefined;
  #rates: RateWindow | undefined;
  #port = 0;
  #arrived = 0;
  #requests: ReceivedRequest[] = [];
  inFlight = 0;
  peakInFlight = 0;

  constructor(options: ScriptedProviderOptions) {
    this.#options = options;
    this.#faults = options.faults ?? {};
    this.#maxRequests = options.maxRequests ?? 10_000;
    this.#models = options.models ?? ['scripted-1', 'scripted-embedding-1'];
    this.#server = createServer((request, response) => this.#receive(request, response));
    this.limitRate(options.rateLimit);
    if (options.respond !== undefined) this.#script.addStanding(options.respond, {});
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }
  get openAiBaseUrl(): string {
    return `${this.url}/v1`;
  }
  get anthropicBaseUrl(): string {
    return this.url;
  }
  get geminiBaseUrl(): string {
    return `${this.url}/v1beta`;
  }
  get requests(): readonly ReceivedRequest[] {
    return this.#requests;
  }
  get pendingReplies(): number {
    return this.#script.pending;
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1', 1024); // the backlog: hundreds of connections may come at once
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  script(replies: ScriptedReply | readonly ScriptedReply[], match: RequestMatch = {}): void {
    this.#script.addOnce(Array.isArray(replies) ? replies : [replies as ScriptedReply], match);
  }

  respond(responder: Responder, match: RequestMatch = {}): void {
    this.#script.addStanding(responder, match);
  }

  async play(recording: Recording | string, faults: Faults = {}, match: RequestMatch = {}): Promise<void> {
    const read = typeof recording === 'string' ? await readRecording(recording) : recording;
    this.respond({ recording: read, faults }, match);
  }

  limitRate(limit: RateLimit | undefined): void {
    this.#rateLimit = limit;
    this.#rates = limit && new RateWindow(limit);
  }

  async refuseConnections(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async acceptConnections(): Promise<void> {
    if (!this.#server.listening) await this.listen(this.#port);
  }

  close(): Promise<void> {
    return this.refuseConnections();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  reset(): void {
    this.#script.clear();
    if (this.#options.respond !== undefined) this.#script.addStanding(this.#options.respond, {});
    this.limitRate(this.#rateLimit);
    this.#requests = [];
    this.#arrived = 0;
    this.peakInFlight = this.inFlight;
  }

  waitForRequests(count: number, timeoutMs = 5_000): Promise<readonly ReceivedRequest[]> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (this.#arrived < count) return;
        end();
        resolve(this.#requests.slice(0, count));
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`${this.#arrived} of ${count} requests arrived within ${timeoutMs} ms`));
      }, timeoutMs);
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    });
  }

  #receive(incoming: IncomingMessage, response: ServerResponse): void {
    this.inFlight++;
    if (this.inFlight > this.peakInFlight) this.peakInFlight = this.inFlight;
    let isStopped = false;
    let request: OpenRequest | undefined;
    const ended = Promise.withResolvers<RequestOutcome>();
    response.on('close', () => {
      this.inFlight--;
      const outcome = isStopped ? 'stopped' : response.writableFinished ? 'answered' : 'aborted';
      if (request !== undefined) request.aborted = outcome === 'aborted';
      ended.resolve(outcome);
    });
    readBody(incoming, (text) => {
      if (text === undefined) return; // the client disconnected before the request was complete
      const [received, rendering] = this.#read(incoming, text, ended.promise);
      request = received;
      this.#note(received);
      this.#answer(response, received, rendering, () => {
        isStopped = true;
      });
    });
  }

  #read(incoming: IncomingMessage, text: string, ended: Promise<RequestOutcome>): [OpenRequest, Rendering] {
    const { method = '', url = '', headers } = incoming;
    const at = url.indexOf('?');
    const path = at === -1 ? url : url.slice(0, at);
    const query = at === -1 ? '' : url.slice(at + 1);
    const route = routeOf(method, path);
    const body = parsed(text);
    const requirements = readAnswerRequirements(route, body);
    const number = this.#arrived;
    const { wire } = route;
    const { model, isStream } = requirements;
    const outcome = { startedAt: performance.now(), sentChunks: 0, aborted: false, ended };
    const key = keyOf(headers, query);
    return [
      { number, wire, method, path, query, headers, key, model, isStream, body, ...outcome },
      { number, wire, requirements, body, bodyLength: text.length, models: this.#models },
    ];
  }

  #note(request: ReceivedRequest): void {
    this.#arrived++;
    if (this.#maxRequests > 0) {
      if (this.#requests.length >= this.#maxRequests) this.#requests.shift();
      this.#requests.push(request);
    }
    for (const check of this.#waiting) check();
  }

  #answer(response: ServerResponse, request: OpenRequest, rendering: Rendering, onStop: () => void): void {
    const refusal = this.#refusal(request);
    const send = (reply: ScriptedReply) => {
      if (response.destroyed) return;
      const faults = reply.faults === undefined ? this.#faults : { ...this.#faults, ...reply.faults };
      const idHeader = requestIdHeaders[request.wire];
      if (idHeader !== undefined) response.setHeader(idHeader, `scripted-${request.number}`);
      sendReply(response, renderReply(reply, rendering, faults), faults, request, onStop);
    };
    // An error in a script must be recognisable: 501 is used for nothing else here.
    const fail = (error: unknown) => {
      if (response.destroyed || response.headersSent) return;
      const message = `The scripted provider cannot answer: ${error instanceof Error ? error.message : String(error)}`;
      const scriptError = renderError(request.wire, { status: 501, code: 'script_error', message });
      sendReply(response, scriptError, {}, request, onStop);
    };
    try {
      const reply = refusal ?? this.#script.replyTo(request);
      if (reply instanceof Promise) reply.then(send).catch(fail);
      else send(reply);
    } catch (error) {
      fail(error);
    }
  }

  /** The checks that a provider makes before it reads anything else. */
  #refusal({ key = '' }: ReceivedRequest): ScriptedReply | undefined {
    if (this.#options.keys !== undefined && !this.#options.keys.includes(key)) return { error: { status: 401 } };
    const waitMs = this.#rates?.refusedForMs(key);
    if (waitMs === undefined) return undefined;
    const retry = { retryAfter: Math.ceil(waitMs / 1_000), retryAfterMs: Math.ceil(waitMs) };
    return { error: { status: 429, ...retry, retryDelay: `${(waitMs / 1_000).toFixed(3)}s` } };
  }
}

const requestIdHeaders: Readonly<Partial<Record<Wire, string>>> = {
  'openai-chat': 'x-request-id',
  'openai-responses': 'x-request-id',
  'openai-embeddings': 'x-request-id',
  'openai-models': 'x-request-id',
  'anthropic-messages': 'request-id',
  'bedrock-converse': 'x-amzn-requestid',
};

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/**
 * A server-sent event stream to one client: pieces that are ready in the same tick go out in one write, a slow reader
 * holds the writer back, silence is bridged by heartbeats, and the cost follows as an HTTP trailer.
 */
import type { FastifyReply } from 'fastify';

/** Where a write is made although more may follow in the same tick. */
const flushAt = 65_536;

/** Less than the shortest idle timeout of balancers in use (Heroku's 55 s, nginx's 60 s). */
export const heartbeatMs = 15_000;

export interface EventStreamOptions {
  /** What is sent while nothing else is. */
  readonly heartbeat: string;
  /** Ends every wait for the client. */
  readonly signal: AbortSignal;
  /** @default 15000 */
  readonly heartbeatMs?: number;
}

export class EventStream {
  readonly #reply: FastifyReply;
  readonly #headers: Record<string, string> = {};
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #pending = '';
  #scheduled = false;
  #full = false;
  #trailing = false;

  constructor(reply: FastifyReply, options: EventStreamOptions) {
    this.#reply = reply;
    this.#signal = options.signal;
    const silence = options.heartbeatMs ?? heartbeatMs;
    this.#timer = setTimeout(() => {
      this.write(options.heartbeat);
      this.#timer.refresh();
    }, silence);
  }

  /** Whether anything has gone out: until then the answer can still be another one. */
  get begun(): boolean {
    return this.#reply.raw.headersSent || this.#pending !== '';
  }

  /** Sets a header of the answer; without effect once something has gone out. */
  header(name: string, value: string): void {
    this.#headers[name] = value;
  }

  write(text: string): void {
    if (text === '') return;
    this.#pending += text;
    if (this.#pending.length >= flushAt) this.#flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      // After every promise that is settled by now: what a model sent at once is written at once.
      process.nextTick(() => this.#flush());
    }
  }

  /** Resolves when the client has read enough for more, is gone, or has no time left; `undefined` where there is room. */
  room(): Promise<void> | undefined {
    const { raw } = this.#reply;
    if (!this.#full || raw.destroyed || this.#signal.aborted) return undefined;
    return new Promise((resolve) => {
      const settle = (): void => {
        raw.off('drain', settle);
        raw.off('close', settle);
        this.#signal.removeEventListener('abort', settle);
        resolve();
      };
      raw.on('drain', settle);
      raw.on('close', settle);
      this.#signal.addEventListener('abort', settle);
    });
  }

  end(trailers: Readonly<Record<string, string>>): void {
    clearTimeout(this.#timer);
    this.#flush();
    const { raw } = this.#reply;
    if (raw.destroyed) return;
    if (this.#trailing) raw.addTrailers(trailers);
    raw.end();
    // Nobody takes what is left, and the time is up.
    if (this.#full && this.#signal.aborted) raw.destroy();
  }

  /** Gives the reply back unsent. */
  abandon(): void {
    clearTimeout(this.#timer);
    this.#pending = '';
  }

  #flush(): void {
    this.#scheduled = false;
    const text = this.#pending;
    this.#pending = '';
    const { raw } = this.#reply;
    if (text === '' || raw.destroyed || raw.writableEnded) return;
    if (!raw.headersSent) this.#begin();
    this.#full = !raw.write(text);
    if (this.#full) raw.once('drain', () => (this.#full = false));
    this.#timer.refresh();
  }

  #begin(): void {
    const { raw } = this.#reply;
    this.#reply.hijack();
    for (const [name, value] of Object.entries(this.#reply.getHeaders())) {
      if (value !== undefined) raw.setHeader(name, value);
    }
    // HTTP/1.0 has no trailers.
    this.#trailing = this.#reply.request.raw.httpVersion !== '1.0';
    if (this.#trailing) raw.setHeader('trailer', 'isthmus-cost-usd');
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no', // nginx would collect the events
      ...this.#headers,
    });
  }
}

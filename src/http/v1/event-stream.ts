/**
 * A server-sent event stream to one client: pieces that are ready in the same tick go out in one write, a slow reader
 * holds the writer back, silence is bridged by heartbeats, and the cost follows as an HTTP trailer.
 */
import { type Abortable, addAbortListener, removeAbortListener } from '../../lib/index.ts';
import type { ClientReply } from '../request/client-reply.ts';

/** Where a write is made although more may follow in the same tick. */
const flushAt = 65_536;

/** Less than the shortest idle timeout of balancers in use (Heroku's 55 s, nginx's 60 s). */
export const heartbeatMs = 15_000;

/** The head of a stream until it is sent. */
export interface StreamHead {
  status: number;
  readonly headers: Record<string, string | readonly string[]>;
}

export interface EventStreamOptions {
  /** What is sent while nothing else is. */
  readonly heartbeat: string;
  /** Ends every wait for the client. */
  readonly signal: Abortable;
  /** @default 15000 */
  readonly heartbeatMs?: number;
  /** Changes the head before it is sent, once. @default it is sent as it is */
  readonly changeHead?: ((head: StreamHead) => Promise<void>) | undefined;
}

export class EventStream {
  readonly #reply: ClientReply;
  readonly #head: StreamHead = {
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no', // nginx would collect the events
    },
  };
  readonly #changeHead: EventStreamOptions['changeHead'];
  readonly #signal: Abortable;
  readonly #timer: NodeJS.Timeout;
  #settledHead: Promise<void> | undefined;
  #pending = '';
  #scheduled = false;
  #full = false;
  #isOpen = true;
  #trailing = false;

  constructor(reply: ClientReply, options: EventStreamOptions) {
    this.#reply = reply;
    this.#signal = options.signal;
    this.#changeHead = options.changeHead;
    const silence = options.heartbeatMs ?? heartbeatMs;
    this.#timer = setTimeout(() => {
      if (this.#changeHead === undefined) this.write(options.heartbeat);
      // What fails here fails again for whoever awaits it before the first event.
      else void this.settleHead().then(() => this.#isOpen && this.write(options.heartbeat), noHeartbeat);
      this.#timer.refresh();
    }, silence);
  }

  /** Whether anything has gone out: until then the answer can still be another one. */
  get begun(): boolean {
    return this.#reply.raw.headersSent || this.#pending !== '';
  }

  /** Sets a header of the answer; without effect once something has gone out. */
  header(name: string, value: string): void {
    this.#head.headers[name] = value;
  }

  /**
   * Waits for `changeHead`, before the first write: until it has resolved, the answer can still be another one.
   * @throws what `changeHead` throws
   */
  settleHead(): Promise<void> {
    this.#settledHead ??= this.#changeHead?.(this.#head) ?? Promise.resolve();
    return this.#settledHead;
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
        removeAbortListener(this.#signal, settle);
        resolve();
      };
      raw.on('drain', settle);
      raw.on('close', settle);
      addAbortListener(this.#signal, settle);
    });
  }

  end(trailers: Readonly<Record<string, string>>): void {
    this.#stop();
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
    this.#stop();
    this.#pending = '';
  }

  #stop(): void {
    this.#isOpen = false;
    clearTimeout(this.#timer);
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
    const { status, headers } = this.#head;
    for (const [name, value] of Object.entries(headers)) raw.setHeader(name, value);
    raw.writeHead(status);
  }
}

function noHeartbeat(): void {}

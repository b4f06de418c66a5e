/**
 * Keep-alive connections to one origin over HTTP/1.1, on TCP or TLS: the least that a request to a subgraph or a
 * model's provider needs, at less than half the CPU of undici's `Pool`, with which it is interchangeable as far as it goes.
 *
 * Bounded: at most `connections` at a time, requests that find none wait in order; a connection is open within
 * `connectTimeoutMs` or fails the request that opened it. One that has been idle for as long as its server keeps it is
 * closed, not used: a request sent into a closing connection would be lost. One that cannot be sent again waits until the
 * end of a connection that its server lets go of after an answer, without saying so, would have been read.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { busyMsSince } from '../../lib/index.ts';
import type { ClientTlsOptions } from '../../tls/index.ts';
import { type ConnectionOwner, LeanConnection } from './lean-connection.ts';
import type { LeanController, LeanExchange, LeanRequest } from './lean-exchange.ts';
import { HeadWriter } from './write-head.ts';

/** Another pool for the same exchanges. */
interface FurtherPool<Followed extends LeanExchange> {
  dispatch(options: LeanRequest, exchange: Followed): boolean;
  destroy(): Promise<void>;
}

export interface LeanPoolOptions<Followed extends LeanExchange> {
  readonly origin: string;
  /** The most connections at a time. */
  readonly connections: number;
  /** How long connecting may take, the TLS handshake included. */
  readonly connectTimeoutMs: number;
  /** Certificates for an https:// origin, for each new connection. @default Node's own */
  readonly tls?: { readonly current: { readonly options: ClientTlsOptions } } | undefined;
  /** The pool for an https:// origin that chooses HTTP/2 where it is offered; without it, it is not offered. */
  readonly http2?: (() => FurtherPool<Followed>) | undefined;
}

interface Waiting<Followed> extends LeanController {
  readonly exchange: Followed;
  readonly options: LeanRequest;
  readonly head: string;
}

/** One buffer for what any connection reads: its bytes are used or copied before the next read. */
const readBufferBytes = 65_536;
const sweepMs = 2_000;
const nothingArrives = (): void => {};

export class LeanPool<Followed extends LeanExchange> implements ConnectionOwner {
  readonly #options: LeanPoolOptions<Followed>;
  readonly #origin: URL;
  readonly #heads: HeadWriter;
  readonly #buffer = Buffer.allocUnsafeSlow(readBufferBytes);
  readonly #idle: LeanConnection[] = [];
  readonly #open = new Set<LeanConnection>();
  readonly #connecting = new Set<Socket>();
  readonly #waiting = new Set<Waiting<Followed>>();
  /** Each has a connection, which is given up where it ends before anything is sent. */
  readonly #looking = new Set<Waiting<Followed>>();
  #http2: FurtherPool<Followed> | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #isDestroyed = false;

  constructor(options: LeanPoolOptions<Followed>) {
    this.#options = options;
    this.#origin = new URL(options.origin);
    this.#heads = new HeadWriter(this.#origin.host);
  }

  /** @returns whether it was sent at once, as undici's pool does; `false`: it waits for a connection */
  dispatch(options: LeanRequest, exchange: Followed): boolean {
    if (this.#http2 !== undefined) return this.#http2.dispatch(options, exchange);
    const head = this.#heads.write(options);
    if (head === undefined) {
      const message = 'a header cannot be sent: its name or value holds characters that HTTP does not allow';
      exchange.onResponseError(null, Object.assign(new Error(message), { code: 'UND_ERR_INVALID_ARG' }));
      return true;
    }
    const isIdempotent = options.isIdempotent !== false;
    const connection = this.#takeIdle();
    if (connection !== undefined && isIdempotent) {
      connection.send(exchange, head, options.body);
      return true;
    }
    const waiting: Waiting<Followed> = {
      ...{ exchange, options, head, pause: nothingArrives, resume: nothingArrives },
      abort: () => {
        this.#waiting.delete(waiting);
        this.#looking.delete(waiting);
      },
    };
    exchange.onQueued(waiting);
    if (connection === undefined) this.#queue(waiting);
    else this.#sendAfterLook(connection, waiting);
    return false;
  }

  /** The connection that was used last: the others grow old and are closed. */
  #takeIdle(): LeanConnection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (!connection.isStale(performance.now())) return connection;
      connection.close();
    }
    return undefined;
  }

  #queue(waiting: Waiting<Followed>): void {
    this.#waiting.add(waiting);
    if (this.#open.size + this.#connecting.size < this.#options.connections) this.#connect();
  }

  /** Two turns' ends: at the first, what has come since this turn began to look for it is not read yet. */
  #sendAfterLook(connection: LeanConnection, waiting: Waiting<Followed>): void {
    this.#looking.add(waiting);
    setImmediate(() => setImmediate(() => this.#sendIfOpen(connection, waiting)));
  }

  #sendIfOpen(connection: LeanConnection, waiting: Waiting<Followed>): void {
    const isWaiting = this.#looking.delete(waiting) && !waiting.exchange.isSettled;
    const isOpen = this.#open.has(connection);
    if (!isWaiting) {
      if (isOpen) this.released(connection);
    } else if (isOpen) connection.send(waiting.exchange, waiting.head, waiting.options.body);
    else {
      const next = this.#takeIdle();
      if (next === undefined) this.#queue(waiting);
      else this.#sendAfterLook(next, waiting);
    }
  }

  async destroy(): Promise<void> {
    this.#isDestroyed = true;
    clearInterval(this.#sweeper);
    const error = new Error('the connections are closed');
    for (const socket of this.#connecting) socket.destroy();
    for (const { exchange } of this.#takeWaiting()) exchange.onResponseError(null, error);
    for (const connection of [...this.#open]) connection.fail(error);
    await this.#http2?.destroy();
  }

  released(connection: LeanConnection): void {
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      if (waiting.exchange.isSettled) continue;
      if (waiting.options.isIdempotent === false && connection.isUsed) this.#sendAfterLook(connection, waiting);
      else connection.send(waiting.exchange, waiting.head, waiting.options.body);
      return;
    }
    this.#idle.push(connection);
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref();
  }

  closed(connection: LeanConnection): void {
    this.#open.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
    if (!this.#isDestroyed && this.#waiting.size > this.#connecting.size) this.#connect();
  }

  #connect(): void {
    const { protocol, hostname, port } = this.#origin;
    const { connectTimeoutMs } = this.#options;
    const isTls = protocol === 'https:';
    const host = hostname.replace(/^\[|\]$/g, '');
    const place = { host, port: Number(port || (isTls ? 443 : 80)), noDelay: true };
    let connection: LeanConnection | undefined;
    const offers = this.#options.http2 === undefined ? ['http/1.1'] : ['h2', 'http/1.1'];
    const socket = isTls
      ? connectTls({
          ...place,
          ALPNProtocols: offers,
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ...this.#options.tls?.current.options,
        })
      : connectTcp({ ...place, onread: { buffer: this.#buffer, callback: (count, bytes) => onRead(count, bytes) } });
    const onRead = (count: number, bytes: Uint8Array): boolean => {
      connection?.onData(Buffer.from(bytes.buffer, bytes.byteOffset, count));
      return true;
    };
    this.#connecting.add(socket);
    let failure: Error | undefined;
    let dueAt = performance.now() + connectTimeoutMs;
    const onLate = (): void => {
      const now = performance.now();
      const busyMs = busyMsSince(dueAt, now);
      if (busyMs > 0) {
        // The time that something else took is not the server’s.
        dueAt = now + busyMs;
        timer = setTimeout(onLate, busyMs);
        return;
      }
      failure = new Error(`no connection within ${connectTimeoutMs} ms`);
      socket.destroy();
    };
    let timer = setTimeout(onLate, connectTimeoutMs);
    socket.on('error', (error) => {
      failure = error;
    });
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      this.#connecting.delete(socket);
      if ('alpnProtocol' in socket && socket.alpnProtocol === 'h2') {
        socket.destroy();
        this.#handToHttp2();
        return;
      }
      connection = new LeanConnection(socket, this);
      this.#open.add(connection);
      this.released(connection);
    });
    if (isTls) socket.on('data', (bytes: Buffer) => connection?.onData(bytes));
    else socket.resume();
    socket.on('end', () => connection?.onEnd());
    socket.on('close', () => {
      clearTimeout(timer);
      if (connection !== undefined) connection.onClose(failure ?? new Error('the server closed the connection'));
      else if (this.#connecting.delete(socket)) this.#failFirst(failure ?? new Error('the connection was closed'));
    });
  }

  /** A connection that could not be made fails whoever waits the longest: each of them had one begun. */
  #failFirst(error: Error): void {
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      if (waiting.exchange.isSettled) continue;
      waiting.exchange.onResponseError(null, error);
      break;
    }
    const { connections } = this.#options;
    if (this.#isDestroyed || this.#open.size + this.#connecting.size >= connections) return;
    if (this.#waiting.size > this.#connecting.size) this.#connect();
  }

  /** The origin speaks HTTP/2: from now on its requests go by the pool that does. */
  #handToHttp2(): void {
    this.#http2 ??= this.#options.http2?.();
    if (this.#http2 === undefined) return;
    for (const { options, exchange } of this.#takeWaiting()) {
      if (!exchange.isSettled) this.#http2.dispatch(options, exchange);
    }
  }

  #takeWaiting(): readonly Waiting<Followed>[] {
    const all = [...this.#waiting, ...this.#looking];
    this.#waiting.clear();
    this.#looking.clear();
    return all;
  }

  /** Closes what has been idle for as long as its server keeps it. */
  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#idle.filter((idle) => idle.isStale(now))) connection.close();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

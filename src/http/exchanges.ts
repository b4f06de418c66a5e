/**
 * The requests under way and the connections they are on: a client that has sent all it will (half-closed) gets its
 * answer, one that has left is noticed, one that does not read is cut, and what follows a request without being one is
 * never written into an answer.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { TLSSocket, Server as TlsServer } from 'node:tls';
import { type ErrorCode, errorTable } from '../errors/index.ts';
import { errorBody, jsonType } from './request/coded-answer.ts';

export interface ExchangesOptions {
  readonly server: Server;
  /** How long a client may take nothing of an answer that lies ready. */
  readonly writeTimeoutMs: number;
}

/**
 * A request under way. A class: a literal that often lives on is soon made where old objects lie, and then keeps its
 * request through young collections.
 */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** Why we ended it before its client had everything. */
  cutFor: Cut | undefined;
  /** Whether Node's own timer of the socket runs for it. */
  isTimed = false;
  /** Its place among those under way; -1 once it has ended. */
  place: number;

  constructor(request: IncomingMessage, response: ServerResponse, place: number) {
    this.request = request;
    this.response = response;
    this.socket = request.socket;
    this.place = place;
  }
}

export interface Cut {
  readonly code: ErrorCode;
  /** The key of supergraph.yaml that says when. */
  readonly key: string;
}

const unread: Cut = { code: 'RESPONSE_TIMEOUT', key: 'server.write_timeout' };
const drained: Cut = { code: 'OVERLOADED', key: 'server.drain_timeout' };

/** The longest interval between two sweeps over the answers that a client should be reading. */
const maxSweepMs = 1_000;
/**
 * A client that closed its connection looks like one that only has nothing more to send, until it is written to: an
 * informational answer, twice, because what comes back for the first shows at the second.
 */
const probesMs = [40, 10] as const;
const laterProbesMs = 1_000;

/** The newest exchange of a connection. A property of the socket: a WeakMap takes longer to write and to collect. */
const newest = Symbol('newest exchange');

function newestOf(socket: Socket & { [newest]?: Exchange }): Exchange | undefined {
  return socket[newest];
}

function ends({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}

function setNewest(socket: Socket & { [newest]?: Exchange }, exchange: Exchange): void {
  socket[newest] = exchange;
}

/** An answer under way that ends by itself, however long it is: the end of what its client sends ends nothing. */
const bounded = Symbol('bounded answer');

export function markBounded(response: ServerResponse & { [bounded]?: true }): void {
  response[bounded] = true;
}

function isBounded(response: ServerResponse & { [bounded]?: true }): boolean {
  return response[bounded] === true;
}

export class Exchanges {
  readonly #server: Server;
  readonly #writeTimeoutMs: number;
  /**
   * In no order. A Set's replaced tables, once they are old, keep what was in them through young collections: with them
   * every request survived, which was a quarter of the CPU.
   */
  readonly #underWay: Exchange[] = [];
  readonly #connections = new Set<Socket>();
  /** Connections whose TLS handshake is under way, by their two ends: what comes of one is another socket. */
  readonly #handshakes = new Map<string, Socket>();
  #whenIdle: (() => void) | undefined;
  /** How many requests have begun. */
  #begun = 0;

  constructor({ server, writeTimeoutMs }: ExchangesOptions) {
    this.#server = server;
    this.#writeTimeoutMs = writeTimeoutMs;
    // Node would take the end of what a client sends for its leaving.
    (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
    // Node's own counts an answer as done once it is handed over, and closes what is still being read.
    server.closeIdleConnections = () => this.#closeIdle();
    const isTls = server instanceof TlsServer;
    server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
      if (isTls) this.#handshakes.delete(ends(socket));
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
      socket.once('end', () => this.#hasSentAll(socket));
    });
    if (isTls) server.on('connection', (socket: Socket) => this.#beginHandshake(socket));
    server.once('listening', () => {
      const sweep = setInterval(() => this.#timeReaders(), Math.min(maxSweepMs, writeTimeoutMs));
      sweep.unref();
      server.once('close', () => clearInterval(sweep));
    });
  }

  /** How many requests are under way. */
  get underWay(): number {
    return this.#underWay.length;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#connections.size;
  }

  begin(request: IncomingMessage, response: ServerResponse, onEnd: (exchange: Exchange) => void): void {
    this.#begun++;
    const exchange = new Exchange(request, response, this.#underWay.length);
    const { socket } = exchange;
    this.#underWay.push(exchange);
    if (socket instanceof Socket) setNewest(socket, exchange);
    response.on('close', () => {
      this.#remove(exchange);
      if (this.#underWay.length === 0) this.#whenIdle?.();
      onEnd(exchange);
    });
  }

  /** Waits until nothing is under way, at most so long. */
  async settled(withinMs: number): Promise<boolean> {
    if (this.#underWay.length === 0) return true;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
      timer = setTimeout(resolve, Math.max(0, withinMs));
    });
    clearTimeout(timer);
    return this.#underWay.length === 0;
  }

  /**
   * Waits until nothing is under way, and nothing has begun for `quietMs` on the connections that are open, at most so
   * long: what their clients have sent already may not have been read yet.
   */
  async quiet(quietMs: number, withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    for (let begun = -1; begun !== this.#begun && (await this.settled(end - performance.now())); ) {
      if (this.#connections.size === 0) return;
      begun = this.#begun;
      await delay(Math.min(quietMs, Math.max(0, end - performance.now())));
      // Where the process did not run meanwhile, the timer comes before what there is to read.
      await nextTurn();
    }
  }

  /** Ends whatever is left. */
  cutAll(): void {
    for (const exchange of [...this.#underWay]) {
      exchange.cutFor ??= drained;
      if (!(exchange.socket instanceof Socket)) exchange.response.destroy();
    }
    this.#server.closeAllConnections();
    for (const socket of this.#connections) socket.destroy();
    for (const socket of this.#handshakes.values()) socket.destroy();
  }

  /**
   * What Node's parser refuses never becomes a request: it is answered on the bare socket, coded like everything else. An
   * answer that is under way there is ended first, and nothing follows it.
   */
  refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
      socket.destroy();
      return;
    }
    const exchange = newestOf(socket);
    if (exchange !== undefined && exchange.place !== -1) {
      const { request, response } = exchange;
      if (request.complete) {
        response.shouldKeepAlive = false;
        response.once('finish', () => socket.destroySoon());
        return;
      }
      if (response.headersSent) {
        socket.destroySoon();
        return;
      }
    }
    const code = clientErrorCodes[error.code ?? ''] ?? 'BAD_REQUEST';
    const body = errorBody(code);
    socket.end(
      `HTTP/1.1 ${errorTable[code].status} ${code}\r\ncontent-type: ${jsonType}\r\nx-content-type-options: nosniff\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  }

  #remove(exchange: Exchange): void {
    const last = this.#underWay.pop();
    if (last !== undefined && last !== exchange) {
      this.#underWay[exchange.place] = last;
      last.place = exchange.place;
    }
    exchange.place = -1;
  }

  #hasSentAll(socket: Socket): void {
    const exchange = newestOf(socket);
    if (exchange === undefined || exchange.place === -1) return;
    const { response, request } = exchange;
    if (response.writableEnded || isBounded(response)) return;
    // In the midst of a stream: whoever closes then has left.
    if (response.headersSent) socket.destroy();
    else if (request.httpVersion !== '1.0') this.#probe(exchange, 0);
  }

  #probe(exchange: Exchange, count: number): void {
    const timer = setTimeout(() => {
      const { response } = exchange;
      if (exchange.place === -1 || response.headersSent) return;
      response.writeProcessing();
      this.#probe(exchange, count + 1);
    }, probesMs[count] ?? laterProbesMs);
    timer.unref();
  }

  #beginHandshake(socket: Socket): void {
    const key = ends(socket);
    this.#handshakes.set(key, socket);
    socket.once('close', () => {
      if (this.#handshakes.get(key) === socket) this.#handshakes.delete(key);
    });
  }

  #closeIdle(): void {
    for (const socket of this.#handshakes.values()) socket.destroy();
    for (const socket of this.#connections) {
      const exchange = newestOf(socket);
      if (exchange === undefined || exchange.place === -1) socket.destroySoon();
    }
  }

  /** No timer for each request: only those that wait for their reader are timed, by Node, which sees any progress. */
  #timeReaders(): void {
    for (const exchange of this.#underWay) {
      const { response, socket } = exchange;
      if (exchange.isTimed || socket.writableLength === 0 || !(socket instanceof Socket)) continue;
      exchange.isTimed = true;
      socket.setTimeout(this.#writeTimeoutMs);
      response.once('timeout', () => {
        exchange.isTimed = false;
        socket.setTimeout(0);
        if (socket.writableLength === 0) return;
        exchange.cutFor = unread;
        // What the system still holds for it is given up too.
        if (socket instanceof TLSSocket) socket.destroy();
        else socket.resetAndDestroy();
      });
    }
  }
}

const clientErrorCodes: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
};

/**
 * One keep-alive connection of a {@link LeanPool}: one exchange at a time, its head and body in one write, the response
 * read strictly as it comes.
 *
 * Whatever is not exactly one response to the request that was sent ends the connection: bytes while nobody asked, bytes
 * after the end, an end before the end. A response that comes before the request has gone out whole is taken, but the
 * connection is not used again, because the server may still read what is left as a request of its own.
 */
import type { Socket } from 'node:net';
import { staleConnection } from '../exchange.ts';
import type { LeanController, LeanExchange } from './lean-exchange.ts';
import { ChunkReader } from './read-chunks.ts';
import { type Framing, MalformedResponse, readHead } from './read-head.ts';

/** The most bytes of a response's head, as Node's own parser has it. */
const maxHeadBytes = 16_384;
/** Informational responses before the one that counts. */
const maxInformational = 10;
const endOfHead = Buffer.from('\r\n\r\n');

export interface ConnectionOwner {
  /** The exchange has ended and the connection is free for another. */
  released(connection: LeanConnection): void;
  /** The connection is closed; its exchange, where it had one, has been told. */
  closed(connection: LeanConnection): void;
}

export class LeanConnection implements LeanController {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  #exchange: LeanExchange | undefined;
  #head: Buffer | undefined;
  #framing: Framing | undefined;
  #persists = true;
  #remainingBytes = 0;
  #chunks: ChunkReader | undefined;
  #informational = 0;
  #answered = 0;
  #isClosed = false;
  #isPaused = false;
  /** How long the server said it keeps the connection, and since when it is idle. */
  #idleMs = defaultIdleMs;
  #idleSince = 0;

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
  }

  /** Whether the server may be closing it just now: a request that is sent then is lost. */
  isStale(now: number): boolean {
    return now - this.#idleSince >= this.#idleMs;
  }

  /** Whether it has carried an answer: its server may be done with it. */
  get isUsed(): boolean {
    return this.#answered > 0;
  }

  send(exchange: LeanExchange, head: string, body: string | Uint8Array | null): void {
    this.#exchange = exchange;
    this.#framing = undefined;
    this.#informational = 0;
    this.#persists = true;
    try {
      exchange.onRequestStart(this);
    } catch {
      // It does not want to be sent any more.
      this.#exchange = undefined;
      this.#owner.released(this);
      return;
    }
    if (body === null) this.#socket.write(head, 'latin1');
    else if (typeof body === 'string' && Buffer.byteLength(head) === head.length)
      this.#socket.write(head + body, 'utf8');
    else {
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    }
  }

  /** The exchange takes no more of its answer for now. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** The exchange wants no more of its answer. */
  abort(): void {
    this.#exchange = undefined;
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.destroy();
    this.#owner.closed(this);
  }

  onData(bytes: Buffer): void {
    try {
      this.#read(bytes);
    } catch (error) {
      if (!(error instanceof MalformedResponse)) throw error;
      this.fail(error);
    }
  }

  onEnd(): void {
    if (this.#framing?.kind === 'until-close') this.#finish();
    else this.onClose(new Error('the server closed the connection'));
  }

  /** @param error why, where it is known; a connection that was used before may just have been let go of */
  onClose(error: Error): void {
    const isStale = this.#answered > 0 && this.#framing === undefined && this.#head === undefined;
    this.fail(isStale ? Object.assign(error, { code: staleConnection }) : error);
  }

  fail(error: Error): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.close();
    exchange?.onResponseError(null, error);
  }

  #read(bytes: Buffer): void {
    let remaining = bytes;
    while (remaining.length > 0 && !this.#isClosed) {
      const exchange = this.#exchange;
      if (exchange === undefined) throw new MalformedResponse('the server sent bytes that nobody asked for');
      const framing = this.#framing;
      if (framing === undefined) {
        remaining = this.#readHead(exchange, remaining);
        continue;
      }
      switch (framing.kind) {
        case 'length': {
          const count = Math.min(remaining.length, this.#remainingBytes);
          const piece = remaining.length === count ? remaining : remaining.subarray(0, count);
          remaining = remaining.subarray(count);
          this.#remainingBytes -= count;
          if (count === framing.bytes) {
            this.#finish(remaining.length > 0, piece);
            break;
          }
          exchange.collect(piece);
          if (this.#remainingBytes === 0 && !this.#isClosed) this.#finish(remaining.length > 0);
          break;
        }
        case 'chunked': {
          this.#chunks ??= new ChunkReader();
          const chunks = this.#chunks;
          const count = chunks.read(remaining, (piece) => exchange.collect(piece));
          remaining = remaining.subarray(count);
          if (chunks.hasEnded && !this.#isClosed) this.#finish(remaining.length > 0);
          break;
        }
        case 'until-close':
          exchange.collect(remaining);
          return;
        default:
          throw new MalformedResponse('the server sent a body where there is none');
      }
    }
  }

  /** @returns the bytes behind the head, or none where it is not whole yet */
  #readHead(exchange: LeanExchange, bytes: Buffer): Buffer {
    const whole = this.#head === undefined ? bytes : Buffer.concat([this.#head, bytes]);
    const end = whole.indexOf(endOfHead);
    if ((end === -1 ? whole.length : end) > maxHeadBytes)
      throw new MalformedResponse('the response’s head is too long');
    if (end === -1) {
      if (hasBareLineFeed(whole)) throw new MalformedResponse('a line of the head ends with a bare line feed');
      this.#head = Buffer.from(whole);
      return nothing;
    }
    this.#head = undefined;
    const { status, headers, framing, persists, idleMs } = readHead(whole.toString('latin1', 0, end));
    const remaining = whole.subarray(end + 4);
    if (status < 200) {
      // 100 answers an expectation and 101 an upgrade, neither of which was sent.
      if (status < 102 || ++this.#informational > maxInformational)
        throw new MalformedResponse(`the server answered ${status}, which nobody asked for`);
      return remaining;
    }
    this.#framing = framing;
    this.#persists = persists;
    if (idleMs !== undefined) this.#idleMs = Math.max(0, idleMs - idleMarginMs);
    exchange.onResponseStart(this, status, headers);
    if (this.#isClosed) return nothing;
    if (framing.kind === 'length') this.#remainingBytes = framing.bytes;
    else if (framing.kind === 'none') this.#finish(remaining.length > 0);
    return remaining;
  }

  /**
   * @param hasMore whether bytes follow that belong to nothing: the answer is taken, the connection is not used again
   * @param whole the body, where it came in one piece
   */
  #finish(hasMore = false, whole?: Buffer): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#framing = undefined;
    this.#chunks = undefined;
    this.#answered++;
    if (this.#isPaused) this.resume();
    const isReusable = this.#persists && !hasMore && this.#socket.writableLength === 0 && !this.#isClosed;
    if (!isReusable) this.close();
    else this.#idleSince = performance.now();
    if (whole === undefined) exchange?.onResponseEnd();
    else exchange?.onWhole(whole);
    if (isReusable && !this.#isClosed) this.#owner.released(this);
  }
}

/** Told before the head is whole, which it may never be for a server that ends lines so. */
function hasBareLineFeed(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at - 1] !== 0x0d) return true;
  }
  return false;
}

const nothing = Buffer.alloc(0);
/** Node's own servers close after five seconds; the margin is for a request that is already on its way. */
const defaultIdleMs = 4_000;
const idleMarginMs = 1_000;

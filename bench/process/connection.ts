/**
 * One keep-alive HTTP/1.1 connection that counts an answer's bytes and keeps none of them: a load generator that parses
 * what it receives would measure itself. Reads answers with a length and chunked ones, trailers included; refuses
 * everything else.
 */
import { connect, type Socket } from 'node:net';

/**
 * @param bytes of the body, without chunk sizes
 * @param firstAtMs when the first of them was there, or the text that was looked for, on `performance.now()`'s clock
 */
export type OnAnswer = (status: number, bytes: number, firstAtMs: number) => void;

const headerEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');

export class Connection {
  readonly #socket: Socket;
  readonly #onAnswer: OnAnswer;
  #pending: Buffer = Buffer.alloc(0);
  #reading: 'head' | 'body' | 'chunk size' | 'chunk' | 'trailer' = 'head';
  #status = 0;
  #bytes = 0;
  #firstAtMs = 0;
  readonly #firstText: string | undefined;
  /** What is left of the body or of the chunk. */
  #left = 0;

  /** @param firstText what `firstAtMs` waits for; `undefined`: the first byte of the body */
  constructor(port: number, onAnswer: OnAnswer, onError: (error: Error) => void, firstText?: string) {
    this.#firstText = firstText;
    this.#onAnswer = onAnswer;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (data: Buffer) => this.#read(data));
    this.#socket.on('error', onError);
    this.#socket.on('close', () => onError(new Error('the gateway closed a connection')));
  }

  send(request: Buffer): void {
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #read(data: Buffer): void {
    let buffer = this.#pending.length === 0 ? data : Buffer.concat([this.#pending, data]);
    this.#pending = Buffer.alloc(0);
    for (;;) {
      switch (this.#reading) {
        case 'head': {
          const end = buffer.indexOf(headerEnd);
          if (end === -1) {
            this.#pending = buffer;
            return;
          }
          this.#readHead(buffer.toString('latin1', 0, end));
          buffer = buffer.subarray(end + 4);
          break;
        }
        case 'body':
        case 'chunk': {
          if (this.#firstAtMs === 0 && (this.#firstText === undefined || buffer.includes(this.#firstText)))
            this.#firstAtMs = performance.now();
          const taken = Math.min(this.#left, buffer.length);
          this.#left -= taken;
          buffer = buffer.subarray(taken);
          if (this.#left > 0) return;
          if (this.#reading === 'body') this.#finish();
          else this.#reading = 'chunk size';
          break;
        }
        case 'chunk size': {
          // The line end of the chunk before this one stands first; the first chunk has none before it.
          const from = buffer.length >= 2 && buffer[0] === 13 ? 2 : 0;
          const end = buffer.indexOf(lineEnd, from);
          if (end === -1) {
            this.#pending = buffer;
            return;
          }
          const size = Number.parseInt(buffer.toString('latin1', from, end), 16);
          buffer = buffer.subarray(end + 2);
          this.#bytes += size;
          this.#left = size;
          this.#reading = size === 0 ? 'trailer' : 'chunk';
          break;
        }
        default: {
          // Lines, the last of them empty.
          const end = buffer.indexOf(lineEnd);
          if (end === -1) {
            this.#pending = buffer;
            return;
          }
          buffer = buffer.subarray(end + 2);
          if (end === 0) this.#finish();
        }
      }
      if (buffer.length === 0) return;
    }
  }

  #readHead(head: string): void {
    this.#status = Number(head.slice(9, 12));
    this.#firstAtMs = 0;
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length !== undefined) {
      this.#left = Number(length);
      this.#bytes = this.#left;
      this.#reading = 'body';
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
      this.#bytes = 0;
      this.#reading = 'chunk size';
    } else {
      throw new Error(`an answer of unknown length:\n${head}`);
    }
  }

  #finish(): void {
    this.#reading = 'head';
    this.#onAnswer(this.#status, this.#bytes, this.#firstAtMs);
  }
}

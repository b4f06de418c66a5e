/** The load generator: connections that each send the next request as soon as they have their answer. */
import { answerParent, clockMs } from './answer-parent.ts';
import { Connection } from './connection.ts';
import { counterWord } from './counter.ts';

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  /** Sent in turn. */
  readonly bodies: readonly string[];
  /** How long the answer to each of them is; any other length is a wrong answer. */
  readonly answerBytes: readonly number[];
  /** Beside those that say what the body is. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** The text of the bodies in whose place each request has a word of its own, so that no two are equal. @default none */
  readonly counter?: string;
  /** The number of the first request. @default 1 */
  readonly countFrom?: number;
  /** The text of a body until which `firstMs` is measured. @default its first byte */
  readonly firstText?: string;
  /** By how many bytes an answer may differ from `answerBytes`, where it holds numbers of its own. @default 0 */
  readonly slackBytes?: number;
}

export interface LoadReport {
  /** When each answer was complete, and how long it took, in the same order. */
  readonly endedAtMs: Float64Array;
  readonly tookMs: Float64Array;
  /** How long it took until the first byte of the body, or `firstText`. */
  readonly firstMs: Float64Array;
  /** Answers of another status than 200 or another length than expected. */
  readonly wrong: number;
}

/** How long the last answers may take after `stop`. */
const graceMs = 60_000;

class Load {
  readonly #options: LoadOptions;
  readonly #requests: readonly Buffer[];
  readonly #connections: Connection[] = [];
  readonly #endedAtMs: number[] = [];
  readonly #tookMs: number[] = [];
  readonly #firstMs: number[] = [];
  #wrong = 0;
  #next = 0;
  #busy = 0;
  #failure: Error | undefined;
  #stopped: PromiseWithResolvers<void> | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#requests = options.bodies.map((body) => requestOf(options, body));
    for (let index = 0; index < options.connections; index++) this.#open();
  }

  #open(): void {
    const { answerBytes, counter, countFrom = 1, slackBytes = 0, firstText } = this.#options;
    let body = 0;
    let sentAtMs = 0;
    const send = (): void => {
      const number = this.#next++;
      body = number % this.#requests.length;
      const request = this.#requests[body] as Buffer;
      const own = counter === undefined ? request : numbered(request, counter, countFrom + number);
      sentAtMs = clockMs();
      connection.send(own);
    };
    const connection = new Connection(
      this.#options.port,
      (status, bytes, firstAtMs) => {
        const now = clockMs();
        this.#firstMs.push(performance.timeOrigin + firstAtMs - sentAtMs);
        this.#endedAtMs.push(now);
        this.#tookMs.push(now - sentAtMs);
        if (status !== 200 || Math.abs(bytes - (answerBytes[body] ?? 0)) > slackBytes) this.#wrong++;
        if (this.#stopped === undefined) send();
        else if (--this.#busy === 0) this.#stopped.resolve();
      },
      (error) => {
        this.#failure ??= error;
        this.#stopped?.resolve();
      },
      firstText,
    );
    this.#connections.push(connection);
    this.#busy++;
    send();
  }

  async stop(): Promise<LoadReport> {
    const stopped = Promise.withResolvers<void>();
    this.#stopped = stopped;
    const cutOff = setTimeout(() => {
      this.#failure ??= new Error(`${this.#busy} requests had no answer ${graceMs} ms after the end`);
      stopped.resolve();
    }, graceMs);
    if (this.#failure === undefined) await stopped.promise;
    clearTimeout(cutOff);
    for (const connection of this.#connections) connection.close();
    if (this.#failure !== undefined) throw this.#failure;
    return {
      endedAtMs: Float64Array.from(this.#endedAtMs),
      tookMs: Float64Array.from(this.#tookMs),
      firstMs: Float64Array.from(this.#firstMs),
      wrong: this.#wrong,
    };
  }
}

/** A copy with the word of its number written over the counter, as long as it. */
function numbered(request: Buffer, counter: string, number: number): Buffer {
  const own = Buffer.from(request);
  own.write(counterWord(number), own.indexOf(counter), 'latin1');
  return own;
}

function requestOf({ port, path, headers = {} }: LoadOptions, body: string): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    'accept: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

let load: Load | undefined;

answerParent({
  start(options: LoadOptions) {
    load = new Load(options);
  },
  async stop() {
    const stopping = load;
    load = undefined;
    return stopping?.stop();
  },
});

// The probe lets go of the channel, so that a gateway ends as it would alone; this process has nothing else to live for.
process.channel?.ref();

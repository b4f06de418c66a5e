/** The load generator: connections that each send the next request as soon as they have their answer. */
import { answerParent, clockMs } from './answer-parent.ts';
import { Connection } from './connection.ts';

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  /** Sent in turn. */
  readonly bodies: readonly string[];
  /** How long the answer to each of them is; any other length is a wrong answer. */
  readonly answerBytes: readonly number[];
}

export interface LoadReport {
  /** When each answer was complete, and how long it took, in the same order. */
  readonly endedAtMs: Float64Array;
  readonly tookMs: Float64Array;
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
    let body = 0;
    let sentAtMs = 0;
    const send = (): void => {
      body = this.#next++ % this.#requests.length;
      sentAtMs = clockMs();
      connection.send(this.#requests[body] as Buffer);
    };
    const connection = new Connection(
      this.#options.port,
      (status, bytes) => {
        const now = clockMs();
        this.#endedAtMs.push(now);
        this.#tookMs.push(now - sentAtMs);
        if (status !== 200 || bytes !== this.#options.answerBytes[body]) this.#wrong++;
        if (this.#stopped === undefined) send();
        else if (--this.#busy === 0) this.#stopped.resolve();
      },
      (error) => {
        this.#failure ??= error;
        this.#stopped?.resolve();
      },
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
      wrong: this.#wrong,
    };
  }
}

function requestOf({ port, path }: LoadOptions, body: string): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    'accept: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
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

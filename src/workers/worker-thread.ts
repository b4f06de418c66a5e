/** One worker thread as the main thread sees it: what it is asked to do, each with its outcome, and its end. */
import { MessageChannel, type MessagePort, SHARE_ENV, Worker } from 'node:worker_threads';
import { siblingModule } from '../lib/index.ts';
import { LineReader } from '../threads/index.ts';
import type { FromWorker, PortName, ToWorker, WorkerStart } from './messages.ts';
import type { SupergraphMessage } from './supergraph-message.ts';
import { fromErrorMessage } from './thread-error.ts';

export interface WorkerThreadOptions {
  /** Undefined: a spare. */
  readonly place: number | undefined;
  readonly start: Omit<WorkerStart, 'ports' | 'log'> & { readonly log: Omit<WorkerStart['log'], 'lines'> };
  /** Called with whole lines of its log. */
  readonly onLines: (lines: string) => void;
  readonly onLinesLost: (lost: number) => void;
  /** Called once. */
  readonly onEnd: (thread: WorkerThread, end: WorkerEnd) => void;
}

export interface WorkerEnd {
  readonly exitCode: number;
  /** What ended it, where it was an error. */
  readonly error: unknown;
}

/** The thread ended before it could do what it was asked. */
export class WorkerEnded extends Error {
  override readonly name = 'WorkerEnded';
}

type RequestKind = 'build' | 'canary' | 'listen' | 'drain' | 'close';

const portNames = [
  'planners',
  'signals',
  'models',
  'cache',
  'metrics',
  'records',
] as const satisfies readonly PortName[];
/** How long lines wait for others, as those of the main thread do. */
const linesDelayMs = 50;

export class WorkerThread {
  readonly number: number;
  /** Which of the workers it is, counted from 1; undefined: the spare. */
  place: number | undefined;
  /** The main thread's side of each port. */
  readonly ports: Readonly<Record<PortName, MessagePort>>;
  hasEnded = false;
  /** When it began to serve or to stand by, on the clock of `performance`; undefined: it has not. */
  since: number | undefined;
  readonly #options: WorkerThreadOptions;
  readonly #worker: Worker;
  readonly #lines = new LineReader();
  /** What it is asked and has not answered, by the kind of request: one of each kind at a time. */
  readonly #requests = new Map<RequestKind, PromiseWithResolvers<FromWorker>>();
  #linesTimer: NodeJS.Timeout | undefined;
  #error: unknown;

  /** @throws Error where the system has no thread for it */
  constructor(options: WorkerThreadOptions) {
    this.#options = options;
    const { place, start } = options;
    this.number = start.number;
    this.place = place;
    const channels = portNames.map((name) => [name, new MessageChannel()] as const);
    this.ports = Object.fromEntries(channels.map(([name, { port1 }]) => [name, port1])) as typeof this.ports;
    const ports = Object.fromEntries(channels.map(([name, { port2 }]) => [name, port2])) as WorkerStart['ports'];
    const data: WorkerStart = { ...start, ports, log: { ...start.log, lines: this.#lines.ring } };
    this.#worker = new Worker(siblingModule(import.meta.url, 'worker-main'), {
      name: 'isthmus worker',
      env: SHARE_ENV,
      workerData: data,
      transferList: Object.values(ports),
    });
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#worker.on('exit', (exitCode) => this.#end(exitCode));
  }

  /** @throws what the worker refuses it for; WorkerEnded */
  async build(supergraph: SupergraphMessage, epoch: number): Promise<void> {
    const answer = await this.#request('build', { kind: 'build', supergraph, epoch });
    if (answer.kind === 'refused') throw fromErrorMessage(answer.error);
  }

  /** @throws what the worker refuses it for; WorkerEnded */
  async startCanary(supergraph: SupergraphMessage, share: number): Promise<void> {
    const answer = await this.#request('canary', { kind: 'start canary', supergraph, share });
    if (answer.kind === 'canary refused') throw fromErrorMessage(answer.error);
  }

  /** @throws Error with `code` EADDRINUSE or EACCES where it cannot listen; WorkerEnded */
  async listen(host: string | undefined, port: number | undefined): Promise<string> {
    const answer = await this.#request('listen', { kind: 'listen', host, port });
    if (answer.kind === 'cannot listen') throw fromErrorMessage(answer.error);
    return answer.kind === 'listening' ? answer.url : '';
  }

  /** @returns whether every request in flight finished */
  async drain(): Promise<boolean> {
    try {
      const answer = await this.#request('drain', { kind: 'drain' });
      return answer.kind === 'drained' && answer.finished;
    } catch {
      return false; // it ended, with what it had in flight
    }
  }

  /** Closes what it serves with, then ends it. */
  async close(): Promise<void> {
    await this.#request('close', { kind: 'close' }).catch(() => undefined);
    await this.terminate();
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  post(message: Extract<ToWorker, { kind: 'swap' | 'abandon' | 'end canary' }>): void {
    this.#worker.postMessage(message);
  }

  /** Hands on the lines that it has written so far. */
  takeLines(): void {
    clearTimeout(this.#linesTimer);
    this.#linesTimer = undefined;
    const lines = this.#lines.take();
    if (lines !== '') {
      this.#options.onLines(lines);
      this.#linesTimer = setTimeout(() => this.takeLines(), linesDelayMs);
      this.#linesTimer.unref();
    }
    const lost = this.#lines.takeLost();
    if (lost > 0) this.#options.onLinesLost(lost);
  }

  async #request(kind: RequestKind, message: ToWorker): Promise<FromWorker> {
    if (this.hasEnded) throw this.endedError();
    const request = Promise.withResolvers<FromWorker>();
    this.#requests.set(kind, request);
    this.#worker.postMessage(message);
    return request.promise;
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'lines':
        this.#linesTimer ??= setTimeout(() => this.takeLines(), linesDelayMs);
        this.#linesTimer.unref();
        break;
      case 'built':
      case 'refused':
        this.#settle('build', message);
        break;
      case 'canary serves':
      case 'canary refused':
        this.#settle('canary', message);
        break;
      case 'listening':
      case 'cannot listen':
        this.#settle('listen', message);
        break;
      case 'drained':
        this.#settle('drain', message);
        break;
      case 'closed':
        this.#settle('close', message);
        break;
    }
  }

  #settle(kind: RequestKind, answer: FromWorker): void {
    const request = this.#requests.get(kind);
    this.#requests.delete(kind);
    request?.resolve(answer);
  }

  #end(exitCode: number): void {
    this.hasEnded = true;
    this.takeLines();
    clearTimeout(this.#linesTimer);
    for (const { reject } of this.#requests.values()) reject(this.endedError());
    this.#requests.clear();
    this.#options.onEnd(this, { exitCode, error: this.#error });
  }

  endedError(): WorkerEnded {
    return new WorkerEnded(`worker ${this.number} ended`, { cause: this.#error });
  }
}

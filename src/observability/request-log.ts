/** The log's one line of each request: what was asked, how it ended, how long it took, and what it cost. */
import { formatUsd, parseUsd } from '../lib/index.ts';
import type { OperationEvent, RequestEnd, RequestEvent, RequestSink } from './events/index.ts';
import type { Logger } from './logger.ts';
import { requestLineText } from './request-line-text.ts';

/** How a request ended, for programs: `errors` are those of GraphQL beside data, `refused` one that is the whole answer. */
type RequestOutcome = 'ok' | 'errors' | 'refused' | 'aborted' | 'cut';

/** The fields of the line; those that a request has nothing of are missing. */
export type RequestLine = {
  readonly requestId: string;
  readonly traceId?: string | undefined;
  /** The client's address. */
  readonly client: string;
  readonly clientName?: string | undefined;
  readonly clientVersion?: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly outcome: RequestOutcome;
  readonly code?: string | undefined;
  readonly key?: string | undefined;
  /** How many operations a batch has. */
  readonly operations?: number | undefined;
  readonly operationType?: string | undefined;
  readonly operation?: string | undefined;
  readonly source?: string | undefined;
  readonly errors?: number | undefined;
  readonly codes?: readonly string[] | undefined;
  readonly sizes?: OperationEvent['sizes'];
  readonly costEstimated?: number | undefined;
  readonly costActual?: number | undefined;
  readonly fetches?: number | undefined;
  readonly waitedMs?: number | undefined;
  readonly oursMs?: number | undefined;
  readonly modelCalls?: number | undefined;
  readonly costUsd?: string | undefined;
};

const messages = {
  answered: 'request',
  aborted: 'request aborted by the client',
  cut: 'request cut',
} as const satisfies Record<RequestEnd, string>;

export class RequestLog implements RequestSink {
  /** Whether the log has lines of requests that end as they should. */
  readonly isEnabled: boolean;
  readonly #log: Logger;

  constructor(log: Logger) {
    this.isEnabled = log.isLevelEnabled?.('info') ?? true;
    this.#log = log;
  }

  record(event: RequestEvent): void {
    const { end, door } = event;
    // Health checks and the page's own files are of no interest to an operator.
    const level = end === 'cut' ? 'warn' : door === 'health' || door === 'page' ? 'debug' : 'info';
    if (this.#log.isLevelEnabled?.(level) === false) return;
    const fields = requestLine(event);
    if (this.#log.line === undefined) this.#log[level](fields, messages[end]);
    else this.#log.line(level, requestLineText(fields), messages[end]);
  }
}

export function requestLine(event: RequestEvent): RequestLine {
  const { id, trace, clientAddress, clientName, clientVersion, method, path, status, code, key, operations } = event;
  const [only] = operations;
  const sums = only === undefined ? undefined : sumsOf(operations);
  // What is undefined is left out here: the logger would go through it.
  const line: Writable<RequestLine> = {
    requestId: id,
    client: clientAddress,
    method,
    path,
    status,
    ms: tenths(event.ended - event.began),
    outcome: outcomeOf(event, sums),
  };
  if (trace !== undefined) line.traceId = trace.traceId;
  if (clientName !== undefined) line.clientName = clientName;
  if (clientVersion !== undefined) line.clientVersion = clientVersion;
  if (code !== undefined) line.code = code;
  if (key !== undefined) line.key = key;
  if (only === undefined || sums === undefined) return line;
  if (operations.length > 1) line.operations = operations.length;
  else addOperation(line, only);
  if (code === undefined && sums.errors !== undefined) {
    line.errors = sums.errors;
    line.codes = sums.codes;
  }
  if (sums.fetches !== undefined) line.fetches = sums.fetches;
  line.waitedMs = tenths(sums.waitedMs);
  line.oursMs = tenths(sums.oursMs);
  if (sums.modelCalls === undefined) return line;
  line.modelCalls = sums.modelCalls;
  line.costUsd = sums.costUsd;
  return line;
}

type Writable<Line> = { -readonly [Key in keyof Line]: Line[Key] };

function addOperation(line: Writable<RequestLine>, operation: OperationEvent): void {
  const { kind, name, source, sizes, costEstimated, costActual } = operation;
  if (kind !== undefined) line.operationType = kind;
  if (name !== undefined) line.operation = name;
  if (source !== 'made') line.source = source;
  if (sizes !== undefined) line.sizes = sizes;
  if (costEstimated === undefined) return;
  line.costEstimated = costEstimated;
  line.costActual = costActual;
}

/** What the operations of a request have together; numbers of nothing are undefined. */
class OperationSums {
  errors: number | undefined;
  codes: readonly string[] | undefined;
  fetches: number | undefined;
  waitedMs = 0;
  oursMs = 0;
  modelCalls: number | undefined;
  #costUsd: string | undefined;
  #nanoUsd = 0n;

  add({ began, ended, waitedMs, errorCount, codes, fetches, modelCalls }: OperationEvent): void {
    this.waitedMs += waitedMs;
    this.oursMs += ended - began - waitedMs;
    if (fetches.length > 0) this.fetches = (this.fetches ?? 0) + fetches.length;
    if (errorCount > 0) {
      this.errors = (this.errors ?? 0) + errorCount;
      this.codes = this.codes === undefined ? codes : [...new Set([...this.codes, ...codes])];
    }
    for (const { costUsd, shadow } of modelCalls) if (!shadow) this.#addCall(costUsd);
  }

  #addCall(costUsd: string): void {
    this.modelCalls = (this.modelCalls ?? 0) + 1;
    this.#costUsd = costUsd;
    this.#nanoUsd += parseUsd(costUsd) ?? 0n;
  }

  get costUsd(): string | undefined {
    return this.modelCalls === 1 || this.modelCalls === undefined ? this.#costUsd : formatUsd(this.#nanoUsd);
  }
}

function sumsOf(operations: readonly OperationEvent[]): OperationSums | undefined {
  if (operations.length === 0) return undefined;
  const sums = new OperationSums();
  for (const operation of operations) sums.add(operation);
  return sums;
}

function outcomeOf({ end, code }: RequestEvent, sums: OperationSums | undefined): RequestOutcome {
  if (end !== 'answered') return end;
  if (code !== undefined) return 'refused';
  return sums?.errors === undefined ? 'ok' : 'errors';
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

/**
 * What a thread that serves does for records: it sums every operation, decides which are kept, and hands these to the thread
 * that records, in batches. A request waits for nothing of it: its event is put in a queue, and made into a line in a later
 * turn of the event loop, some in each. What is on its way is bounded; what does not fit is dropped, counted, and said once in the log.
 */
import type { MessagePort } from 'node:worker_threads';
import type { RecordsConfig } from '../config/index.ts';
import type { Logger, OperationEvent, RequestEvent, RequestSink } from '../observability/index.ts';
import { bucketOf, type RecordSum, RecordSums, recordIds, type SummedKind } from '../observability/records/index.ts';
import { cleanWord } from './clean-name.ts';
import { HourlySums } from './hourly-sums.ts';
import type { RecordMessage, WrittenMessage } from './messages.ts';
import { factsOfOperation, nanoUsdOf, type OperationFacts } from './operation-facts.ts';
import type { SharedRecordCounts } from './record-counts.ts';
import { recordOfOperation } from './record-of-operation.ts';
import { Sampler } from './sampler.ts';
import { UsageCounter } from './usage-counter.ts';

export interface RecordSinkOptions {
  /** To the thread that records. */
  readonly port: MessagePort;
  readonly config: Pick<RecordsConfig, 'rate' | 'slowMs' | 'documents' | 'variables' | 'usageMs'>;
  readonly counts: SharedRecordCounts;
  /** Ends the ids of records: no other thread of any gateway has it. */
  readonly suffix: string;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Characters of lines that may be on their way. @default 16_000_000 */
  readonly maxWaiting?: number;
}

/** Operations with errors and slow ones that are all kept in a second. */
const rateOfNotable = 1_000;
const maxQueued = 20_000;
/** Made into lines in one turn of the event loop, 0.3 ms, and handed on without waiting for more. */
const turnLength = 64;
/** After so long without a dropped one, the log says that none is dropped any more. */
const calmMs = 5_000;
const delayMs = 100;
const sumsDelayMs = 1_000;

interface QueuedOperation {
  readonly request: RequestEvent;
  readonly operation: OperationEvent | undefined;
  readonly facts: OperationFacts;
  readonly at: number;
  readonly weight: number;
}

export class RecordSink implements RequestSink {
  readonly #options: RecordSinkOptions;
  readonly #now: () => number;
  readonly #maxWaiting: number;
  readonly #texts: { readonly document: boolean; readonly variables: boolean };
  readonly #nextId: (at: number) => string;
  readonly #usual: Sampler;
  readonly #notable = new Sampler(rateOfNotable);
  #queue: QueuedOperation[] = [];
  /** Characters of lines that have been sent and are not written. */
  #waiting = 0;
  readonly #sums = new HourlySums<RecordSum, RecordSums>(() => new RecordSums());
  /** Undefined where usage is not counted. */
  readonly #usage: UsageCounter | undefined;
  #sumsSentAt = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Whether a turn is to come in which some are sent. */
  #isSending = false;
  #dropped = 0;
  #droppedAt = 0;

  constructor(options: RecordSinkOptions) {
    const { port, config, suffix, now = Date.now, maxWaiting = 16_000_000 } = options;
    this.#options = options;
    this.#now = now;
    this.#maxWaiting = maxWaiting;
    this.#texts = { document: config.documents !== 'off', variables: config.variables !== 'off' };
    this.#nextId = recordIds(suffix);
    this.#usual = new Sampler(config.rate);
    if (config.usageMs !== undefined) this.#usage = new UsageCounter();
    port.on('message', ({ characters }: WrittenMessage) => this.#receive(characters));
    port.unref();
  }

  record(request: RequestEvent): void {
    const { operations, door } = request;
    for (const operation of operations) this.#add(request, operation);
    if (operations.length > 0 || request.code === undefined || door === 'health' || door === 'page') return;
    this.#add(request, undefined);
  }

  /** Hands on what there is. */
  close(): void {
    clearTimeout(this.#timer);
    while (this.#queue.length > 0) this.#send(turnLength);
    this.#sumsSentAt = 0;
    this.#send(0);
    this.#options.port.close();
  }

  #add(request: RequestEvent, operation: OperationEvent | undefined): void {
    const at = this.#now();
    const facts = factsOfOperation(request, operation);
    this.#sum(operation, facts, at);
    if (operation !== undefined) this.#usage?.count(operation, facts, at);
    const { durationMs, errors } = facts;
    const isNotable = errors > 0 || durationMs >= this.#options.config.slowMs;
    const weight = (isNotable ? this.#notable : this.#usual).weigh(at);
    this.#timer ??= this.#later();
    if (weight === 0) return;
    if (this.#queue.length >= maxQueued || this.#waiting > this.#maxWaiting) this.#drop();
    else this.#queue.push({ request, operation, facts, at, weight });
    if (this.#queue.length >= turnLength) this.#sendSoon();
  }

  #sendSoon(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    setImmediate(() => {
      this.#isSending = false;
      this.#sendAll();
    });
  }

  #later(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = undefined;
      this.#sendAll();
    }, delayMs).unref();
  }

  /** Some in each turn of the event loop, so that requests are answered between them. */
  #sendAll(): void {
    this.#send(turnLength);
    if (this.#queue.length > 0) this.#sendSoon();
    else if (!this.#sums.isEmpty) this.#timer ??= this.#later();
  }

  #send(count: number): void {
    const areDue = this.#areSumsDue();
    const sums = areDue ? this.#sums.take() : [];
    const usage = areDue ? (this.#usage?.take() ?? []) : [];
    const operations = this.#queue.splice(0, count);
    if (operations.length === 0 && sums.length === 0) return; // usage is of what is summed
    let lines = '';
    for (const of of operations) {
      const record = recordOfOperation({ ...of, id: this.#nextId(of.at), texts: this.#texts });
      lines += `${JSON.stringify(record)}\n`;
    }
    this.#waiting += lines.length;
    this.#options.port.postMessage({ lines, count: operations.length, sums, usage } satisfies RecordMessage);
  }

  #receive(characters: number): void {
    this.#waiting -= characters;
    if (this.#dropped === 0 || this.#now() - this.#droppedAt < calmMs) return;
    this.#options.log.info({ records: this.#dropped }, 'records are kept again; so many were dropped');
    this.#dropped = 0;
  }

  #drop(): void {
    this.#options.counts.addDropped(1);
    this.#droppedAt = this.#now();
    if (this.#dropped++ === 0)
      this.#options.log.warn({}, 'records are dropped: they come faster than the store takes them');
  }

  #areSumsDue(): boolean {
    const now = this.#now();
    if (now - this.#sumsSentAt < sumsDelayMs && !this.#sums.hasEnded) return false;
    this.#sumsSentAt = now;
    return true;
  }

  #sum(operation: OperationEvent | undefined, facts: OperationFacts, at: number): void {
    const sums = this.#sums.at(at);
    const { durationMs, errors, nanoUsd, inputTokens, outputTokens } = facts;
    const sum = groupOf(sums, 'operation', facts, undefined, undefined);
    count(sum, durationMs, errors > 0);
    sum.nanoUsd += nanoUsd;
    sum.inputTokens += inputTokens;
    sum.outputTokens += outputTokens;
    if (
      operation === undefined ||
      (operation.modelCalls.length === 0 && operation.fetches.every(({ fields }) => fields.length === 0))
    )
      return;
    sumFields(sums, operation, facts);
  }
}

function sumFields(sums: RecordSums, { fetches, modelCalls }: OperationEvent, facts: OperationFacts): void {
  const fieldOf = new Map<unknown, string>();
  for (const fetch of fetches) {
    for (const event of fetch.fields) {
      const field = cleanWord(event.field);
      const sum = groupOf(sums, 'field', facts, field, undefined);
      count(sum, event.ended - event.began, event.failedItems > 0);
      for (const call of event.modelCalls) {
        fieldOf.set(call, field);
        addUsage(sum, call);
      }
    }
  }
  for (const call of modelCalls) {
    const sum = groupOf(sums, 'model', facts, fieldOf.get(call), cleanWord(call.model ?? call.alias));
    count(sum, call.durationMs, call.error !== undefined);
    addUsage(sum, call);
  }
}

function groupOf(
  sums: RecordSums,
  kind: SummedKind,
  { name, client, tenant }: OperationFacts,
  field: string | undefined,
  model: string | undefined,
): RecordSum {
  return sums.of({ kind, operation: name, client, tenant, field, model });
}

function count(sum: RecordSum, durationMs: number, isError: boolean): void {
  const bucket = bucketOf(durationMs);
  sum.count++;
  if (isError) sum.errors++;
  sum.durations.set(bucket, (sum.durations.get(bucket) ?? 0) + 1);
}

function addUsage(sum: RecordSum, call: OperationEvent['modelCalls'][number]): void {
  sum.nanoUsd += nanoUsdOf(call);
  sum.inputTokens += call.usage?.inputTokens ?? 0;
  sum.outputTokens += call.usage?.outputTokens ?? 0;
}

/**
 * What is known of one request, from its client to the last token: the one event that metrics, traces, the log and the
 * records are all made from. It is begun with the exchange, filled while the request is answered, and handed to the sinks
 * once the exchange has ended; nothing is computed from it before. Times are those of `performance.now()`.
 *
 * A request without anybody who looks at it has no event: whoever fills one asks for it first (`context.event?.…`).
 */
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { ModelCallRecord } from '../model-calls.ts';
import type { FetchEvent } from './fetch-event.ts';
import type { TraceContext } from './trace-context.ts';

/** Which part of the gateway answers. */
export type Door = 'graphql' | 'v1' | 'prompts' | 'health' | 'page' | 'other';

/** How an exchange ended: its answer was sent whole, its client disconnected, or the gateway cut it. */
export type RequestEnd = 'answered' | 'aborted' | 'cut';

/** What was asked: an operation of GraphQL, or what a route of /v1 is for. */
export type OperationKind =
  | 'query'
  | 'mutation'
  | 'subscription'
  | 'chat'
  | 'completions'
  | 'responses'
  | 'messages'
  | 'embeddings'
  | 'moderations'
  | 'prompt';

/** Where an answer came from: it was made, found in the cache of whole answers, or shared with an identical request. */
export type AnswerSource = 'made' | 'cached' | 'stale' | 'shared';

/** An operation that has been validated, and the schema it is valid for. */
export interface ParsedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly schema: GraphQLSchema;
}

export class RequestEvent {
  /** The request's id, as its answer has it. */
  readonly id: string;
  readonly began: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly door: Door;
  /** The network address, behind trusted proxies. */
  readonly clientAddress: string;
  /** The client's name and version, as its headers have them: outside data, unbounded. */
  clientName: string | undefined;
  clientVersion: string | undefined;
  /** The caller, once identified. */
  principal: { readonly id: string; readonly kind: string; readonly tenant: string } | undefined;
  /** The generation that serves it. */
  generation: string | undefined;
  /** What was asked: one, more in a batch, none where the request was refused before or asks for a page. */
  readonly operations: OperationEvent[] = [];
  /** Its place in a trace; undefined where nothing is traced. */
  trace: TraceContext | undefined;
  /** The error code that is the whole answer, or why it was cut. */
  code: string | undefined;
  /** The key of supergraph.yaml that an operator may change about it. */
  key: string | undefined;
  status = 0;
  ended = 0;
  end: RequestEnd = 'answered';

  constructor(options: Pick<RequestEvent, 'id' | 'began' | 'method' | 'path' | 'door' | 'clientAddress'>) {
    this.id = options.id;
    this.began = options.began;
    this.method = options.method;
    this.path = options.path;
    this.door = options.door;
    this.clientAddress = options.clientAddress;
  }
}

/** Codes of an answer that are kept; what has more is told apart by its count. */
const maxCodes = 8;

/** One operation of GraphQL, or one call of /v1. */
export class OperationEvent {
  readonly request: RequestEvent;
  readonly began: number;
  kind: OperationKind | undefined;
  /** The operation's name, the alias that /v1 was asked for, or the prompt: outside data, unbounded. */
  name: string | undefined;
  /** The hash of the normalised document: equal for operations that differ in literals and spaces only. */
  signature: string | undefined;
  /** Undefined where it is not valid, and on /v1. */
  parsed: ParsedOperation | undefined;
  /** The document as the client sent it, or as the id it sent names it; undefined on /v1. */
  document: string | undefined;
  variables: Readonly<Record<string, unknown>> | undefined;
  source: AnswerSource = 'made';
  /** Where the operation is traced whose answer it shares; undefined where it shares none, or nothing is traced. */
  leader: TraceContext | undefined;
  /** What the caller may read, and its contract. */
  outcome: string | undefined;
  contract: string | undefined;
  /** Milliseconds spent in parsing and validating, planning, and whether the plan was there already. */
  parseMs = 0;
  validateMs = 0;
  planMs = 0;
  isPlanCached = true;
  /** How many errors the answer has, and the codes of the first of them, each once. */
  errorCount = 0;
  readonly codes: string[] = [];
  /** How large it is, by the keys of `limits`; undefined where that is not measured. */
  sizes: Readonly<Record<string, number | undefined>> | undefined;
  /** In points; undefined where operations are not priced. */
  costEstimated: number | undefined;
  costActual: number | undefined;
  /** The price of its AI fields before it ran, in nano-dollars. */
  estimatedNanoUsd: bigint | undefined;
  readonly fetches: FetchEvent[] = [];
  readonly modelCalls: ModelCallRecord[] = [];
  ended = 0;
  /** Milliseconds in which it waited for subgraphs or models: the rest of its time is ours. */
  waitedMs = 0;
  #waits = 0;
  #waitBegan = 0;

  constructor(request: RequestEvent, began: number) {
    this.request = request;
    this.began = began;
  }

  /** One more error of the answer. */
  addError(code: string): void {
    if (this.ended !== 0) return;
    this.errorCount++;
    if (this.codes.length < maxCodes && !this.codes.includes(code)) this.codes.push(code);
  }

  /**
   * The answer of an identical operation that was running is its answer, too.
   * @param joined when it began to wait for it
   */
  share(leader: OperationEvent, joined: number): void {
    this.source = 'shared';
    this.leader = leader.request.trace;
    this.waitedMs = performance.now() - joined;
    this.kind = leader.kind;
    this.name = leader.name;
    this.signature = leader.signature;
    this.parsed = leader.parsed;
    this.document = leader.document;
    this.variables = leader.variables;
    this.outcome = leader.outcome;
    this.errorCount = leader.errorCount;
    this.codes.push(...leader.codes);
    this.sizes = leader.sizes;
    this.costEstimated = leader.costEstimated;
    this.costActual = leader.costActual;
    this.estimatedNanoUsd = leader.estimatedNanoUsd;
  }

  /** Something outside is waited for; waits at the same time count once. */
  wait(now: number): void {
    if (this.#waits++ === 0) this.#waitBegan = now;
  }

  /** What was waited for has come, or failed. Once for each `wait`. */
  resume(now: number): void {
    if (--this.#waits === 0 && this.ended === 0) this.waitedMs += now - this.#waitBegan;
  }

  /** The first counts. What is begun for it goes on where others wait for that, too, and is not told to it any more. */
  end(now: number): void {
    if (this.ended !== 0) return;
    if (this.#waits > 0) this.waitedMs += now - this.#waitBegan;
    this.ended = now;
  }
}

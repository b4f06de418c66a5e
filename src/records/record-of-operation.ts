/** An operation's event as its record: what is compact, bounded and no text, unless texts are kept. */
import type { FetchEvent, FieldEvent, ModelCallRecord, OperationEvent, RequestEvent } from '../observability/index.ts';
import type {
  OperationRecord,
  RecordDetails,
  RecordedCall,
  RecordedFetch,
  RecordedField,
} from '../observability/records/index.ts';
import { cleanName, cleanWord } from './clean-name.ts';
import type { OperationFacts } from './operation-facts.ts';

export interface RecordParts {
  readonly request: RequestEvent;
  readonly operation: OperationEvent | undefined;
  readonly facts: OperationFacts;
  readonly id: string;
  readonly at: number;
  readonly weight: number;
  /** Whether the document and the variables are kept. */
  readonly texts: { readonly document: boolean; readonly variables: boolean };
}

/** Fetches, calls, attempts and fields of one record. */
const maxListed = 50;
/** Characters of a document and of variables: longer ones are not kept. */
const maxTextLength = 20_000;
const maxIdLength = 64;

export function recordOfOperation({ request, operation, facts, id, at, weight, texts }: RecordParts): OperationRecord {
  const { principal, trace } = request;
  const codes = operation === undefined || operation.codes.length === 0 ? codeOf(request) : operation.codes;
  return {
    id,
    at,
    requestId: cleanWord(request.id.slice(0, maxIdLength * 2)),
    traceId: trace?.traceId,
    door: request.door,
    kind: operation?.kind,
    operation: facts.name,
    signature: operation?.signature?.slice(0, maxIdLength),
    client: facts.client,
    clientVersion: cleanName(request.clientVersion),
    principal: cleanName(principal?.id),
    principalKind: principal?.kind,
    tenant: facts.tenant,
    status: request.status,
    errors: facts.errors,
    codes: codes.map(cleanWord),
    durationMs: round(facts.durationMs),
    waitedMs: round(Math.min(facts.durationMs, operation?.waitedMs ?? 0)),
    nanoUsd: facts.nanoUsd,
    inputTokens: facts.inputTokens,
    outputTokens: facts.outputTokens,
    weight,
    fields: operation === undefined ? none : fieldsOf(operation),
    models: operation === undefined ? none : modelsOf(operation),
    details: operation === undefined ? requestDetails(request) : detailsOf(request, operation),
    document: texts.document ? bounded(operation?.document) : undefined,
    variables: texts.variables ? variablesOf(operation) : undefined,
  };
}

const none: readonly never[] = [];

function codeOf({ code }: RequestEvent): readonly string[] {
  return code === undefined ? none : [code];
}

function fieldsOf({ fetches }: OperationEvent): readonly string[] {
  if (fetches.every(({ fields }) => fields.length === 0)) return none;
  const names = new Set<string>();
  for (const { fields } of fetches) for (const { field } of fields) names.add(cleanWord(field));
  return [...names].slice(0, maxListed);
}

function modelsOf({ modelCalls }: OperationEvent): readonly string[] {
  if (modelCalls.length === 0) return none;
  const names = new Set<string>();
  for (const { alias, model } of modelCalls) {
    names.add(cleanWord(alias));
    if (model !== undefined) names.add(cleanWord(model));
  }
  return [...names].slice(0, maxListed);
}

function requestDetails({ end, generation }: RequestEvent): RecordDetails {
  return asWritten<RecordDetails>({ end: end === 'answered' ? undefined : end, generation });
}

function detailsOf(request: RequestEvent, operation: OperationEvent): RecordDetails {
  const { began, ended, fetches, modelCalls, source, outcome, contract, estimatedNanoUsd } = operation;
  const requestMs = round(request.ended - request.began);
  const unlisted = Math.max(0, fetches.length - maxListed) + Math.max(0, modelCalls.length - maxListed);
  return asWritten<RecordDetails>({
    end: request.end === 'answered' ? undefined : request.end,
    generation: request.generation,
    source: source === 'made' ? undefined : source,
    outcome: outcome === undefined ? undefined : cleanName(outcome),
    contract,
    requestMs: requestMs > round(ended - began) ? requestMs : undefined,
    parseMs: some(round(operation.parseMs)),
    validateMs: some(round(operation.validateMs)),
    planMs: operation.isPlanCached ? undefined : some(round(operation.planMs)),
    costEstimated: some(operation.costEstimated),
    costActual: some(operation.costActual),
    estimatedNanoUsd: estimatedNanoUsd === undefined ? undefined : some(Number(estimatedNanoUsd)),
    fetches: fetches.length === 0 ? undefined : fetches.slice(0, maxListed).map((fetch) => toFetch(fetch, began)),
    calls: modelCalls.length === 0 ? undefined : callsOf(operation),
    unlisted: some(unlisted),
  });
}

function toFetch(fetch: FetchEvent, began: number): RecordedFetch {
  return asWritten<RecordedFetch>({
    at: round(fetch.began - began),
    ms: round(fetch.ended - fetch.began),
    subgraph: fetch.subgraph,
    kind: fetch.kind,
    outcome: cleanWord(fetch.outcome),
    entities: some(fetch.entities),
    hits: some(fetch.cacheHits),
    stale: some(fetch.cacheStale),
    shared: fetch.isShared ? (true as const) : undefined,
    attempts:
      fetch.attempts.length === 0 || (fetch.attempts.length === 1 && fetch.attempts[0]?.outcome === 'ok')
        ? undefined
        : fetch.attempts.slice(0, maxListed).map(({ began: attempted, ended, outcome, status }) =>
            asWritten({
              at: round(attempted - began),
              ms: round(ended - attempted),
              outcome: cleanWord(outcome),
              status,
            }),
          ),
    fields:
      fetch.fields.length === 0 ? undefined : fetch.fields.slice(0, maxListed).map((field) => toField(field, began)),
  });
}

function toField(field: FieldEvent, began: number): RecordedField {
  return asWritten<RecordedField>({
    at: round(field.began - began),
    ms: round(field.ended - field.began),
    field: cleanWord(field.field),
    items: field.items,
    cached: some(field.cachedItems),
    failed: some(field.failedItems),
    codes: field.codes.length === 0 ? undefined : field.codes.slice(0, maxListed).map(cleanWord),
  });
}

function callsOf({ began, fetches, modelCalls }: OperationEvent): readonly RecordedCall[] {
  const fields = new Map<ModelCallRecord, string>();
  for (const fetch of fetches)
    for (const { field, modelCalls: calls } of fetch.fields) for (const call of calls) fields.set(call, field);
  return modelCalls.slice(0, maxListed).map((call) => toCall(call, fields.get(call), began));
}

function toCall(call: ModelCallRecord, field: string | undefined, began: number): RecordedCall {
  const { usage, costUsd, attempts, cache } = call;
  return asWritten<RecordedCall>({
    at: Math.max(0, round(call.began - began)),
    ms: round(call.durationMs),
    field: field === undefined ? undefined : cleanWord(field),
    alias: cleanWord(call.alias),
    model: call.model,
    prompt: call.prompt,
    finish: cleanWord(call.finish),
    inputTokens: some(usage?.inputTokens),
    outputTokens: some(usage?.outputTokens),
    usd: costUsd === '0' ? undefined : costUsd,
    cache: cache === 'off' ? undefined : cache,
    firstTokenMs: call.timeToFirstTokenMs === undefined ? undefined : some(round(call.timeToFirstTokenMs)),
    attempts:
      attempts.length < 2
        ? undefined
        : attempts
            .slice(0, maxListed)
            .map(({ model, outcome, durationMs }) => ({ model, outcome, ms: round(durationMs) })),
    shadow: call.shadow ? (true as const) : undefined,
  });
}

/** What is undefined is not written. */
function asWritten<T extends object>(all: { readonly [Key in keyof T]: T[Key] | undefined }): T {
  return all as T;
}

/** Nothing for zeros of what counts something. */
const some = (count: number | undefined): number | undefined => (count === 0 ? undefined : count);

function variablesOf(operation: OperationEvent | undefined): string | undefined {
  if (operation?.variables === undefined) return undefined;
  try {
    return bounded(JSON.stringify(operation.variables));
  } catch {
    return undefined; // what an application passes in code may have no JSON
  }
}

const bounded = (text: string | undefined): string | undefined =>
  text === undefined || text.length > maxTextLength ? undefined : text.toWellFormed();

/** A hundredth of a millisecond is enough. */
const round = (milliseconds: number): number => Math.round(milliseconds * 100) / 100;

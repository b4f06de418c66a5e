/**
 * Counts requests, their operations and fetches. An operation has its name where it is one of those that are told apart
 * (label-names.ts); one that is not valid has none, since its name is whatever its client wrote.
 */
import { clientNetwork } from '../../lib/index.ts';
import type { FetchEvent, OperationEvent, OperationKind, RequestEvent, RequestSink } from '../events/index.ts';
import { type Fault, faultOf, isOwnCode } from './faults.ts';
import { otherName } from './label-names.ts';
import type { ThreadMetrics } from './thread-metrics.ts';
import { UsualSeries } from './usual-series.ts';

export interface RequestMetricsOptions {
  readonly metrics: ThreadMetrics;
  /** Where GraphQL is served. */
  readonly graphqlPath: string;
}

export class RequestMetrics implements RequestSink {
  readonly #metrics: ThreadMetrics;
  readonly #graphqlPath: string;
  readonly #families;
  readonly #usual: UsualSeries;

  constructor({ metrics, graphqlPath }: RequestMetricsOptions) {
    this.#metrics = metrics;
    this.#graphqlPath = graphqlPath;
    this.#families = familiesOf(metrics);
    this.#usual = new UsualSeries(metrics);
  }

  record(event: RequestEvent): void {
    const { requests, unanswered, refusals } = this.#families;
    const { method, status, code, end, began, ended, operations } = event;
    requests
      .of(knownMethods.has(method) ? method : '_OTHER', this.#routeOf(event), String(status))
      .observe((ended - began) / 1_000);
    if (end !== 'answered') unanswered.of(end, code === undefined ? '' : codeOf(code)).add();
    if (operations.length === 0) {
      if (code !== undefined && isRefusal(code)) refusals.of(codeOf(code)).add();
      return;
    }
    const source = sourceOf(event);
    for (const operation of operations) this.#recordOperation(event, operation, source);
  }

  #recordOperation(event: RequestEvent, operation: OperationEvent, source: string): void {
    const families = this.#families;
    const { kind, codes } = operation;
    const first = operation.errorCount > 0 ? (codes[0] ?? 'INTERNAL_SERVER_ERROR') : (event.code ?? 'ok');
    const outcome = first === 'ok' ? (event.end === 'answered' ? 'ok' : event.end) : codeOf(first);
    const { names } = this.#metrics;
    const isProven = first === 'ok';
    const name = kind === undefined ? '' : names.operation.valueOf(operation.name ?? '', source, isProven);
    const client = names.client.valueOf(event.clientName ?? '', source, isProven);
    const kindLabel = kind ?? 'invalid';
    const seconds = Math.max(0, operation.ended - operation.began) / 1_000;
    const waited = Math.min(seconds, operation.waitedMs / 1_000);
    const usual = this.#usual.ofOperation(kindLabel, name, client);
    if (outcome === 'ok') usual.answered.add();
    else families.operations.of(kindLabel, name, client, outcome, outcomeFault(event, first)).add();
    usual.durations.observe(seconds);
    usual.own.add(seconds - waited);
    usual.ownDurations.observe(seconds - waited);
    usual.waited.add(waited);
    usual.waitedDurations.observe(waited);
    families.answers.of(kindLabel, operation.source).add();
    for (const code of codes) if (isRefusal(code)) families.refusals.of(codeOf(code)).add();
    if (isGraphQL(kind)) this.#recordPhases(operation);
    for (const fetch of operation.fetches) this.#recordFetch(fetch);
  }

  #recordPhases({
    source,
    parseMs,
    validateMs,
    planMs,
    isPlanCached,
    costEstimated,
    costActual,
  }: OperationEvent): void {
    const { phases, planLookups, planning, points } = this.#families;
    if (source !== 'made') return;
    if (parseMs > 0) phases.of('parse').add(parseMs / 1_000);
    if (validateMs > 0) phases.of('validate').add(validateMs / 1_000);
    planLookups.of(isPlanCached ? 'hit' : 'miss').add();
    if (!isPlanCached) {
      phases.of('plan').add(planMs / 1_000);
      planning.of().observe(planMs / 1_000);
    }
    if (costEstimated !== undefined) points.of('estimated').add(costEstimated);
    if (costActual !== undefined) points.of('actual').add(costActual);
  }

  #recordFetch(fetch: FetchEvent): void {
    const families = this.#families;
    const { subgraph, kind, outcome, attempts, entities, cacheHits, cacheStale } = fetch;
    const usual = this.#usual.ofFetch(subgraph, kind);
    if (outcome === 'ok') usual.answered.add();
    else families.fetches.of(subgraph, kind, codeOf(outcome), faultOf(outcome)).add();
    usual.durations.observe(Math.max(0, fetch.ended - fetch.began) / 1_000);
    if (attempts.length > 1) families.retries.of(subgraph).add(attempts.length - 1);
    if (fetch.isShared) families.sharedFetches.of(subgraph).add();
    if (entities > 0) {
      if (cacheHits > 0) families.entities.of(subgraph, 'fresh').add(cacheHits);
      if (cacheStale > 0) families.entities.of(subgraph, 'stale').add(cacheStale);
      const fetched = entities - cacheHits - cacheStale;
      if (fetched > 0) families.entities.of(subgraph, 'fetched').add(fetched);
    }
    if (!fetch.isInProcess)
      for (const { began, ended, outcome: attempt, status } of attempts) {
        const seconds = (ended - began) / 1_000;
        if (attempt === 'ok' && status === 200) {
          usual.attempts.observe(seconds);
          continue;
        }
        const errorType = attempt === 'ok' ? '' : codeOf(attempt);
        families.attempts.of(subgraph, status === undefined ? '' : String(status), errorType).observe(seconds);
      }
    for (const { field, items, cachedItems, failedItems } of fetch.fields) {
      if (cachedItems > 0) families.fieldItems.of(field, 'cache').add(cachedItems);
      if (failedItems > 0) families.fieldItems.of(field, 'failed').add(failedItems);
      const answered = items - cachedItems - failedItems;
      if (answered > 0) families.fieldItems.of(field, 'model').add(answered);
    }
  }

  #routeOf({ door, path, operations }: RequestEvent): string {
    switch (door) {
      case 'graphql':
        return this.#graphqlPath;
      case 'v1': {
        const kind = operations[0]?.kind;
        return (kind === undefined ? undefined : routes[kind]) ?? '/v1/';
      }
      case 'prompts':
        return '/v1/prompts/:name';
      case 'health':
        return path === '/health/live' || path === '/health/ready' ? path : '/health/';
      case 'page':
        return '/';
      default:
        return otherName;
    }
  }
}

const knownMethods: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);

const routes: Readonly<Partial<Record<OperationKind, string>>> = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
  embeddings: '/v1/embeddings',
  moderations: '/v1/moderations',
};

function isGraphQL(kind: OperationKind | undefined): boolean {
  return kind === 'query' || kind === 'mutation' || kind === 'subscription';
}

/** Whoever is behind one address, or a /64 of IPv6, is one source; so is a principal. */
function sourceOf({ principal, clientAddress }: RequestEvent): string {
  if (principal !== undefined && principal.kind !== 'anonymous') return `${principal.tenant} ${principal.id}`;
  return clientNetwork(clientAddress);
}

function outcomeFault({ end }: RequestEvent, code: string): Fault {
  if (code !== 'ok') return faultOf(code);
  if (end === 'answered') return 'none';
  return end === 'aborted' ? 'client' : 'gateway';
}

const outcomesBesideCodes: ReadonlySet<string> = new Set(['ok', 'errors', 'aborted', 'cut']);

function codeOf(code: string): string {
  return outcomesBesideCodes.has(code) || isOwnCode(code) ? code : otherName;
}

function isRefusal(code: string): boolean {
  return code === 'OVERLOADED' || faultOf(code) === 'limit';
}

function familiesOf(metrics: ThreadMetrics) {
  return {
    requests: metrics.family('http_server_request_duration_seconds'),
    unanswered: metrics.family('isthmus_requests_unanswered_total'),
    refusals: metrics.family('isthmus_refusals_total'),
    operations: metrics.family('isthmus_operations_total'),
    answers: metrics.family('isthmus_operation_answers_total'),
    phases: metrics.family('isthmus_operation_phase_seconds_total'),
    points: metrics.family('isthmus_operation_points_total'),
    planLookups: metrics.family('isthmus_plan_cache_lookups_total'),
    planning: metrics.family('isthmus_planning_duration_seconds'),
    fetches: metrics.family('isthmus_fetches_total'),
    retries: metrics.family('isthmus_fetch_retries_total'),
    sharedFetches: metrics.family('isthmus_fetches_shared_total'),
    entities: metrics.family('isthmus_fetch_entities_total'),
    attempts: metrics.family('http_client_request_duration_seconds'),
    fieldItems: metrics.family('isthmus_ai_field_items_total'),
  };
}

/**
 * The series of what nearly every request is: an operation without errors, and fetches that were answered with 200 at the first
 * try. They are found once for all operations of a name and client, and all fetches of a subgraph: sixteen searches for each
 * operation and eight for each fetch are one.
 */
import type { FetchEvent } from '../events/index.ts';
import type { Series } from './metric-family.ts';
import type { ThreadMetrics } from './thread-metrics.ts';

/** Of the operations of a kind, name and client. */
export class OperationSeries {
  readonly durations: Series;
  readonly own: Series;
  readonly ownDurations: Series;
  readonly waited: Series;
  readonly waitedDurations: Series;
  readonly #find: () => Series;
  #answered: Series | undefined;

  constructor(metrics: ThreadMetrics, kind: string, name: string, client: string) {
    this.durations = metrics.family('isthmus_operation_duration_seconds').of(kind, name);
    this.own = metrics.family('isthmus_operation_own_seconds_total').of(name);
    this.ownDurations = metrics.family('isthmus_operation_own_duration_seconds').of(kind);
    this.waited = metrics.family('isthmus_operation_waited_seconds_total').of(name);
    this.waitedDurations = metrics.family('isthmus_operation_waited_duration_seconds').of(kind);
    this.#find = () => metrics.family('isthmus_operations_total').of(kind, name, client, 'ok', 'none');
  }

  /** Those without errors: there is no series before there is one. */
  get answered(): Series {
    this.#answered ??= this.#find();
    return this.#answered;
  }
}

/** Of the fetches of a subgraph that are of one kind. */
export class FetchSeries {
  readonly durations: Series;
  readonly #findAnswered: () => Series;
  readonly #findAttempts: () => Series;
  #answered: Series | undefined;
  #attempts: Series | undefined;

  constructor(metrics: ThreadMetrics, subgraph: string, kind: string) {
    this.durations = metrics.family('isthmus_fetch_duration_seconds').of(subgraph);
    this.#findAnswered = () => metrics.family('isthmus_fetches_total').of(subgraph, kind, 'ok', 'none');
    this.#findAttempts = () => metrics.family('http_client_request_duration_seconds').of(subgraph, '200', '');
  }

  get answered(): Series {
    this.#answered ??= this.#findAnswered();
    return this.#answered;
  }

  /** Over HTTP, answered with 200. */
  get attempts(): Series {
    this.#attempts ??= this.#findAttempts();
    return this.#attempts;
  }
}

/** Each name may come with each client, and what has been configured in turn has any number of subgraphs. */
const maxRemembered = 2_000;

export class UsualSeries {
  readonly #metrics: ThreadMetrics;
  /** By kind, name and client. */
  #operations = new Map<string, Map<string, Map<string, OperationSeries>>>();
  #operationCount = 0;
  /** As of which change of the names that are told apart: series of others have been forgotten. */
  #names = 0;
  readonly #fetches = { root: new Map<string, FetchSeries>(), entities: new Map<string, FetchSeries>() };

  constructor(metrics: ThreadMetrics) {
    this.#metrics = metrics;
  }

  ofOperation(kind: string, name: string, client: string): OperationSeries {
    const { namesChanged } = this.#metrics;
    if (this.#names !== namesChanged) this.#forgetOperations(namesChanged);
    return this.#operations.get(kind)?.get(name)?.get(client) ?? this.#addOperation(kind, name, client);
  }

  ofFetch(subgraph: string, kind: FetchEvent['kind']): FetchSeries {
    return this.#fetches[kind].get(subgraph) ?? this.#addFetch(subgraph, kind);
  }

  #addOperation(kind: string, name: string, client: string): OperationSeries {
    const series = new OperationSeries(this.#metrics, kind, name, client);
    if (this.#operationCount >= maxRemembered) this.#forgetOperations(this.#names);
    this.#operationCount++;
    const ofKind = entryOf(this.#operations, kind);
    entryOf(ofKind, name).set(client, series);
    return series;
  }

  #forgetOperations(namesChanged: number): void {
    this.#operations = new Map();
    this.#operationCount = 0;
    this.#names = namesChanged;
  }

  #addFetch(subgraph: string, kind: FetchEvent['kind']): FetchSeries {
    const series = new FetchSeries(this.#metrics, subgraph, kind);
    const ofKind = this.#fetches[kind];
    if (ofKind.size >= maxRemembered) ofKind.clear();
    ofKind.set(subgraph, series);
    return series;
  }
}

function entryOf<Value>(map: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  let entry = map.get(key);
  if (entry === undefined) {
    entry = new Map();
    map.set(key, entry);
  }
  return entry;
}

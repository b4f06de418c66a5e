/**
 * Runs a compiled plan: each fetch as soon as the fetches it depends on have ended, whether they succeeded or not. A
 * fetch that fails becomes a Failure beside the other fetches' data; only the client's own abort ends the run.
 */
import type { RowDecisions } from '../../access/index.ts';
import type { ErrorPolicy } from '../../config/index.ts';
import type { GatewayError } from '../../errors/index.ts';
import { cloneJson } from '../../lib/index.ts';
import type { EstimatedCost, PlanLimits } from '../../limits/index.ts';
import type { Logger } from '../../observability/index.ts';
import {
  isWithinDepth,
  type RequestContext,
  type SubgraphClient,
  type SubgraphNote,
  type SubgraphRequest,
  type SubgraphResponse,
} from '../../transport/index.ts';
import type { CompiledEntityFetch, CompiledPlan, CompiledRootFetch } from '../compile/compile-plan.ts';
import { collectEntities } from '../data/collect-entities.ts';
import { contextValues, type VariableValue } from '../data/context-values.ts';
import { type DataObject, type DataPath, isDataObject, isOfType, type TypeMemberships } from '../data/data.ts';
import type { DeniedNulls } from '../data/denied-nulls.ts';
import { findObject } from '../data/find-places.ts';
import { mergeData } from '../data/merge-data.ts';
import { rewriteData } from '../data/rewrite-data.ts';
import { lookUpObjects } from '../rows/look-up.ts';
import { filterRows, type LookUp } from '../rows/row-filter.ts';
import type { Failure } from './failure.ts';
import { countOf } from './fetch-events.ts';
import type { EarlyAnswers, RepeatableRequest } from './repeatable-runs.ts';
import type { RepresentationValues } from './representation-values.ts';
import { Representations } from './representations.ts';
import { entityVariables, type RequestValues, rootVariables } from './request-variables.ts';
import { firstPlace, isList, notesInPlace, type RequestedEntities } from './requested-entities.ts';
import { RunData } from './run-data.ts';
import { RunFailures } from './run-failures.ts';
import { RunFallbacks } from './run-fallbacks.ts';
import { runInOrder } from './run-in-order.ts';
import type { RunRequests } from './run-requests.ts';

type Fetch = CompiledRootFetch | CompiledEntityFetch;

export interface RunOptions {
  readonly plan: CompiledPlan;
  readonly clients: ReadonlyMap<string, SubgraphClient>;
  readonly types: TypeMemberships;
  readonly context: RequestContext;
  readonly log: Logger;
  /** Which parts of a subgraph's errors clients see. */
  readonly errorPolicy: ErrorPolicy;
  /** @default nothing is limited */
  readonly limits?: PlanLimits | undefined;
  /** Says which subgraphs are not asked, and measures the answers. @default every subgraph is asked */
  readonly cost?: EstimatedCost | undefined;
  /** The values of the plan's variables. */
  readonly values: RequestValues;
  /** Decides on the objects that rules are about. @default all of them are denied */
  readonly rowDecisions?: RowDecisions | undefined;
  /** The values of `@fallback` by `Type.field`. @default none */
  readonly fallbacks?: ReadonlyMap<string, unknown> | undefined;
  readonly requests: RunRequests;
  /** What some of its requests have been answered with already. @default none */
  readonly early?: EarlyAnswers | undefined;
  /** The values of representations for in-process subgraphs, shared by all runs. */
  readonly representationValues: RepresentationValues;
}

export interface RunResult {
  readonly data: DataObject;
  readonly failures: readonly Failure[];
  /** The subgraphs' notes on fields, at their places in the data. */
  readonly notes: readonly SubgraphNote[];
  /** How many entities subgraphs were asked for, where what plans fetch is limited. */
  readonly entityCount: number;
  /** Its requests, where all were answered from caches. */
  readonly requests: ReadonlyMap<Fetch, RepeatableRequest> | undefined;
  /** Objects at several places. */
  readonly shared: ReadonlySet<DataObject>;
  /** Where an object that a rule denies is null, and whether that is reported wherever it is. */
  denied(): readonly { readonly path: DataPath; readonly isReported: boolean }[];
  /** Whether a value is a declared one, in the place of what has failed. */
  isFallback(path: DataPath): boolean;
  /** The first places that a failure has left empty, beside its fallbacks; undefined where its own place is meant. */
  remainingOf(failure: Failure): readonly DataPath[] | undefined;
  /** Places left empty because a field that a fetch requires is missing: where a fetch failed, that is the reason. */
  unfilled(): readonly (readonly string[])[];
}

/** Places of denied objects that are reported; further ones tell a client nothing more. */
const maxDenied = 1_000;

export async function runPlan(options: RunOptions): Promise<RunResult> {
  const run = new Run(options);
  if (options.plan.hasRows) options.context.cachePolicy?.refuse('rows');
  await runInOrder(options.plan, (fetch) => run.fetch(fetch));
  options.context.signal.throwIfAborted();
  return run.result();
}

class Run {
  readonly #options: RunOptions;
  readonly #data = new RunData();
  readonly #representations: Representations;
  readonly #failures: RunFailures;
  readonly #fallbacks: RunFallbacks | undefined;
  readonly #notes: SubgraphNote[] = [];
  /** The entities that subgraphs have been asked for. */
  #entityCount = 0;
  readonly #requests = new Map<Fetch, RepeatableRequest>();
  #isRepeatable = true;

  constructor(options: RunOptions) {
    const { types, plan, clients, context, log, errorPolicy, representationValues, fallbacks: values } = options;
    this.#options = options;
    this.#representations = new Representations({
      data: this.#data,
      types,
      placeMatters: plan.placeMatters,
      values: representationValues,
    });
    this.#fallbacks =
      values !== undefined && plan.hasFallbacks
        ? new RunFallbacks({ values, plan, types, data: this.#data })
        : undefined;
    const fallbacks = this.#fallbacks;
    this.#failures = new RunFailures({ data: this.#data, clients, context, log, errorPolicy, fallbacks });
  }

  result(): RunResult {
    const { root, shared } = this.#data;
    const unfilled = (): readonly (readonly string[])[] => this.#representations.unfilled();
    const denied = (): ReturnType<RunResult['denied']> => this.#data.deniedNulls?.paths(root, maxDenied) ?? [];
    const fallbacks = this.#failures.list.length === 0 ? undefined : this.#fallbacks;
    fallbacks?.fill(unfilled());
    for (const note of fallbacks?.notes ?? []) this.#notes.push(note);
    return {
      data: root,
      failures: this.#failures.list,
      notes: this.#notes,
      entityCount: this.#entityCount,
      requests: this.#isRepeatable && this.#failures.list.length === 0 ? this.#requests : undefined,
      shared,
      denied,
      unfilled,
      isFallback: (path) => fallbacks?.isFilled(path) === true,
      remainingOf: (failure) => fallbacks?.remainingOf(failure),
    };
  }

  async fetch(fetch: Fetch): Promise<void> {
    if (this.#options.context.signal.aborted) return;
    if (fetch.kind === 'root') return this.#fetchRoot(fetch);
    if (fetch.context.length > 0) return this.#fetchInContext(fetch);
    return this.#fetchEntities(fetch, []);
  }

  async #fetchRoot(fetch: CompiledRootFetch): Promise<void> {
    const { types } = this.#options;
    const { covers } = fetch;
    const place = this.#firstAt(fetch);
    if (place === undefined) return;
    const [key] = fetch.gives;
    const response = await this.#send(
      fetch,
      {
        kind: fetch.operationType,
        query: fetch.operation,
        queryJson: fetch.queryJson,
        exponents: fetch.exponents,
        ...rootVariables(this.#options.requests.kindOf(fetch.subgraph), fetch.variables, this.#options.values),
      },
      0,
      () => (key === undefined ? undefined : [...place, key]),
    );
    if (response === undefined) return;
    const allowed = this.#allowed(fetch, response);
    const { data, errors, notes = [] } = allowed instanceof Promise ? await allowed : allowed;
    if (isDataObject(data)) {
      this.#data.structure++;
      rewriteData(types, fetch.outputRewrites, data);
      let places = 0;
      collectEntities(this.#data.root, fetch.path, this.#data.isSharing, (object) => {
        if (!isRoot(types, fetch, object)) return object;
        mergeData(types, object, data, fetch.gives, this.#data.deniedNulls);
        if (++places === 2) this.#data.spread(data);
        return object;
      });
    }
    if (!isDataObject(data) && errors === undefined) {
      const failure = this.#failures.addNoData(fetch.subgraph, key === undefined ? undefined : [...place, key], covers);
      this.#fallbacks?.addFetch(fetch, failure);
    }
    if (errors !== undefined)
      this.#failures.addRootErrors(fetch.subgraph, errors, fetch, { place, hasData: isDataObject(data) });
    for (const note of notes) this.#notes.push({ ...note, path: [...place, ...note.path] });
  }

  /** The first place of a fetch's object. A root type may also be the type of a field, whose value may be null. */
  #firstAt(fetch: CompiledRootFetch): DataPath | undefined {
    const { path } = fetch;
    if (path.length === 0) return path;
    let first: DataObject | undefined;
    collectEntities(this.#data.root, path, this.#data.isSharing, (object) => {
      if (isRoot(this.#options.types, fetch, object)) first ??= object;
      return object;
    });
    return first === undefined ? undefined : findObject(this.#data.root, path, first);
  }

  /** @fromContext: an argument's value depends on the entity's place; each distinct value is a request of its own. */
  async #fetchInContext(fetch: CompiledEntityFetch): Promise<void> {
    const groups = new Map<
      string,
      { readonly context: readonly VariableValue[]; readonly entities: Set<DataObject> }
    >();
    for (const field of fetch.fields) {
      for (const { path } of field.targets) {
        for (const { entity, values } of contextValues(this.#options.types, this.#data.root, path, fetch.context)) {
          const key = values.map(({ member }) => member).join(',');
          const group = groups.get(key) ?? { context: values, entities: new Set<DataObject>() };
          group.entities.add(entity);
          groups.set(key, group);
        }
      }
    }
    await Promise.all([...groups.values()].map((group) => this.#fetchEntities(fetch, group.context, group.entities)));
  }

  /**
   * @param context the variables whose values depend on the entities' places
   * @param only the entities at these places; all entities, where no variable depends on a place
   */
  async #fetchEntities(
    fetch: CompiledEntityFetch,
    context: readonly VariableValue[],
    only?: ReadonlySet<DataObject>,
  ): Promise<void> {
    const kind = this.#options.requests.kindOf(fetch.subgraph);
    const allRequested = fetch.fields.map((field) => this.#representations.collect(field, kind, only));
    if (allRequested.every(({ representations }) => representations.length === 0)) return;
    const { covers } = fetch;
    const refusal = this.#refusalOf(allRequested);
    if (refusal !== undefined) {
      this.#failures.addRequest(fetch.subgraph, refusal, firstPlace(this.#data, allRequested), covers);
      return;
    }
    const response = await this.#send(
      fetch,
      {
        kind: 'query',
        query: fetch.operation,
        queryJson: fetch.queryJson,
        exponents: fetch.exponents,
        ...entityVariables(kind, allRequested, fetch.variables, this.#options.values, context),
      },
      countOf(allRequested),
      () => firstPlace(this.#data, allRequested),
    );
    if (response === undefined) return;
    const allowed = this.#allowed(fetch, response);
    const { data, errors, notes = [] } = allowed instanceof Promise ? await allowed : allowed;
    for (const requested of allRequested) {
      const { field, representations } = requested;
      const entities = isDataObject(data) ? data[field.key] : undefined;
      const fits = Array.isArray(entities) && entities.length === representations.length;
      if (fits ? this.#merge(requested, entities) : representations.length === 0) continue;
      if (errors !== undefined && !Array.isArray(entities)) continue;
      const malformed = this.#failures.addMalformed(fetch.subgraph, requested);
      this.#fallbacks?.addFetch(fetch, malformed);
    }
    if (errors !== undefined) this.#failures.addEntityErrors(fetch, errors, allRequested, data);
    for (const note of notes) this.#notes.push(...notesInPlace(this.#data, note, allRequested));
  }

  /** The response as it may be read: without the objects that a rule denies, which are not counted either. */
  #allowed(fetch: Fetch, response: SubgraphResponse): SubgraphResponse | Promise<SubgraphResponse> {
    const { compiledRows } = fetch;
    if (compiledRows === undefined) return this.#metered(fetch, response);
    const { types, rowDecisions: decisions } = this.#options;
    const failures = this.#failures;
    const lookUp: LookUp = (lookup, objects, patterns) => {
      const { subgraph } = lookup;
      return lookUpObjects(lookup, objects, {
        kind: this.#options.requests.kindOf(subgraph),
        failures,
        patterns,
        refusalOf: (representations) => this.#refusalOf([{ representations }]),
        send: (request, count, path) =>
          this.#send({ kind: 'lookup', subgraph, covers: patterns }, request, count, () => path),
      });
    };
    const nulls = (): DeniedNulls => this.#data.recordDeniedNulls();
    const filtered = filterRows(compiledRows, response, { types, decisions, lookUp, nulls });
    return filtered instanceof Promise
      ? filtered.then((allowed) => this.#metered(fetch, allowed))
      : this.#metered(fetch, filtered);
  }

  #metered(
    { subgraph, cost: fetchCost }: CompiledRootFetch | CompiledEntityFetch,
    response: SubgraphResponse,
  ): SubgraphResponse {
    const { cost } = this.#options;
    if (fetchCost !== undefined && isDataObject(response.data)) cost?.meter.add(subgraph, fetchCost, response.data);
    return response;
  }

  /** Counts the entities that are about to be asked for. @returns the error of a request with more than may be */
  #refusalOf(allRequested: readonly { readonly representations: readonly string[] }[]): GatewayError | undefined {
    const { limits, context } = this.#options;
    if (limits === undefined) return undefined;
    const count = countOf(allRequested);
    const refusal = limits.refusalOfEntities(this.#entityCount + count, context);
    if (refusal === undefined) this.#entityCount += count;
    return refusal;
  }

  /** @returns whether every entity is an object or null */
  #merge({ field, owners }: RequestedEntities, entities: readonly unknown[]): boolean {
    let malformed = false;
    const { types, plan } = this.#options;
    const data = this.#data;
    if (!field.leavesOnly) data.structure++;
    if (field.outputRewrites.length > 0) rewriteData(types, field.outputRewrites, entities);
    const { gives, leavesOnly } = field;
    for (let index = 0; index < entities.length; index++) {
      const entity = entities[index];
      if (!isDataObject(entity)) {
        if (entity !== null) malformed = true;
        continue;
      }
      const objects = owners[index] as DataObject | DataObject[];
      if (!isList(objects)) {
        if (this.#mergeInto(objects, entity, gives) && !leavesOnly) data.spreadNow(entity);
        continue;
      }
      if (plan.placeMatters && !isWithinDepth(entity)) {
        malformed = true;
        continue;
      }
      for (const owner of objects) this.#mergeInto(owner, plan.placeMatters ? cloneJson(entity) : entity, gives);
      if (!leavesOnly) data.spreadNow(entity);
    }
    return !malformed;
  }

  /** @returns whether the entity is at several places now */
  #mergeInto(owner: DataObject, entity: DataObject, gives: readonly string[]): boolean {
    const { types } = this.#options;
    const data = this.#data;
    const target = data.inPlace(owner);
    mergeData(types, target, entity, gives, data.deniedNulls);
    const remaining = data.elsewhere(target);
    if (remaining === undefined) return false;
    for (const object of remaining) mergeData(types, object, entity, gives, data.deniedNulls);
    return true;
  }

  /**
   * @param place the path for a failure of the whole request
   * @returns undefined where the request failed, which is recorded, or the client has left
   */
  async #send(
    fetch: Fetch | (Pick<Fetch, 'subgraph' | 'covers'> & { readonly kind: 'lookup' }),
    request: SubgraphRequest,
    entities: number,
    place: () => DataPath | undefined,
  ): Promise<SubgraphResponse | undefined> {
    const { context, requests, early } = this.#options;
    const { subgraph, covers } = fetch;
    try {
      if (fetch.kind === 'lookup') return await requests.send({ subgraph, kind: 'entities' }, request, entities);
      const response = await (early?.get(fetch) ?? requests.send(fetch, request, entities));
      this.#record(fetch, request, entities, response);
      return response;
    } catch (error) {
      if (context.signal.aborted) return undefined;
      const failure = this.#failures.addRequest(subgraph, error, place(), covers);
      if (fetch.kind !== 'lookup') this.#fallbacks?.addFetch(fetch, failure);
      return undefined;
    }
  }

  /** What the same run would send, as long as all of it is answered from caches. */
  #record(fetch: Fetch, request: SubgraphRequest, entities: number, { versions }: SubgraphResponse): void {
    if (versions === undefined) this.#isRepeatable = false;
    else if (this.#isRepeatable) this.#requests.set(fetch, { request, entities, versions });
  }
}

const rootTypes = { query: 'Query', mutation: 'Mutation' } as const;

/** A field of an abstract type may return a root type or another type with fields of the same names. */
function isRoot(types: TypeMemberships, { operationType, path }: CompiledRootFetch, object: DataObject): boolean {
  if (path.length === 0) return true;
  const { __typename: typeName } = object;
  return typeof typeName !== 'string' || isOfType(types, rootTypes[operationType], typeName);
}

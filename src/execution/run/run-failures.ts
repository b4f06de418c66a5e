/**
 * The failures of a plan's run: logged in full, recorded as {@link Failure}s that clients may see. A subgraph's error gets
 * its place in the data, and the nulls that come with it are recorded as failed.
 */
import type { ErrorPolicy } from '../../config/index.ts';
import { type ErrorCode, GatewayError } from '../../errors/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { RequestContext, SubgraphClient, SubgraphError } from '../../transport/index.ts';
import type { CompiledEntityFetch, CompiledEntityField, CompiledRootFetch } from '../compile/compile-plan.ts';
import { type DataObject, type DataPath, isDataObject } from '../data/data.ts';
import { placesOfEach } from '../data/find-places.ts';
import type { Failure } from './failure.ts';
import { maskSubgraphError } from './mask-subgraph-errors.ts';
import { firstPlace, ownersAt, type RequestedEntities } from './requested-entities.ts';
import type { RunData } from './run-data.ts';
import type { RunFallbacks } from './run-fallbacks.ts';

type Covers = Failure['covers'];

/** Subgraph errors logged per operation: a list of a thousand failed entities has one cause, not a thousand. */
const maxLogged = 20;

/** The most places that the errors of one answer are reported at. */
const maxPlaces = 1_000;

/** An answer to `_entities` with errors, and the places of the entities that have them. */
interface FailedAnswer {
  readonly fetch: CompiledEntityFetch;
  readonly allRequested: readonly RequestedEntities[];
  readonly covers: Covers;
  readonly data: unknown;
  readonly places: ReadonlyMap<DataObject, readonly DataPath[]>;
}

export interface RunFailuresOptions {
  readonly data: RunData;
  readonly clients: ReadonlyMap<string, SubgraphClient>;
  readonly context: RequestContext;
  readonly log: Logger;
  readonly errorPolicy: ErrorPolicy;
  /** Undefined where no field of the plan has a fallback. */
  readonly fallbacks?: RunFallbacks | undefined;
}

export class RunFailures {
  readonly list: Failure[] = [];
  readonly #options: RunFailuresOptions;
  #logged = 0;

  constructor(options: RunFailuresOptions) {
    this.#options = options;
  }

  /** A request that fails as a whole: one failure, which covers every place the request would fill. */
  addRequest(subgraph: string, error: unknown, path: DataPath | undefined, covers: Covers): Failure {
    const { context, log } = this.#options;
    const coded = error instanceof GatewayError ? error : new GatewayError('INTERNAL_SERVER_ERROR', { cause: error });
    const level = coded.code === 'INTERNAL_SERVER_ERROR' ? 'error' : 'warn';
    log[level](
      {
        requestId: context.requestId,
        subgraph,
        code: coded.code,
        reason: coded.detail,
        ...(level === 'error' ? { error: coded } : {}),
      },
      'subgraph request failed',
    );
    return this.#push({
      message: coded.message,
      extensions: { ...coded.facts, ...this.#extensions(coded.code, subgraph) },
      path,
      covers,
    });
  }

  /** An `_entities` field that does not answer its representations. */
  addMalformed(subgraph: string, requested: RequestedEntities): Failure {
    const reason = `_entities is not a list of ${requested.representations.length} objects or nulls`;
    return this.#addRefused(subgraph, reason, firstPlace(this.#options.data, [requested]), requested.field.covers);
  }

  #addRefused(subgraph: string, reason: string, path: DataPath | undefined, covers: Covers): Failure {
    const { log, context } = this.#options;
    const { code, message } = new GatewayError('SUBREQUEST_MALFORMED_RESPONSE');
    log.warn({ requestId: context.requestId, subgraph, code, reason }, 'subgraph request failed');
    return this.#push({ message, extensions: this.#extensions(code, subgraph), path, covers });
  }

  #push(failure: Failure): Failure {
    this.list.push(failure);
    return failure;
  }

  /** A root answer with neither data nor errors. */
  addNoData(subgraph: string, path: DataPath | undefined, covers: Covers): Failure {
    return this.#addRefused(subgraph, 'data is null, and there are no errors', path, covers);
  }

  /**
   * @param place of the root type's object that the request is for: the errors' paths begin there
   * @param hasData whether anything was answered beside the errors
   */
  addRootErrors(
    subgraph: string,
    errors: readonly SubgraphError[],
    fetch: CompiledRootFetch,
    { place, hasData }: { readonly place: DataPath; readonly hasData: boolean },
  ): void {
    const { root, failedNulls } = this.#options.data;
    const { fallbacks } = this.#options;
    const { covers, gives } = fetch;
    for (const error of errors) {
      // An error without a path may concern any place that the request would fill.
      const paths = error.path === undefined ? gives.map((key) => [...place, key]) : [[...place, ...error.path]];
      for (const path of paths) {
        failedNulls.add(root, path);
        fallbacks?.addError(error, root, path);
      }
      const failure = this.#add(subgraph, error, paths[0], error.path === undefined ? covers : paths.map(patternOf));
      if (!hasData && failure !== undefined) fallbacks?.addFetch(fetch, failure, error);
    }
  }

  /** Errors of a lookup: their paths mean nothing outside it. @param place of the objects that are looked up */
  addLookupErrors(
    subgraph: string,
    errors: readonly SubgraphError[],
    place: DataPath | undefined,
    covers: Covers,
  ): void {
    for (const error of errors) this.#add(subgraph, error, place, covers);
  }

  /** @param data of the answer: the errors' paths refer to it */
  addEntityErrors(
    fetch: CompiledEntityFetch,
    errors: readonly SubgraphError[],
    allRequested: readonly RequestedEntities[],
    data: unknown,
  ): void {
    const { subgraph, covers } = fetch;
    let isPlaced = true;
    const places = this.#placesOf(errors, allRequested);
    for (const error of errors)
      isPlaced = this.#addEntityError(subgraph, error, { fetch, allRequested, covers, data, places }) && isPlaced;
    if (!isPlaced) this.#suspectNulls(allRequested);
  }

  /**
   * An error inside `_entities` has the index of a representation in its path, which means nothing to a client: it is
   * reported at the entity's places instead.
   *
   * @returns whether the error has the path of an entity
   */
  #addEntityError(
    subgraph: string,
    error: SubgraphError,
    { fetch, allRequested, covers, data: answerData, places: placesOf }: FailedAnswer,
  ): boolean {
    const { data } = this.#options;
    const [, , ...fieldPath] = error.path ?? [];
    const { requested, index, owners } = ownersOf(error, allRequested);
    const { fallbacks } = this.#options;
    if (requested === undefined || owners.length === 0) {
      const narrowed = requested === undefined ? covers : requested.field.covers;
      const first = requested === undefined ? undefined : firstPlace(data, [requested]);
      const failure = this.#add(subgraph, error, first ?? firstPlace(data, allRequested), narrowed);
      const hasEntities = isDataObject(answerData) && allRequested.some(({ field }) => answerData[field.key] !== null);
      if (failure !== undefined && !hasEntities) fallbacks?.addFetch(fetch, failure, error);
      return false;
    }
    const { key, gives, paths } = requested.field;
    for (const owner of owners) {
      data.failedNulls.add(data.inPlace(owner), fieldPath);
      fallbacks?.addError(error, data.inPlace(owner), fieldPath);
    }
    const entities = isDataObject(answerData) ? answerData[key] : undefined;
    const isPresent = Array.isArray(entities) && isDataObject(entities[index as number]);
    if (!isPresent) for (const owner of owners) fallbacks?.addEntity(error, data.inPlace(owner));
    // Where the whole entity is null, so are all its fields, not only the one that failed.
    const tails = isPresent ? [patternOf(fieldPath)] : gives.map((name) => [name]);
    const places = paths.flatMap((path) => tails.map((tail) => [...path, ...tail]));
    const tail = isPresent ? fieldPath : this.#nullTail(fetch, requested.field, fieldPath);
    const objects = new Set(owners.flatMap((owner) => [data.inPlace(owner), owner]));
    const [first, ...further] = [...objects]
      .flatMap((object) => placesOf.get(object) ?? [])
      .map((place) => [...place, ...tail]);
    this.#add(subgraph, error, first, places, further);
    return true;
  }

  /** Where the error of an entity that is null is reported: not at a field whose declared value takes its place. */
  #nullTail(
    fetch: CompiledEntityFetch,
    { key, gives }: CompiledEntityField,
    fieldPath: readonly (string | number)[],
  ): readonly (string | number)[] {
    const { fallbacks } = this.#options;
    const [failed = gives[0]] = fieldPath;
    const isDeclared = (name: string | number | undefined): boolean => fallbacks?.isDeclared(fetch, key, name) === true;
    if (!isDeclared(failed)) return fieldPath.length > 0 ? fieldPath : gives.slice(0, 1);
    const undeclared = gives.find((name) => !isDeclared(name));
    return undeclared === undefined ? gives.slice(0, 1) : [undeclared];
  }

  /** The places of the entities that have errors: one walk for all of them. */
  #placesOf(
    errors: readonly SubgraphError[],
    allRequested: readonly RequestedEntities[],
  ): ReadonlyMap<DataObject, readonly DataPath[]> {
    const { data } = this.#options;
    const objects = new Set<DataObject>();
    const paths = new Map<string, readonly string[]>();
    for (const error of errors) {
      const { requested, owners } = ownersOf(error, allRequested);
      for (const owner of owners) objects.add(data.inPlace(owner)).add(owner);
      if (owners.length > 0) for (const path of requested?.field.paths ?? []) paths.set(path.join('.'), path);
    }
    return objects.size === 0 ? new Map() : placesOfEach(data.root, paths.values(), objects, maxPlaces);
  }

  /** An error without a path may be the cause of any null in its answer. */
  #suspectNulls(allRequested: readonly RequestedEntities[]): void {
    const { data } = this.#options;
    for (const { field, owners } of allRequested) {
      for (const owner of owners.flat())
        for (const key of field.gives) data.failedNulls.add(data.inPlace(owner), [key]);
    }
  }

  #add(
    subgraph: string,
    error: SubgraphError,
    path: DataPath | undefined,
    covers: Covers,
    further: readonly DataPath[] = [],
  ): Failure | undefined {
    const { clients, context, log, errorPolicy } = this.#options;
    const client = clients.get(subgraph);
    if (client === undefined) return undefined;
    if (this.#logged++ < maxLogged) {
      const { path: at, extensions, message: reason } = error;
      log.warn({ requestId: context.requestId, subgraph, path: at, extensions, reason }, 'subgraph error');
    } else if (this.#logged === maxLogged + 1) {
      log.warn({ requestId: context.requestId, subgraph }, 'more subgraph errors of this operation are not logged');
    }
    const { message, extensions } = maskSubgraphError(errorPolicy, client, error);
    return this.#push({ message, extensions, path, covers, ...(further.length === 0 ? {} : { further }) });
  }

  #extensions(code: ErrorCode, service: string): Failure['extensions'] {
    return this.#options.errorPolicy.serviceName ? { code, service } : { code };
  }
}

/** The objects of the entity that has an error, where the error's path names one. */
function ownersOf({ path }: SubgraphError, allRequested: readonly RequestedEntities[]) {
  const [key, index] = path ?? [];
  const requested = allRequested.find(({ field }) => field.key === key);
  const owners = typeof index === 'number' && requested !== undefined ? ownersAt(requested, index) : [];
  return { requested, index, owners };
}

/** A path as a pattern of places: `@` for each index. */
function patternOf(path: DataPath): string[] {
  return path.map((step) => (typeof step === 'number' ? '@' : step));
}

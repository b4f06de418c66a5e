/**
 * What goes wrong while a plan runs: logged whole, kept as {@link Failure}s that may be shown. An error of a subgraph
 * gets the place in the data that it is about, and the nulls that came with it are remembered as failed.
 */
import type { ErrorPolicy } from '../../config/index.ts';
import { type ErrorCode, GatewayError } from '../../errors/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { RequestContext, SubgraphClient, SubgraphError } from '../../transport/index.ts';
import type { CompiledRootFetch } from '../compile/compile-plan.ts';
import { type DataObject, type DataPath, isDataObject } from '../data/data.ts';
import { placesOfEach } from '../data/find-places.ts';
import type { Failure } from './failure.ts';
import { maskSubgraphError } from './mask-subgraph-errors.ts';
import { type AskedEntities, firstPlace } from './requested-entities.ts';
import type { RunData } from './run-data.ts';

type Covers = Failure['covers'];

/** Errors of subgraphs that one operation logs: a list of a thousand failed entities is one fault, not a thousand lines. */
const maxLogged = 20;

/** Places that the failed entities of one answer are told at. */
const mostPlaces = 1_000;

/** An answer to `_entities` with errors, and where the entities stand that these are about. */
interface FailedAnswer {
  readonly asked: readonly AskedEntities[];
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
}

export class RunFailures {
  readonly list: Failure[] = [];
  readonly #options: RunFailuresOptions;
  #logged = 0;

  constructor(options: RunFailuresOptions) {
    this.#options = options;
  }

  /** A request that fails as a whole is one failure that covers every place it would have filled. */
  addRequest(subgraph: string, error: unknown, path: DataPath | undefined, covers: Covers): void {
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
    this.list.push({ message: coded.message, extensions: this.#extensions(coded.code, subgraph), path, covers });
  }

  /** An `_entities` field that does not answer its representations. */
  addMalformed(subgraph: string, asked: AskedEntities): void {
    const reason = `_entities is not a list of ${asked.representations.length} objects or nulls`;
    this.#addRefused(subgraph, reason, firstPlace(this.#options.data, [asked]), asked.field.covers);
  }

  #addRefused(subgraph: string, reason: string, path: DataPath | undefined, covers: Covers): void {
    const { log, context } = this.#options;
    const { code, message } = new GatewayError('SUBREQUEST_MALFORMED_RESPONSE');
    log.warn({ requestId: context.requestId, subgraph, code, reason }, 'subgraph request failed');
    this.list.push({ message, extensions: this.#extensions(code, subgraph), path, covers });
  }

  /** A root answer without data, and without an error that says why. */
  addNoData(subgraph: string, path: DataPath | undefined, covers: Covers): void {
    this.#addRefused(subgraph, 'data is null, and there are no errors', path, covers);
  }

  /** @param place where the root type's object stands that the request was for: its errors' paths begin there */
  addRootErrors(subgraph: string, errors: readonly SubgraphError[], fetch: CompiledRootFetch, place: DataPath): void {
    const { root, failedNulls } = this.#options.data;
    const { covers, gives } = fetch;
    for (const error of errors) {
      // One without a path may have happened wherever the request would have filled something.
      const paths = error.path === undefined ? gives.map((key) => [...place, key]) : [[...place, ...error.path]];
      for (const path of paths) failedNulls.add(root, path);
      this.#add(subgraph, error, paths[0], error.path === undefined ? covers : paths.map(patternOf));
    }
  }

  /** @param data the answer's own, in which the errors' paths are */
  addEntityErrors(
    subgraph: string,
    errors: readonly SubgraphError[],
    asked: readonly AskedEntities[],
    covers: Covers,
    data: unknown,
  ): void {
    let isPlaced = true;
    const places = this.#placesOf(errors, asked);
    for (const error of errors)
      isPlaced = this.#addEntityError(subgraph, error, { asked, covers, data, places }) && isPlaced;
    if (!isPlaced) this.#suspectNulls(asked);
  }

  /**
   * An error inside `_entities` stands at an index that means nothing to the client: at the entity's own place instead.
   *
   * @returns whether it said where it happened
   */
  #addEntityError(
    subgraph: string,
    error: SubgraphError,
    { asked, covers, data: answered, places: placesOf }: FailedAnswer,
  ): boolean {
    const { data } = this.#options;
    const [, , ...rest] = error.path ?? [];
    const { one, index, owners = [] } = ownersOf(error, asked);
    if (one === undefined || owners.length === 0) {
      const narrowed = one === undefined ? covers : one.field.covers;
      const first = one === undefined ? undefined : firstPlace(data, [one]);
      this.#add(subgraph, error, first ?? firstPlace(data, asked), narrowed);
      return false;
    }
    for (const each of owners) data.failedNulls.add(data.inPlace(each), rest);
    const entities = isDataObject(answered) ? answered[one.field.key] : undefined;
    const isThere = Array.isArray(entities) && isDataObject(entities[index as number]);
    // Without the entity none of its fields is there, not only the one that failed.
    const tails = isThere ? [patternOf(rest)] : one.field.gives.map((given) => [given]);
    const places = one.field.paths.flatMap((path) => tails.map((tail) => [...path, ...tail]));
    const tail = isThere || rest.length > 0 ? rest : one.field.gives.slice(0, 1);
    const objects = new Set(owners.flatMap((owner) => [data.inPlace(owner), owner]));
    const [first, ...further] = [...objects]
      .flatMap((object) => placesOf.get(object) ?? [])
      .map((place) => [...place, ...tail]);
    this.#add(subgraph, error, first, places, further);
    return true;
  }

  /** Where the entities stand that the errors are about: in one walk for all of them. */
  #placesOf(
    errors: readonly SubgraphError[],
    asked: readonly AskedEntities[],
  ): ReadonlyMap<DataObject, readonly DataPath[]> {
    const { data } = this.#options;
    const wanted = new Set<DataObject>();
    const paths = new Map<string, readonly string[]>();
    for (const error of errors) {
      const { one, owners = [] } = ownersOf(error, asked);
      for (const owner of owners) wanted.add(data.inPlace(owner)).add(owner);
      if (owners.length > 0) for (const path of one?.field.paths ?? []) paths.set(path.join('.'), path);
    }
    return wanted.size === 0 ? new Map() : placesOfEach(data.root, paths.values(), wanted, mostPlaces);
  }

  /** An error that does not say where it happened may be why any of the nulls that came with it is one. */
  #suspectNulls(asked: readonly AskedEntities[]): void {
    const { data } = this.#options;
    for (const { field, owners } of asked) {
      for (const list of owners) {
        for (const owner of list) for (const key of field.gives) data.failedNulls.add(data.inPlace(owner), [key]);
      }
    }
  }

  #add(
    subgraph: string,
    error: SubgraphError,
    path: DataPath | undefined,
    covers: Covers,
    further: readonly DataPath[] = [],
  ): void {
    const { clients, context, log, errorPolicy } = this.#options;
    const client = clients.get(subgraph);
    if (client === undefined) return;
    if (this.#logged++ < maxLogged) {
      const { path: at, extensions, message: reason } = error;
      log.warn({ requestId: context.requestId, subgraph, path: at, extensions, reason }, 'subgraph error');
    } else if (this.#logged === maxLogged + 1) {
      log.warn({ requestId: context.requestId, subgraph }, 'more subgraph errors of this operation are not logged');
    }
    const { message, extensions } = maskSubgraphError(errorPolicy, client, error);
    this.list.push({ message, extensions, path, covers, ...(further.length === 0 ? {} : { further }) });
  }

  #extensions(code: ErrorCode, service: string): Failure['extensions'] {
    return this.#options.errorPolicy.serviceName ? { code, service } : { code };
  }
}

/** The objects of the entity that an error of an `_entities` field is about, where it says which one. */
function ownersOf({ path }: SubgraphError, asked: readonly AskedEntities[]) {
  const [key, index] = path ?? [];
  const one = asked.find(({ field }) => field.key === key);
  return { one, index, owners: typeof index === 'number' ? one?.owners[index] : undefined };
}

/** The places in the data that a path may mean: any list item for an index. */
function patternOf(path: DataPath): string[] {
  return path.map((step) => (typeof step === 'number' ? '@' : step));
}

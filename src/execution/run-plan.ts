/**
 * Runs a compiled plan: each fetch the moment the fetches it waits for have ended, well or badly. What fails is a
 * Failure beside the data of the rest; only the client's own abort ends the run.
 */
import type { ErrorPolicy } from '../config/index.ts';
import { type ErrorCode, GatewayError } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import type { RootFetch } from '../planning/index.ts';
import {
  isWithinDepth,
  type RequestContext,
  type SubgraphClient,
  type SubgraphError,
  type SubgraphNote,
  type SubgraphRequest,
  type SubgraphResponse,
} from '../transport/index.ts';
import { findObject, findPlaces } from './client-path.ts';
import { collectEntities, haveSameContent } from './collect-entities.ts';
import type { CompiledEntityFetch, CompiledEntityField, CompiledPlan } from './compile-plan.ts';
import { contextValues } from './context-values.ts';
import { type DataObject, type DataPath, isDataObject, type TypeMemberships } from './data.ts';
import { FailedNulls } from './failed-nulls.ts';
import type { Failure } from './failure.ts';
import { FirstOfEach } from './first-of-each.ts';
import { maskSubgraphError } from './mask-subgraph-errors.ts';
import { mergeData } from './merge-data.ts';
import { rewriteData } from './rewrite-data.ts';

export interface RunOptions {
  readonly plan: CompiledPlan;
  readonly clients: ReadonlyMap<string, SubgraphClient>;
  readonly types: TypeMemberships;
  readonly context: RequestContext;
  readonly log: Logger;
  /** What clients see of a subgraph's errors. */
  readonly errorPolicy: ErrorPolicy;
  /** A variable's value as JSON text; undefined where the client left it out. */
  readonly variableJson: (name: string) => string | undefined;
}

export interface RunResult {
  readonly data: DataObject;
  readonly failures: readonly Failure[];
  /** What subgraphs told of fields, at their places in the data. */
  readonly notes: readonly SubgraphNote[];
  /** Objects that stand in several places. */
  readonly shared: ReadonlySet<DataObject>;
  /** Places left empty because what a fetch requires there was missing; where something failed, that is why. */
  unfilled(): readonly (readonly string[])[];
}

export async function runPlan(options: RunOptions): Promise<RunResult> {
  const run = new Run(options);
  const { fetches } = options.plan;
  const ended: Promise<void>[] = [];
  for (const fetch of fetches) {
    const { after } = fetch;
    const before =
      after.length === 1
        ? ended[after[0] ?? 0]
        : after.length === 0
          ? undefined
          : Promise.all(after.map((index) => ended[index]));
    ended.push(before === undefined ? run.fetch(fetch) : before.then(() => run.fetch(fetch)));
  }
  await Promise.all(ended);
  options.context.signal.throwIfAborted();
  return run;
}

/** What is asked for in one `_entities` field: representations, and the objects each of them stands for. */
interface Asked {
  readonly field: CompiledEntityField;
  readonly representations: string[];
  readonly owners: DataObject[][];
  readonly path: readonly (readonly string[])[];
}

/** A note is told at so many places of one object at most. */
const mostNotedPlaces = 100;

class Run implements RunResult {
  readonly data: DataObject = {};
  readonly failures: Failure[] = [];
  readonly notes: SubgraphNote[] = [];
  readonly shared = new Set<DataObject>();
  readonly #unfilled = new Set<CompiledEntityField>();
  /** Objects whose place another of equal content has taken: what a fetch under way brings them goes to that one. */
  readonly #replaced = new Map<DataObject, DataObject>();
  /** Whether one object may stand in several places by now. */
  #sharing = false;
  /** Counts the answers that brought objects or lists, not leaves alone: until the next, a walked path stays as it is. */
  #structure = 0;
  readonly #walked = new Map<string, { readonly structure: number; readonly entities: ReadonlySet<DataObject> }>();
  readonly #failedNulls = new FailedNulls();
  readonly #options: RunOptions;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  unfilled(): readonly (readonly string[])[] {
    return [...this.#unfilled].flatMap((field) =>
      field.targets.flatMap(({ path }) => field.gives.map((key) => [...path, key])),
    );
  }

  async fetch(fetch: RootFetch | CompiledEntityFetch): Promise<void> {
    if (this.#options.context.signal.aborted) return;
    if (fetch.kind === 'root') return this.#fetchRoot(fetch);
    if (fetch.context.length > 0) return this.#fetchInContext(fetch);
    const asked = fetch.fields.map((field) => this.#ask(field, this.#isStrict(fetch)));
    if (asked.every(({ representations }) => representations.length === 0)) return undefined;
    return this.#fetchEntities(fetch, asked, []);
  }

  /** A subgraph of this process is not asked to work on what failed in another. */
  #isStrict({ subgraph }: CompiledEntityFetch): boolean {
    return this.#options.clients.get(subgraph)?.kind === 'in-process';
  }

  async #fetchRoot(fetch: RootFetch): Promise<void> {
    const { types } = this.#options;
    const covers = fetch.gives.map((key) => [...fetch.path, key]);
    const response = await this.#send(
      fetch.subgraph,
      {
        kind: fetch.operationType,
        query: fetch.operation,
        variablesJson: `{${this.#variables(fetch.variables).join(',')}}`,
      },
      covers,
    );
    if (response === undefined) return;
    const { data, errors } = response;
    if (isDataObject(data)) {
      this.#structure++;
      rewriteData(types, fetch.outputRewrites, data);
      collectEntities(this.data, fetch.path, this.#sharing, (place) => {
        mergeData(types, place, data);
        return place;
      });
    }
    for (const error of errors ?? []) {
      for (const path of error.path === undefined ? covers : [error.path]) this.#failedNulls.add(this.data, path);
      this.#addError(fetch.subgraph, error, error.path ?? covers[0], error.path === undefined ? covers : undefined);
    }
    if (response.notes !== undefined) this.notes.push(...response.notes);
  }

  /**
   * Collects an `_entities` field's representations; equal ones are asked for once.
   *
   * @param isStrict whether objects are left out of which something required failed
   */
  #ask(field: CompiledEntityField, isStrict: boolean, only?: ReadonlySet<DataObject>): Asked {
    const asked: Asked = { field, representations: [], owners: [], path: field.targets.map(({ path }) => path) };
    const indexes = new Map<string, number>();
    const seen = new Set<DataObject>();
    for (const { path, pathKey, exact, requires, write } of field.targets) {
      const { types } = this.#options;
      const failed = isStrict && !this.#failedNulls.isEmpty ? this.#failedNulls : undefined;
      const representationOf = (entity: DataObject): string | undefined =>
        failed?.isRead(types, requires, entity) === true ? undefined : write(entity);
      const walked = only === undefined ? this.#walked.get(pathKey) : undefined;
      if (walked?.structure === this.#structure) {
        for (const object of walked.entities) {
          const entity = this.#inPlace(object);
          if (!seen.has(entity)) this.#askFor(asked, entity, representationOf(entity), indexes, seen, false);
        }
        continue;
      }
      const entities = new Set<DataObject>();
      const mayReplace = !this.#options.plan.placeMatters;
      const here = exact && mayReplace ? new FirstOfEach(write) : undefined;
      collectEntities(this.data, path, this.#sharing, (entity) => {
        if (only?.has(entity) === false) return entity;
        const first = here?.find(entity);
        if (first !== undefined) return this.#standFor(first, entity);
        const kept = seen.has(entity)
          ? entity
          : this.#askFor(asked, entity, representationOf(entity), indexes, seen, mayReplace);
        here?.keep(kept);
        entities.add(kept);
        return kept;
      });
      if (only === undefined) this.#walked.set(pathKey, { structure: this.#structure, entities });
    }
    return asked;
  }

  /**
   * @param mayReplace whether the caller puts what is returned in the entity's place
   * @returns the object that stands for `entity` from now on: itself, or the first with the same content
   */
  #askFor(
    { field, representations, owners }: Asked,
    entity: DataObject,
    representation: string | undefined,
    indexes: Map<string, number>,
    seen: Set<DataObject>,
    mayReplace: boolean,
  ): DataObject {
    if (representation === undefined) {
      this.#unfilled.add(field);
      return entity;
    }
    const index = indexes.get(representation);
    if (index === undefined) {
      indexes.set(representation, representations.length);
      representations.push(representation);
      owners.push([entity]);
      seen.add(entity);
      return entity;
    }
    const list = owners[index] as DataObject[];
    const first = list[0] as DataObject;
    if (mayReplace && haveSameContent(first, entity)) return this.#standFor(first, entity);
    list.push(entity);
    seen.add(entity);
    return entity;
  }

  #standFor(first: DataObject, entity: DataObject): DataObject {
    this.#sharing = true;
    this.shared.add(first);
    if (first !== entity) {
      this.#replaced.set(entity, first);
      if (!this.#failedNulls.isEmpty) this.#failedNulls.takeOver(first, entity);
    }
    return first;
  }

  async #fetchEntities(fetch: CompiledEntityFetch, asked: readonly Asked[], context: readonly string[]): Promise<void> {
    const covers = asked.flatMap(({ field, path }) => path.flatMap((one) => field.gives.map((key) => [...one, key])));
    const response = await this.#send(
      fetch.subgraph,
      {
        kind: 'query',
        query: fetch.operation,
        ...this.#entityVariables(asked, [...this.#variables(fetch.variables), ...context]),
      },
      covers,
      () => this.#firstPlace(asked),
    );
    if (response === undefined) return;
    const { data, errors } = response;
    for (const one of asked) {
      const entities = isDataObject(data) ? data[one.field.key] : undefined;
      const fits = Array.isArray(entities) && entities.length === one.representations.length;
      if (fits ? this.#merge(one, entities) : one.representations.length === 0) continue;
      if (errors === undefined || Array.isArray(entities)) this.#addMalformed(fetch.subgraph, one);
    }
    let isPlaced = true;
    for (const error of errors ?? []) {
      isPlaced = this.#addEntityError(fetch.subgraph, error, asked, covers, data) && isPlaced;
    }
    if (!isPlaced) this.#suspectNulls(asked);
    for (const note of response.notes ?? []) this.#addEntityNote(note, asked);
  }

  /** Told once for every place its entity stands at. */
  #addEntityNote({ extension, path: [key, index, ...rest], value }: SubgraphNote, asked: readonly Asked[]): void {
    const one = asked.find(({ field }) => field.key === key);
    const owners = typeof index === 'number' ? (one?.owners[index] ?? []) : [];
    const objects = new Set(owners.map((owner) => this.#inPlace(owner)));
    for (const path of one?.path ?? []) {
      for (const object of objects) {
        for (const place of findPlaces(this.data, path, object, mostNotedPlaces)) {
          this.notes.push({ extension, path: [...place, ...rest], value });
        }
      }
    }
  }

  /** A single list of representations is handed on as such, so that transport can send it in chunks. */
  #entityVariables(asked: readonly Asked[], rest: readonly string[]): Partial<SubgraphRequest> {
    const [only] = asked;
    if (asked.length === 1 && only !== undefined) {
      return { representationsJson: only.representations, variablesJson: `{${rest.join(',')}}` };
    }
    const lists = asked.map(({ field, representations }) => `"${field.variable}":[${representations.join(',')}]`);
    return { variablesJson: `{${[...lists, ...rest].join(',')}}` };
  }

  /** @returns whether every entity was an object or null, as it has to be */
  #merge({ field, owners }: Asked, entities: readonly unknown[]): boolean {
    let malformed = false;
    const { types, plan } = this.#options;
    if (!field.leavesOnly) this.#structure++;
    if (field.outputRewrites.length > 0) rewriteData(types, field.outputRewrites, entities);
    for (let index = 0; index < entities.length; index++) {
      const entity = entities[index];
      if (!isDataObject(entity)) {
        if (entity !== null) malformed = true;
        continue;
      }
      const list = owners[index] as DataObject[];
      const isCopied = plan.placeMatters && list.length > 1;
      if (isCopied && !isWithinDepth(entity)) {
        malformed = true;
        continue;
      }
      if (list.length > 1 && !field.leavesOnly) this.#sharing = true;
      for (const owner of list) {
        mergeData(types, this.#inPlace(owner), isCopied ? structuredClone(entity) : entity);
      }
    }
    return !malformed;
  }

  #inPlace(object: DataObject): DataObject {
    let current = object;
    for (let next = this.#replaced.get(current); next !== undefined; next = this.#replaced.get(current)) current = next;
    return current;
  }

  /** @fromContext: an argument's value depends on where an entity stands; each distinct value is a request of its own. */
  async #fetchInContext(fetch: CompiledEntityFetch): Promise<void> {
    const { types } = this.#options;
    const groups = new Map<string, { readonly context: readonly string[]; readonly entities: Set<DataObject> }>();
    for (const field of fetch.fields) {
      for (const { path } of field.targets) {
        for (const { entity, values } of contextValues(types, this.data, path, fetch.context)) {
          const key = values.join(',');
          const group = groups.get(key) ?? { context: values, entities: new Set<DataObject>() };
          group.entities.add(entity);
          groups.set(key, group);
        }
      }
    }
    await Promise.all(
      [...groups.values()].map(({ context, entities }) => {
        const asked = fetch.fields.map((field) => this.#ask(field, this.#isStrict(fetch), entities));
        if (asked.every(({ representations }) => representations.length === 0)) return undefined;
        return this.#fetchEntities(fetch, asked, context);
      }),
    );
  }

  #variables(names: readonly string[]): string[] {
    const written: string[] = [];
    for (const name of names) {
      const json = this.#options.variableJson(name);
      if (json !== undefined) written.push(`"${name}":${json}`);
    }
    return written;
  }

  /** A request that fails as a whole is one failure that covers every place it would have filled. */
  async #send(
    subgraph: string,
    request: SubgraphRequest,
    covers: readonly (readonly string[])[],
    firstPlace?: () => DataPath | undefined,
  ): Promise<SubgraphResponse | undefined> {
    const { clients, context, log } = this.#options;
    const client = clients.get(subgraph);
    try {
      if (client === undefined)
        throw new GatewayError('INTERNAL_SERVER_ERROR', { detail: `${subgraph} has no client` });
      return await client.execute(request, context);
    } catch (error) {
      if (context.signal.aborted) return undefined;
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
      const path = firstPlace === undefined ? covers[0] : firstPlace();
      this.failures.push({ message: coded.message, extensions: this.#extensions(coded.code, subgraph), path, covers });
      return undefined;
    }
  }

  #firstPlace(asked: readonly Asked[]): DataPath | undefined {
    for (const one of asked) {
      const owner = one.owners[0]?.[0];
      const place = owner === undefined ? undefined : this.#placeOf(owner, one);
      const [key] = one.field.gives;
      if (place !== undefined && key !== undefined) return [...place, key];
    }
    return undefined;
  }

  #placeOf(owner: DataObject, { path }: Asked): DataPath | undefined {
    for (const one of path) {
      const place = findObject(this.data, one, this.#inPlace(owner));
      if (place !== undefined) return place;
    }
    return undefined;
  }

  #addMalformed(subgraph: string, asked: Asked): void {
    const { log, context } = this.#options;
    const error = new GatewayError('SUBREQUEST_MALFORMED_RESPONSE');
    const reason = `_entities is not a list of ${asked.representations.length} objects or nulls`;
    log.warn({ requestId: context.requestId, subgraph, code: error.code, reason }, 'subgraph request failed');
    this.failures.push({
      message: error.message,
      extensions: this.#extensions(error.code, subgraph),
      path: this.#firstPlace([asked]),
      covers: asked.path.flatMap((one) => asked.field.gives.map((key) => [...one, key])),
    });
  }

  /** An error that does not say where it happened may be why any of the nulls that came with it is one. */
  #suspectNulls(asked: readonly Asked[]): void {
    for (const { field, owners } of asked) {
      for (const list of owners) {
        for (const owner of list) for (const key of field.gives) this.#failedNulls.add(this.#inPlace(owner), [key]);
      }
    }
  }

  /**
   * An error inside `_entities` stands at an index that means nothing to the client: at the entity's own place instead.
   *
   * @returns whether it said where it happened
   */
  #addEntityError(
    subgraph: string,
    error: SubgraphError,
    asked: readonly Asked[],
    covers: readonly (readonly string[])[],
    data: unknown,
  ): boolean {
    const [key, index, ...rest] = error.path ?? [];
    const one = asked.find(({ field }) => field.key === key);
    const owner = typeof index === 'number' ? one?.owners[index]?.[0] : undefined;
    if (one === undefined || owner === undefined) {
      const narrowed =
        one === undefined ? covers : one.path.flatMap((path) => one.field.gives.map((given) => [...path, given]));
      this.#addError(subgraph, error, this.#firstPlace(one === undefined ? asked : [one]), narrowed);
      return false;
    }
    for (const each of one.owners[index as number] ?? []) this.#failedNulls.add(this.#inPlace(each), rest);
    const place = this.#placeOf(owner, one);
    const entities = isDataObject(data) ? data[one.field.key] : undefined;
    const isThere = Array.isArray(entities) && isDataObject(entities[index as number]);
    // Without the entity none of its fields is there, not only the one that failed.
    const tails = isThere
      ? [rest.map((step) => (typeof step === 'number' ? '@' : step))]
      : one.field.gives.map((given) => [given]);
    const places = one.path.flatMap((path) => tails.map((tail) => [...path, ...tail]));
    this.#addError(subgraph, error, place === undefined ? undefined : [...place, ...rest], places);
    return true;
  }

  #extensions(code: ErrorCode, service: string): Failure['extensions'] {
    return this.#options.errorPolicy.serviceName ? { code, service } : { code };
  }

  #addError(
    subgraph: string,
    error: SubgraphError,
    path: DataPath | undefined,
    covers?: readonly (readonly string[])[],
  ): void {
    const { clients, context, log, errorPolicy } = this.#options;
    const client = clients.get(subgraph);
    if (client === undefined) return;
    log.warn(
      { requestId: context.requestId, subgraph, path: error.path, extensions: error.extensions, reason: error.message },
      'subgraph error',
    );
    const { message, extensions } = maskSubgraphError(errorPolicy, client, error);
    const pattern = path?.map((step) => (typeof step === 'number' ? '@' : step));
    this.failures.push({
      message,
      extensions,
      path,
      covers: covers ?? (pattern === undefined ? [] : [pattern]),
    });
  }
}

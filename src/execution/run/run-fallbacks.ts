/**
 * Puts declared fallback values (`@fallback`) where a fetch has failed, at the end of a run: no other fetch is sent one as if it had
 * been read. What a caller is refused stays an error, and what a subgraph answers without an error stays as it is.
 */
import { isErrorCode } from '../../errors/index.ts';
import { cloneJson } from '../../lib/index.ts';
import type { SubgraphError, SubgraphNote } from '../../transport/index.ts';
import type { FallbackField, FallbackSelection } from '../compile/compile-fallbacks.ts';
import type { CompiledEntityFetch, CompiledPlan, CompiledRootFetch } from '../compile/compile-plan.ts';
import { type DataObject, type DataPath, isDataObject, isOfType, type TypeMemberships } from '../data/data.ts';
import { walkPath } from '../data/find-places.ts';
import { FailedNulls } from './failed-nulls.ts';
import { covers, type Failure } from './failure.ts';
import type { RunData } from './run-data.ts';

type Fetch = CompiledRootFetch | CompiledEntityFetch;

/** Codes of errors that are the caller’s, or that say what the caller may not have. */
const refusals: ReadonlySet<string> = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'UNAUTHORIZED_FIELD_OR_TYPE',
  'BAD_USER_INPUT',
  'GRAPHQL_VALIDATION_FAILED',
  'RATE_LIMITED',
  'SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE',
  'AI_INPUT_BLOCKED',
]);

/** Places that are marked; further ones tell a client nothing more. */
const maxNotes = 1_000;

export interface RunFallbacksOptions {
  readonly values: ReadonlyMap<string, unknown>;
  readonly plan: CompiledPlan;
  readonly types: TypeMemberships;
  readonly data: RunData;
}

export class RunFallbacks {
  readonly #options: RunFallbacksOptions;
  /** Fetches that failed as a whole, with the code. */
  readonly #failed = new Map<Fetch, string>();
  readonly #refusedFetches = new Set<Fetch>();
  readonly #fetchOf = new Map<Failure, Fetch>();
  /** Entities that are null because of an error in them, with its code. */
  readonly #failedEntities = new Map<DataObject, string>();
  readonly #refusedEntities = new Set<DataObject>();
  readonly #refused = new FailedNulls();
  /** By object and key, with the code of the failure. */
  readonly #filled = new Map<DataObject, Map<string, string>>();
  readonly notes: SubgraphNote[] = [];

  constructor(options: RunFallbacksOptions) {
    this.#options = options;
  }

  /** A fetch that has no answer. @param error that a subgraph answered instead */
  addFetch(fetch: Fetch, failure: Failure, error?: SubgraphError): void {
    const { code } = failure.extensions;
    if (isRefusal(code) || (error !== undefined && isRefused(error))) {
      this.#refusedFetches.add(fetch);
      return;
    }
    this.#failed.set(fetch, typeof code === 'string' && isErrorCode(code) ? code : 'DOWNSTREAM_SERVICE_ERROR');
    this.#fetchOf.set(failure, fetch);
  }

  /** An error at a path of an object. */
  addError(error: SubgraphError, object: DataObject, path: DataPath): void {
    if (isRefused(error)) this.#refused.add(object, path);
  }

  /** An entity that is null because of an error. */
  addEntity(error: SubgraphError, owner: DataObject): void {
    if (isRefused(error)) this.#refusedEntities.add(owner);
    else this.#failedEntities.set(owner, error.cause?.code ?? 'DOWNSTREAM_SERVICE_ERROR');
  }

  /**
   * Whether a field of a fetch’s entities has a declared value.
   *
   * @param list the key of the list of entities
   */
  isDeclared(fetch: Fetch, list: string, key: string | number | undefined): boolean {
    const fields = fetch.fallbacks?.get(list) ?? [];
    return fields.some((field) => field.key === key && this.#options.values.has(`${field.on}.${field.name}`));
  }

  /** @param unfilled places that are empty because what their fetch requires is missing */
  fill(unfilled: readonly (readonly string[])[]): void {
    const { data } = this.#options;
    for (const [owner, code] of [...this.#failedEntities]) this.#failedEntities.set(data.inPlace(owner), code);
    for (const owner of [...this.#refusedEntities]) this.#refusedEntities.add(data.inPlace(owner));
    for (const fetch of this.#options.plan.fetches) {
      if (fetch.fallbacks === undefined) continue;
      for (const { path, selection, type } of placesOf(fetch))
        walkPath(data.root, path, (object, steps) => {
          this.#fillObject(object, steps, type, selection, { fetch, unfilled });
          return true;
        });
    }
  }

  /** Whether the value at a path is a fallback, or in one. */
  isFilled(path: DataPath): boolean {
    let value: unknown = this.#options.data.root;
    for (const step of path) {
      if (isDataObject(value) && typeof step === 'string') {
        if (this.#filled.get(value)?.has(step) === true) return true;
        value = value[step];
      } else if (Array.isArray(value) && typeof step === 'number') value = value[step];
      else return false;
    }
    return false;
  }

  /** The first place of each field that a failed fetch has left empty; undefined where no fallback could be in its places. */
  remainingOf(failure: Failure): readonly DataPath[] | undefined {
    const fetch = this.#fetchOf.get(failure);
    if (fetch?.fallbacks === undefined) return undefined;
    const places = new Map<string, DataPath>();
    const fields = fetch.kind === 'root' ? [{ paths: [fetch.path], gives: fetch.gives }] : fetch.fields;
    for (const { paths, gives } of fields)
      for (const path of paths)
        walkPath(this.#options.data.root, path, (object, steps) => {
          for (const key of gives) if (object[key] === undefined && !places.has(key)) places.set(key, [...steps, key]);
          return places.size < gives.length;
        });
    return [...places.values()];
  }

  #fillObject(
    object: DataObject,
    path: DataPath,
    type: string | undefined,
    selection: FallbackSelection,
    cause: { readonly fetch: Fetch; readonly unfilled: readonly (readonly string[])[] } | undefined,
  ): void {
    const { types } = this.#options;
    const name = typeof object.__typename === 'string' ? object.__typename : type;
    for (const field of selection) {
      if (name !== undefined && !isOfType(types, name, field.on)) continue;
      const value = object[field.key];
      const place = [...path, field.key];
      const code = this.#filled.get(object)?.get(field.key);
      if (code !== undefined) this.#note(place, code);
      else if (value === undefined || value === null) this.#fillField(object, place, name, field, cause);
      else this.#fillInner(value, place, field);
    }
  }

  #fillInner(value: unknown, path: DataPath, field: FallbackField): void {
    if (field.inner.length === 0) return;
    if (Array.isArray(value))
      for (const [index, item] of value.entries()) this.#fillInner(item, [...path, index], field);
    else if (isDataObject(value)) this.#fillObject(value, path, field.returns, field.inner, undefined);
  }

  #fillField(
    object: DataObject,
    place: DataPath,
    typeName: string | undefined,
    { key, name, on }: FallbackField,
    cause: { readonly fetch: Fetch; readonly unfilled: readonly (readonly string[])[] } | undefined,
  ): void {
    const { values, data } = this.#options;
    const coordinate = `${typeName ?? on}.${name}`;
    if (!values.has(coordinate)) return;
    const isNull = object[key] === null;
    const isFailed = isNull
      ? data.failedNulls.has(object, key) && !this.#refused.has(object, key)
      : cause !== undefined && this.#isMissing(object, place, cause);
    if (!isFailed) return;
    object[key] = cloneJson(values.get(coordinate));
    const code =
      (cause && this.#failed.get(cause.fetch)) ?? this.#failedEntities.get(object) ?? 'DOWNSTREAM_SERVICE_ERROR';
    this.#filled.set(object, (this.#filled.get(object) ?? new Map()).set(key, code));
    this.#note(place, code);
  }

  /** Whether a field that no answer has is missing because a fetch failed. */
  #isMissing(
    object: DataObject,
    place: DataPath,
    { fetch, unfilled }: { readonly fetch: Fetch; readonly unfilled: readonly (readonly string[])[] },
  ): boolean {
    if (this.#refusedEntities.has(object) || this.#refusedFetches.has(fetch)) return false;
    return this.#failed.has(fetch) || this.#failedEntities.has(object) || covers(unfilled, place);
  }

  #note(path: DataPath, code: string): void {
    if (this.notes.length < maxNotes)
      this.notes.push({ extension: 'degraded', path, value: { reason: 'fallback', code } });
  }
}

function isRefusal(code: unknown): boolean {
  return typeof code === 'string' && refusals.has(code);
}

function isRefused({ cause, extensions }: SubgraphError): boolean {
  return isRefusal(cause?.code ?? extensions?.code);
}

/** Where a fetch puts what it reads. */
function placesOf(fetch: Fetch) {
  const { fallbacks } = fetch;
  if (fetch.kind === 'root') {
    const type = fetch.operationType === 'mutation' ? 'Mutation' : 'Query';
    return [{ path: fetch.path, selection: fallbacks?.get('') ?? [], type }];
  }
  return fetch.fields.flatMap(({ key, paths }) =>
    paths.map((path) => ({ path, selection: fallbacks?.get(key) ?? [], type: undefined })),
  );
}

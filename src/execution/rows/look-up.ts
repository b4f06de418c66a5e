/** Looks up, by their keys, fields of objects that rules are decided by: one request for equal objects of a response. */
import type { GatewayError } from '../../errors/index.ts';
import type { SubgraphClient, SubgraphError, SubgraphRequest, SubgraphResponse } from '../../transport/index.ts';
import { type DataObject, type DataPath, isDataObject } from '../data/data.ts';
import type { RunFailures } from '../run/run-failures.ts';
import type { CompiledLookup } from './compile-rows.ts';
import type { Entities } from './row-filter.ts';

export interface LookUpOptions {
  readonly kind: SubgraphClient['kind'];
  readonly failures: RunFailures;
  /** Where the objects are in the operation's data. */
  readonly patterns: readonly (readonly string[])[];
  /** The error of a request for more entities than may be asked for. */
  readonly refusalOf: (representations: readonly string[]) => GatewayError | undefined;
  /** @returns undefined where the request failed, which is recorded */
  /** @param count how many entities are asked for */
  readonly send: (
    request: SubgraphRequest,
    count: number,
    path: DataPath | undefined,
  ) => Promise<SubgraphResponse | undefined>;
}

/** @returns the entities of the objects that were entityOf; an entity of which something failed is not */
export async function lookUpObjects(
  { subgraph, operation: query, queryJson, representation }: CompiledLookup,
  objects: readonly DataObject[],
  { kind, failures, patterns, refusalOf, send }: LookUpOptions,
): Promise<Entities> {
  const texts = new Map<string, DataObject[]>();
  for (const object of objects) {
    const text = representation.write(object);
    if (text === undefined) continue;
    const equal = texts.get(text);
    if (equal === undefined) texts.set(text, [object]);
    else equal.push(object);
  }
  const entityOf = new Map<DataObject, DataObject>();
  if (texts.size === 0) return entityOf;
  const representations = [...texts.keys()];
  const path = placeOf(patterns);
  const refusal = refusalOf(representations);
  if (refusal !== undefined) {
    failures.addRequest(subgraph, refusal, path, patterns);
    return entityOf;
  }
  const groups = [...texts.values()];
  const values = groups.map(([first]) => first && representation.build(first));
  const variables =
    kind === 'in-process'
      ? { variables: { representations: values } }
      : { representationsJson: representations, variablesJson: '{}' };
  const request: SubgraphRequest = { kind: 'query', query, queryJson, exponents: false, ...variables };
  const response = await send(request, representations.length, path);
  if (response === undefined) return entityOf;
  const { data, errors } = response;
  if (errors !== undefined) failures.addLookupErrors(subgraph, errors, path, patterns);
  const entities = isDataObject(data) ? data._entities : undefined;
  if (!Array.isArray(entities) || entities.length !== groups.length) {
    if (errors === undefined) failures.addNoData(subgraph, path, patterns);
    return entityOf;
  }
  const isDoubtful = doubtfulIndexes(errors);
  for (const [index, equal] of groups.entries()) {
    const entity: unknown = entities[index];
    if (isDataObject(entity) && !isDoubtful(index)) for (const object of equal) entityOf.set(object, entity);
  }
  return entityOf;
}

/** The field that the objects, or the lists with them, are below. */
function placeOf([pattern]: readonly (readonly string[])[]): DataPath | undefined {
  const items = pattern?.indexOf('@') ?? -1;
  return items === -1 ? pattern : pattern?.slice(0, items);
}

/** An error without the index of an entity may be about each of them. */
function doubtfulIndexes(errors: readonly SubgraphError[] | undefined): (index: number) => boolean {
  if (errors === undefined) return () => false;
  const indexes = new Set(errors.map(({ path }) => path?.[1]));
  return (index) => indexes.has(index) || indexes.has(undefined);
}

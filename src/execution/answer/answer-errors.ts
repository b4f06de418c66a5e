/**
 * The errors of an answer: failures of the run at the client's paths, and values that do not fit their types. A null that
 * a failure explains is no error of its own.
 */
import type { GraphQLFormattedError } from 'graphql';
import { errorTable } from '../../errors/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { DataPath } from '../data/data.ts';
import { covers, type Failure } from '../run/failure.ts';
import type { RunResult } from '../run/run-plan.ts';
import type { Violation } from '../shape/answer-writer.ts';
import { clientPaths } from '../shape/client-path.ts';
import type { OperationShape } from '../shape/compile-shape.ts';
import { inAnswerOrder } from './in-answer-order.ts';

export interface AnswerErrorsOptions {
  readonly shape: OperationShape;
  readonly result: RunResult;
  readonly violations: readonly Violation[];
  readonly log: Logger;
  readonly requestId: string;
  /** The subgraph to name with a value that does not fit its type. */
  readonly sourceOf: (path: DataPath) => string | undefined;
}

/** Errors of failures; further ones tell a client nothing more. */
const maxErrors = 1_000;

/** Aliases of one field that each get the field's error. */
export const maxAliases = 100;

/** @returns each error once, in the order of the answer */
export function answerErrors(options: AnswerErrorsOptions): readonly GraphQLFormattedError[] {
  const errors = [...failureErrors(options), ...violationErrors(options)];
  const distinct = [...new Map(errors.map((error) => [JSON.stringify(error), error])).values()];
  return inAnswerOrder(distinct, options.shape.root);
}

function failureErrors({ shape, result }: AnswerErrorsOptions): readonly GraphQLFormattedError[] {
  const errors: GraphQLFormattedError[] = [];
  for (const failure of result.failures) {
    const { message, extensions } = failure;
    const remaining = result.remainingOf(failure);
    if (failure.path === undefined && remaining === undefined) errors.push({ message, extensions: { ...extensions } });
    for (const dataPath of remaining === undefined ? pathsOf(failure) : remainingPath(shape, result, remaining)) {
      if (errors.length >= maxErrors) break;
      if (result.isFallback(dataPath)) continue;
      for (const path of errorPaths(shape, result, dataPath))
        errors.push({ message, path, extensions: { ...extensions } });
    }
  }
  return errors;
}

function pathsOf({ path, further = [] }: Failure): readonly DataPath[] {
  return path === undefined ? [] : [path, ...further];
}

/** Of the places that a failure has left empty beside its fallbacks, the first that the client selects, or that is empty for it. */
function remainingPath(shape: OperationShape, result: RunResult, places: readonly DataPath[]): readonly DataPath[] {
  const place =
    places.find((path) => isSelected(shape, result, path)) ??
    places.find((path) => emptyPlaces(shape, result, path).length > 0);
  return place === undefined ? [] : [place];
}

/** One error for each field of the operation, at its first place: the items of a list share their cause. */
function violationErrors(options: AnswerErrorsOptions): readonly GraphQLFormattedError[] {
  const { result, violations, log, requestId, sourceOf } = options;
  const { failures } = result;
  const errors: GraphQLFormattedError[] = [];
  const reported = new Set<string>();
  for (const { responsePath, dataPath, refusal } of violations) {
    if (refusal !== undefined) {
      const place = responsePath.length === 0 ? {} : { path: responsePath };
      errors.push({ message: refusal.message, ...place, extensions: { code: refusal.code } });
      continue;
    }
    const field = responsePath.map((step) => (typeof step === 'number' ? '@' : step)).join('.');
    if (reported.has(field)) continue;
    if (failures.some((failure) => covers(failure.covers, dataPath))) continue;
    if (failures.length > 0 && covers(result.unfilled(), dataPath)) continue;
    reported.add(field);
    const service = sourceOf(dataPath);
    log.warn(
      { requestId, path: dataPath, subgraph: service },
      'a subgraph returned a value that its type does not allow',
    );
    errors.push({
      message: errorTable.SUBREQUEST_MALFORMED_RESPONSE.client,
      path: responsePath,
      extensions: { code: 'SUBREQUEST_MALFORMED_RESPONSE', ...(service === undefined ? {} : { service }) },
    });
  }
  return errors;
}

/**
 * The client's paths of a failure: one for each alias of the field. A field that only the plan requests has none: its
 * failure gets the path of the field that it left empty, where there is one; none where such fields have fallbacks.
 */
function errorPaths(shape: OperationShape, result: RunResult, path: DataPath): readonly (string | number)[][] {
  const paths = clientPaths(shape.root, result.data, path, maxAliases);
  if (paths[0]?.length === path.length) return paths;
  const empty = emptyPlaces(shape, result, path);
  if (empty.length === 0) return paths.slice(0, 1);
  const place = empty.find((each) => !result.isFallback(each));
  return place === undefined ? [] : clientPaths(shape.root, result.data, place, maxAliases);
}

/** The fields that the client selects, and that are empty because what is at the path is missing. */
function emptyPlaces(shape: OperationShape, result: RunResult, path: DataPath): readonly DataPath[] {
  return result.unfilled().flatMap((place) => {
    const owner = place.slice(0, -1);
    const leadsThere = owner.every((step, index) => step === (typeof path[index] === 'number' ? '@' : path[index]));
    if (!leadsThere || owner.length >= path.length) return [];
    const empty = [...path.slice(0, owner.length), place.at(-1) as string];
    return isSelected(shape, result, empty) ? [empty] : [];
  });
}

function isSelected({ root }: OperationShape, { data }: RunResult, path: DataPath): boolean {
  return clientPaths(root, data, path, 1)[0]?.length === path.length;
}

/**
 * The errors and notes of a response whose denied objects are about to be left out: those inside one go with it, and those
 * behind one in its list move up. Where an object is denied because a field of it failed, the error stays, at the place that
 * the object is gone from: the client is told that something is missing, and why.
 */
import type { SubgraphResponse } from '../../transport/index.ts';
import { type DataObject, isDataObject } from '../data/data.ts';
import type { DeniedObjects } from './leave-out.ts';

type Path = readonly (string | number)[];

/** @param unknown the denied objects of which a field is not known */
export function withoutDenied(
  response: SubgraphResponse,
  data: DataObject,
  denied: DeniedObjects,
  unknown: ReadonlySet<DataObject>,
): SubgraphResponse {
  const { errors, notes } = response;
  if (errors === undefined && notes === undefined) return response;
  const indexes = new Map<readonly unknown[], readonly number[]>();
  return {
    ...response,
    ...(errors === undefined
      ? {}
      : {
          errors: errors.flatMap((error) => {
            if (error.path === undefined) return [error];
            const { path, gone } = translate(error.path);
            return gone === undefined || unknown.has(gone) ? [{ ...error, path }] : [];
          }),
        }),
    ...(notes === undefined
      ? {}
      : {
          notes: notes.flatMap((note) => {
            const { path, gone } = translate(note.path);
            return gone === undefined ? [{ ...note, path }] : [];
          }),
        }),
  };

  /** @returns the path as far as it will lead, and the denied object in which it ends */
  function translate(path: Path): { readonly path: Path; readonly gone?: DataObject } {
    const translated: (string | number)[] = [];
    let value: unknown = data;
    for (const step of path) {
      const inner: unknown = Array.isArray(value)
        ? value[step as number]
        : isDataObject(value)
          ? value[step]
          : undefined;
      const how = isDataObject(inner) ? denied.get(inner) : undefined;
      if (how !== undefined) {
        const place = typeof step === 'number' && how === 'drop' ? translated : [...translated, indexOf(value, step)];
        return { path: place, gone: inner as DataObject };
      }
      translated.push(indexOf(value, step));
      value = inner;
    }
    return { path: translated };
  }

  function indexOf(list: unknown, step: string | number): string | number {
    if (typeof step !== 'number' || !Array.isArray(list)) return step;
    let after = indexes.get(list);
    if (after === undefined) {
      let remaining = 0;
      after = list.map((item) => (isDataObject(item) && denied.get(item) === 'drop' ? remaining : remaining++));
      indexes.set(list, after);
    }
    return after[step] ?? step;
  }
}

import type { EntityFetch, EntityField, OperationPlan, RequiredSelection, RootFetch } from '../planning/index.ts';
import { compileRepresentation, type WriteRepresentation } from './compile-representation.ts';
import type { TypeMemberships } from './data.ts';

/** A plan with its representations compiled; made once per plan, shared by all requests that run it. */
export interface CompiledPlan {
  readonly fetches: readonly (RootFetch | CompiledEntityFetch)[];
  /** Whether a value depends on where an entity stands (@fromContext), so that places may not share one. */
  readonly placeMatters: boolean;
}

export interface CompiledEntityFetch extends Omit<EntityFetch, 'fields'> {
  readonly fields: readonly CompiledEntityField[];
}

export interface CompiledEntityField extends Omit<EntityField, 'targets'> {
  readonly targets: readonly {
    readonly path: readonly string[];
    /** The path as text, for finding out that it has been walked. */
    readonly pathKey: string;
    readonly exact: boolean;
    readonly requires: readonly RequiredSelection[];
    readonly write: WriteRepresentation;
  }[];
}

export function compilePlan(types: TypeMemberships, plan: OperationPlan): CompiledPlan {
  return {
    placeMatters: plan.fetches.some((fetch) => fetch.kind === 'entities' && fetch.context.length > 0),
    fetches: plan.fetches.map((fetch) =>
      fetch.kind === 'root'
        ? fetch
        : {
            ...fetch,
            fields: fetch.fields.map((field) => ({
              ...field,
              targets: field.targets.map(({ path, requires, inputRewrites, exact }) => ({
                path,
                pathKey: path.join('.'),
                exact,
                requires,
                write: compileRepresentation(types, requires, inputRewrites),
              })),
            })),
          },
    ),
  };
}

/** Input and result of composition. Plain data: it is sent to the composition worker and back. */

import type { CacheRules, EntityTypes } from '../cache/tags/index.ts';
import type { Fallbacks } from './caching/read-fallbacks.ts';
import type { Constraints } from './constraints/constraint.ts';
import type { HiddenElements } from './contracts/hidden-elements.ts';
import type { CostTypes } from './costs/cost-types.ts';
import type { AccessRules } from './directives/read-access-rules.ts';
import type { FieldRates } from './directives/read-field-rates.ts';
import type { FieldSources } from './read-field-sources.ts';
import type { RowTable } from './rows/row-table.ts';

export interface SubgraphSource {
  readonly name: string;
  /** The routing URL; empty for in-process subgraphs. */
  readonly url: string;
  readonly sdl: string;
  /** Where the SDL came from, as printed in problems: a relative file name or a URL. */
  readonly origin: string;
}

export interface ProblemPlace {
  readonly subgraph: string;
  readonly origin: string;
  /** Counted from 1; undefined for a problem of the whole subgraph. */
  readonly line: number | undefined;
}

export interface CompositionProblem {
  readonly severity: 'error' | 'hint';
  /** Apollo's composition code, or one of ours (`AI_…`). */
  readonly code: string;
  readonly message: string;
  readonly places: readonly ProblemPlace[];
  /** A sentence that says how to fix it. */
  readonly suggestedFix: string;
}

export interface Composition {
  readonly supergraphSdl: string;
  /** The schema clients see: the supergraph without federation's directives and types and without inaccessible elements. */
  readonly apiSdl: string;
  /** The same SDL in pieces of whole definitions, so that it can be built without blocking the event loop (build-api-schema.ts). */
  readonly apiPieces: readonly string[];
  /** Which types an object type or interface also is: itself, its interfaces and its unions. */
  readonly memberships: ReadonlyMap<string, ReadonlySet<string>>;
  /** The fields, as `Type.field`, that are nullable here and non-null in some subgraph. */
  readonly strictFields: ReadonlySet<string>;
  /** Who may read what: the rules of `@authenticated`, `@requiresScopes`, `@policy` and `@mask`. */
  readonly accessRules: AccessRules;
  /** What the values of AI fields are made from. */
  readonly fieldSources: FieldSources;
  /** What operations are priced by. */
  readonly costTypes: CostTypes;
  /** How often callers may read which fields: `@rateLimit`. */
  readonly fieldRates: FieldRates;
  /** What values arguments may have: the rules of `@constraint`. */
  readonly constraints: Constraints;
  /** Which objects are left out by their data: the rules of `@rows`. */
  readonly rows: RowTable;
  /** The entity types with the keys that they have in any subgraph. */
  readonly entityTypes: EntityTypes;
  /** By subgraph: what its cached answers are tagged with. */
  readonly cacheRules: ReadonlyMap<string, CacheRules>;
  /** The values of `@fallback`. */
  readonly fallbacks: Fallbacks;
  /** What each contract hides of the API schema, by the contract's name. */
  readonly contracts: ReadonlyMap<string, HiddenElements>;
  readonly hints: readonly CompositionProblem[];
}

export type CompositionOutcome =
  | ({ readonly kind: 'composed' } & Composition)
  | { readonly kind: 'failed'; readonly problems: readonly CompositionProblem[] };

/** Refuses a supergraph, with every problem found. */
export class CompositionError extends Error {
  override readonly name = 'CompositionError';
  readonly problems: readonly CompositionProblem[];

  constructor(problems: readonly CompositionProblem[]) {
    super(formatProblems(problems));
    this.problems = problems;
  }
}

/** The problems as an operator reads them: code and places first, then what is wrong, then how to fix it. */
export function formatProblems(problems: readonly CompositionProblem[]): string {
  return problems
    .map(({ severity, code, message, places, suggestedFix }) => {
      const where = places
        .map(({ subgraph, origin, line }) => `${subgraph} (${line === undefined ? origin : `${origin}:${line}`})`)
        .join(', ');
      return `${severity} ${code}${where === '' ? '' : ` in ${where}`}\n  ${message.replaceAll('\n', '\n  ')}\n  suggested fix: ${suggestedFix}`;
    })
    .join('\n');
}

/** The same problems as fields of log lines, for programs that read the log. */
export function problemFields(problems: readonly CompositionProblem[]): readonly Readonly<Record<string, unknown>>[] {
  return problems.flatMap(({ severity, code, message, places, suggestedFix }) => {
    const problem = { severity, code, message, suggestedFix };
    if (places.length === 0) return [problem];
    return places.map(({ subgraph, origin, line }) => ({ ...problem, subgraph, file: origin, line }));
  });
}

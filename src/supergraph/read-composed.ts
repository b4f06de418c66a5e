/** Everything a generation needs of a supergraph, and whether all of it can be enforced as it is written. */
import { errorCauses, printSchema, Supergraph } from '@apollo/federation-internals';
import { type DocumentNode, parse } from 'graphql';
import { checkCacheDirectives } from './caching/check-cache-directives.ts';
import { readCacheRules } from './caching/read-cache-rules.ts';
import { readEntityTypes } from './caching/read-entity-types.ts';
import { checkFallbacks, readFallbacks } from './caching/read-fallbacks.ts';
import type { CompositionOutcome, CompositionProblem, SubgraphSource } from './composition.ts';
import {
  contractProblem,
  declaredProblem,
  placesInMessage,
  type Service,
  unenforcedProblem,
} from './composition-problems.ts';
import { checkConstraints } from './constraints/check-constraints.ts';
import { mergeDeclarations, readDeclarations } from './constraints/read-constraints.ts';
import { type ContractFilter, composeContracts } from './contracts/compose-contracts.ts';
import type { NestedListSizes } from './costs/nested-list-sizes.ts';
import { readCostTypes } from './costs/read-cost-types.ts';
import { checkFieldRates } from './directives/check-field-rates.ts';
import { checkMasks } from './directives/check-masks.ts';
import { checkOwnLinks } from './directives/check-own-links.ts';
import { readAccessRules, unenforcedFeatures } from './directives/read-access-rules.ts';
import { readFieldRates } from './directives/read-field-rates.ts';
import { readFieldSources } from './read-field-sources.ts';
import { readMemberships } from './read-memberships.ts';
import { readStrictFields } from './read-strict-fields.ts';
import { checkRows } from './rows/check-rows.ts';
import { readRowRules } from './rows/read-row-rules.ts';

export interface ComposedSupergraph {
  readonly supergraphSdl: string;
  /** The same, parsed. */
  readonly supergraph: DocumentNode;
  readonly apiSdl: string;
  readonly sources: readonly SubgraphSource[];
  /** The documents of the subgraphs, as they were composed. */
  readonly services: readonly Service[];
  /** The `@listSize`s that the supergraph does not have. */
  readonly listSizes: NestedListSizes;
  /** The documents whose `@link`s say what has to be enforced. */
  readonly linking: readonly Service[];
  readonly filters: readonly ContractFilter[];
  readonly hints: readonly CompositionProblem[];
}

export function readComposed({
  supergraphSdl,
  supergraph,
  apiSdl,
  sources,
  services,
  listSizes,
  linking,
  filters,
  hints,
}: ComposedSupergraph): CompositionOutcome {
  const unenforced = unenforcedFeatures(supergraph);
  if (unenforced.length > 0) return { kind: 'failed', problems: unenforced.map(unenforcedProblem) };
  const { rows, problems: rowProblems } = checkRows(supergraph, readRowRules(supergraph));
  const refused = [
    ...checkOwnLinks(linking),
    ...checkMasks(supergraph, services),
    ...rowProblems,
    ...checkFieldRates(supergraph),
  ];
  if (refused.length > 0) {
    return {
      kind: 'failed',
      problems: refused.map(({ coordinate, ...problem }) => ({
        severity: 'error',
        ...problem,
        places: placesInMessage(coordinate === undefined ? problem.message : `"${coordinate}"`, sources, services),
      })),
    };
  }
  const declarations = readDeclarations(services);
  const constraints = mergeDeclarations(declarations, supergraph);
  const wrong = [
    ...checkConstraints(declarations, constraints, supergraph),
    ...checkCacheDirectives(services),
    ...checkFallbacks(services),
  ];
  if (wrong.length > 0) return { kind: 'failed', problems: wrong.map((problem) => declaredProblem(problem, sources)) };
  const contracts = composeContracts(supergraph, apiSdl, filters, apiSdlOf);
  if (contracts.problems.length > 0) {
    return {
      kind: 'failed',
      problems: contracts.problems.map((problem) => contractProblem(problem, sources, services)),
    };
  }
  return {
    kind: 'composed',
    supergraphSdl,
    apiSdl,
    apiPieces: cutBetweenDefinitions(apiSdl),
    memberships: readMemberships(supergraph),
    strictFields: readStrictFields(supergraph),
    accessRules: readAccessRules(supergraph),
    fieldSources: readFieldSources(supergraph),
    costTypes: readCostTypes(supergraph, listSizes),
    fieldRates: readFieldRates(supergraph),
    constraints,
    rows,
    entityTypes: readEntityTypes(supergraph),
    cacheRules: readCacheRules(services),
    fallbacks: readFallbacks(services),
    contracts: contracts.hidden,
    hints,
  };
}

/** Apollo's validation of `@inaccessible` says what is wrong with a contract. */
function apiSdlOf(supergraph: DocumentNode): string | readonly Error[] {
  try {
    const { schema } = Supergraph.build(supergraph, { supportedFeatures: null, validateSupergraph: false });
    return printSchema(schema.toAPISchema());
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return errorCauses(error) ?? [error];
  }
}

/** A piece of this length takes a millisecond or two to parse. */
const pieceLength = 16_384;

function cutBetweenDefinitions(sdl: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const { loc } of parse(sdl).definitions) {
    if (loc === undefined || loc.end - from < pieceLength) continue;
    pieces.push(sdl.slice(from, loc.end));
    from = loc.end;
  }
  const remainder = sdl.slice(from);
  return remainder.trim() === '' ? pieces : [...pieces, remainder];
}

/**
 * Composes subgraphs into a supergraph with Apollo's composition; the only file that imports it. It runs in the
 * composition worker (80 to 290 ms for the five sample subgraphs), never on the thread that serves requests.
 */
import { composeServices } from '@apollo/composition';
import { errorCauses, printSchema, Supergraph } from '@apollo/federation-internals';
import { type DocumentNode, GraphQLError, parse, Source } from 'graphql';
import { messageOf } from '../errors/index.ts';
import { checkCacheDirectives } from './caching/check-cache-directives.ts';
import { readCacheRules } from './caching/read-cache-rules.ts';
import { readEntityTypes } from './caching/read-entity-types.ts';
import { checkFallbacks, readFallbacks } from './caching/read-fallbacks.ts';
import type { CompositionOutcome, CompositionProblem, SubgraphSource } from './composition.ts';
import {
  contractProblem,
  declaredProblem,
  errorProblem,
  listSizeProblem,
  placesInMessage,
  placesOf,
  type Service,
  unenforcedProblem,
} from './composition-problems.ts';
import { checkConstraints } from './constraints/check-constraints.ts';
import { mergeDeclarations, readDeclarations } from './constraints/read-constraints.ts';
import { type ContractFilter, composeContracts } from './contracts/compose-contracts.ts';
import { type ListSizeProblem, type NestedListSizes, withoutNestedListSizes } from './costs/nested-list-sizes.ts';
import { readCostTypes } from './costs/read-cost-types.ts';
import { checkFieldRates } from './directives/check-field-rates.ts';
import { checkMasks } from './directives/check-masks.ts';
import { checkOwnLinks } from './directives/check-own-links.ts';
import { linkOwnDirectives } from './directives/own-directives.ts';
import { readAccessRules, unenforcedFeatures } from './directives/read-access-rules.ts';
import { readFieldRates } from './directives/read-field-rates.ts';
import { withOneOf, withoutOneOf } from './one-of-inputs.ts';
import { readFieldSources } from './read-field-sources.ts';
import { readMemberships } from './read-memberships.ts';
import { readStrictFields } from './read-strict-fields.ts';
import { withStandardRoots } from './root-types.ts';
import { checkRows } from './rows/check-rows.ts';
import { readRowRules } from './rows/read-row-rules.ts';
import { subscriptionHints } from './subscription-hints.ts';
import { suggestedFixFor } from './suggested-fixes.ts';

export function composeSubgraphs(
  sources: readonly SubgraphSource[],
  filters: readonly ContractFilter[] = [],
): CompositionOutcome {
  const problems: CompositionProblem[] = [];
  const services: Service[] = [];
  const oneOfInputs = new Set<string>();
  const listSizes: NestedListSizes = new Map();
  for (const source of sources) {
    try {
      const document = parse(new Source(source.sdl, source.origin), { maxTokens: 1_000_000 });
      const linked = withStandardRoots(withoutOneOf(linkOwnDirectives(document), oneOfInputs));
      const wrongSizes: ListSizeProblem[] = [];
      services.push({
        name: source.name,
        url: source.url,
        typeDefs: withoutNestedListSizes(source.name, linked, listSizes, wrongSizes),
      });
      problems.push(...wrongSizes.map((problem) => listSizeProblem(problem, source)));
    } catch (error) {
      const line = error instanceof GraphQLError ? error.locations?.[0]?.line : undefined;
      problems.push({
        severity: 'error',
        code: 'INVALID_GRAPHQL',
        message: messageOf(error),
        places: [{ subgraph: source.name, origin: source.origin, line }],
        suggestedFix: suggestedFixFor('INVALID_GRAPHQL', undefined),
      });
    }
  }
  if (problems.length > 0) return { kind: 'failed', problems };

  const result = composeServices(services);
  if (result.errors !== undefined) {
    return { kind: 'failed', problems: result.errors.map((error) => errorProblem(error, sources, services)) };
  }
  const apiSdl = withOneOf(printSchema(result.schema.toAPISchema()), oneOfInputs);
  const supergraph = parse(result.supergraphSdl, { noLocation: true });
  const unenforced = unenforcedFeatures(supergraph);
  if (unenforced.length > 0) return { kind: 'failed', problems: unenforced.map(unenforcedProblem) };
  const { rows, problems: rowProblems } = checkRows(supergraph, readRowRules(supergraph));
  const refused = [
    ...checkOwnLinks(services),
    ...checkMasks(supergraph, services),
    ...rowProblems,
    ...checkFieldRates(supergraph),
  ];
  if (refused.length > 0) {
    const places = (message: string) => placesInMessage(message, sources, services);
    return {
      kind: 'failed',
      problems: refused.map((problem) => ({ severity: 'error', ...problem, places: places(problem.message) })),
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
    supergraphSdl: result.supergraphSdl,
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
    hints: [
      ...result.hints.map((hint): CompositionProblem => {
        const code = hint.definition.code;
        return {
          severity: 'hint',
          code,
          message: hint.message,
          places: placesOf(hint.nodes ?? [], sources),
          suggestedFix: suggestedFixFor(code, hint.definition.description),
        };
      }),
      ...services.flatMap(({ name, typeDefs }) =>
        sources.filter((source) => source.name === name).flatMap((source) => subscriptionHints(source, typeDefs)),
      ),
    ],
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

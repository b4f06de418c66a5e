/**
 * Composes subgraphs into a supergraph with Apollo's composition; the only file that imports it. It runs in the
 * composition worker (80 to 290 ms for the five sample subgraphs), never on the thread that serves requests.
 */
import { composeServices } from '@apollo/composition';
import { ERRORS, errorCauses, printSchema, Supergraph } from '@apollo/federation-internals';
import { type ASTNode, BREAK, type DocumentNode, GraphQLError, parse, Source, visit } from 'graphql';
import { messageOf } from '../errors/index.ts';
import { checkFieldRates } from './check-field-rates.ts';
import { checkMasks } from './check-masks.ts';
import { checkOwnLinks } from './check-own-links.ts';
import type { CompositionOutcome, CompositionProblem, ProblemPlace, SubgraphSource } from './composition.ts';
import { type ContractFilter, type ContractProblem, composeContracts } from './contracts/compose-contracts.ts';
import { type ListSizeProblem, type NestedListSizes, withoutNestedListSizes } from './costs/nested-list-sizes.ts';
import { readCostTypes } from './costs/read-cost-types.ts';
import { withOneOf, withoutOneOf } from './one-of-inputs.ts';
import { linkOwnDirectives } from './own-directives.ts';
import { readAccessRules, unenforcedFeatures } from './read-access-rules.ts';
import { readFieldRates } from './read-field-rates.ts';
import { readMemberships } from './read-memberships.ts';
import { readStrictFields } from './read-strict-fields.ts';
import { withStandardRoots } from './root-types.ts';
import { subscriptionHints } from './subscription-hints.ts';
import { suggestDirectiveFix } from './suggest-directive-fix.ts';
import { suggestedFixFor } from './suggested-fixes.ts';

interface Service {
  readonly name: string;
  readonly url: string;
  readonly typeDefs: DocumentNode;
}

type LocatedNode = ASTNode & { readonly subgraph?: string };

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
  const refused = [...checkOwnLinks(services), ...checkMasks(supergraph, services), ...checkFieldRates(supergraph)];
  if (refused.length > 0) {
    const places = (message: string) => placesInMessage(message, sources, services);
    return {
      kind: 'failed',
      problems: refused.map((problem) => ({ severity: 'error', ...problem, places: places(problem.message) })),
    };
  }
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
    costTypes: readCostTypes(supergraph, listSizes),
    fieldRates: readFieldRates(supergraph),
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

function contractProblem(
  { code, message }: ContractProblem,
  sources: readonly SubgraphSource[],
  services: readonly Service[],
): CompositionProblem {
  const places = code === 'CONTRACT_INVALID' ? placesInMessage(message, sources, services) : [];
  return { severity: 'error', code, message, places, suggestedFix: suggestedFixFor(code, undefined) };
}

function unenforcedProblem(url: string): CompositionProblem {
  return {
    severity: 'error',
    code: 'SECURITY_FEATURE_NOT_ENFORCED',
    message: `the supergraph links ${url} for SECURITY, and Isthmus does not enforce it`,
    places: [],
    suggestedFix: 'remove the @link, or link a version that Isthmus enforces',
  };
}

function listSizeProblem(
  { code, message, line }: ListSizeProblem,
  { name, origin }: SubgraphSource,
): CompositionProblem {
  const places = [{ subgraph: name, origin, line }];
  return { severity: 'error', code, message, places, suggestedFix: suggestedFixFor(code, undefined) };
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

function errorProblem(
  error: GraphQLError,
  sources: readonly SubgraphSource[],
  services: readonly Service[],
): CompositionProblem {
  const code = typeof error.extensions.code === 'string' ? error.extensions.code : 'INVALID_GRAPHQL';
  const places = placesOf(error.nodes ?? [], sources);
  return {
    severity: 'error',
    code,
    message: error.message,
    places: places.some(({ line }) => line !== undefined) ? places : placesInMessage(error.message, sources, services),
    suggestedFix:
      suggestDirectiveFix(error.message, documentOfMessage(error.message, services)) ??
      suggestedFixFor(code, descriptionOf(code)),
  };
}

/** Apollo's messages about one subgraph begin with its name: `[reviews] …`. */
function documentOfMessage(message: string, services: readonly Service[]): DocumentNode | undefined {
  const name = /^\[([^\]]+)\]/.exec(message)?.[1];
  return services.find((service) => service.name === name)?.typeDefs;
}

/**
 * Many of Apollo's errors carry no nodes but quote elements and subgraphs: `"Product.name"`, `"reviews"`. Their places
 * are where the quoted subgraphs (all, if none is quoted) define the first quoted element.
 */
function placesInMessage(
  message: string,
  sources: readonly SubgraphSource[],
  services: readonly Service[],
): readonly ProblemPlace[] {
  const quoted = [...message.matchAll(/"([^"]+)"|^\[([^\]]+)\]/g)].map((match) => match[1] ?? match[2] ?? '');
  const quotedSources = sources.filter((source) => quoted.includes(source.name));
  const coordinates = quoted.filter((text) => /^[A-Z_]\w*(\.\w+)?(\(|$)/i.test(text));
  const searched = quotedSources.length > 0 ? quotedSources : sources;
  for (const coordinate of coordinates) {
    const places = searched.flatMap(({ name, origin }): ProblemPlace[] => {
      const line = lineOf(coordinate, services.find((service) => service.name === name)?.typeDefs);
      return line === undefined ? [] : [{ subgraph: name, origin, line }];
    });
    if (places.length > 0) return places;
  }
  return quotedSources.map(({ name, origin }) => {
    const document = services.find((service) => service.name === name)?.typeDefs;
    return { subgraph: name, origin, line: document && lineOfDirective(message, document) };
  });
}

/** graphql-js's messages about a directive's arguments name no element: the line of the first such directive is used. */
function lineOfDirective(message: string, document: DocumentNode): number | undefined {
  const unknown = /argument "(?<argument>\w+)" on directive "@(?<name>\w+)"/.exec(message)?.groups;
  const missing = /[Dd]irective "@(?<name>\w+)" argument "(?<argument>\w+)" .* was not provided/.exec(message)?.groups;
  const mention = unknown ?? missing;
  if (mention === undefined) return undefined;
  let line: number | undefined;
  visit(document, {
    Directive(node) {
      if (node.name.value !== mention.name) return undefined;
      const hasArgument = node.arguments?.some(({ name }) => name.value === mention.argument) === true;
      if (hasArgument !== (mention === unknown)) return undefined;
      line = node.loc?.startToken.line;
      return BREAK;
    },
  });
  return line;
}

/** The line where a document defines `Type` or `Type.field`. */
function lineOf(coordinate: string, document: DocumentNode | undefined): number | undefined {
  const [typeName, fieldName] = coordinate.replace(/\(.*$/, '').split('.');
  for (const definition of document?.definitions ?? []) {
    if (!('name' in definition) || definition.name?.value !== typeName) continue;
    if (fieldName === undefined) return definition.name?.loc?.startToken.line;
    const members = 'fields' in definition ? definition.fields : 'values' in definition ? definition.values : [];
    const member = members?.find(({ name }) => name.value === fieldName);
    if (member !== undefined) return member.name.loc?.startToken.line;
  }
  return undefined;
}

function placesOf(nodes: readonly LocatedNode[], sources: readonly SubgraphSource[]): ProblemPlace[] {
  const places = new Map<string, ProblemPlace>();
  for (const node of nodes) {
    const source = sources.find(({ name }) => name === node.subgraph);
    if (source === undefined) continue;
    // The first node is the most specific; the following nodes of the same subgraph are its parents.
    if (places.has(source.name)) continue;
    places.set(source.name, { subgraph: source.name, origin: source.origin, line: node.loc?.startToken.line });
  }
  return [...places.values()];
}

function descriptionOf(code: string): string | undefined {
  const errors: Readonly<Record<string, { readonly description: string }>> = ERRORS;
  return Object.hasOwn(errors, code) ? errors[code]?.description : undefined;
}

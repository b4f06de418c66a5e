/** Problems of composition, Apollo's and our own, with their places in the sources and how to mend them. */
import { ERRORS } from '@apollo/federation-internals';
import { type ASTNode, BREAK, type DocumentNode, type GraphQLError, Kind, visit } from 'graphql';
import type { CacheProblem } from './caching/check-cache-directives.ts';
import type { CompositionProblem, ProblemPlace, SubgraphSource } from './composition.ts';
import type { ConstraintProblem } from './constraints/check-constraints.ts';
import type { ContractProblem } from './contracts/compose-contracts.ts';
import type { ListSizeProblem } from './costs/nested-list-sizes.ts';
import { suggestDirectiveFix } from './suggest-directive-fix.ts';
import { suggestGraphqlFix } from './suggest-graphql-fix.ts';
import { suggestedFixFor } from './suggested-fixes.ts';

/** A subgraph as it is composed. */
export interface Service {
  readonly name: string;
  readonly url: string;
  readonly typeDefs: DocumentNode;
}

type LocatedNode = ASTNode & { readonly subgraph?: string };

export function contractProblem(
  { code, message }: ContractProblem,
  sources: readonly SubgraphSource[],
  services: readonly Service[],
): CompositionProblem {
  const places = code === 'CONTRACT_INVALID' ? placesInMessage(message, sources, services) : [];
  return { severity: 'error', code, message, places, suggestedFix: suggestedFixFor(code, undefined) };
}

export function unenforcedProblem(url: string): CompositionProblem {
  return {
    severity: 'error',
    code: 'SECURITY_FEATURE_NOT_ENFORCED',
    message: `the supergraph links ${url} for SECURITY, and Isthmus does not enforce it`,
    places: [],
    suggestedFix: 'remove the @link, or link a version that Isthmus enforces',
  };
}

export function listSizeProblem(
  { code, message, line }: ListSizeProblem,
  { name, origin }: SubgraphSource,
): CompositionProblem {
  const places = [{ subgraph: name, origin, line }];
  return { severity: 'error', code, message, places, suggestedFix: suggestedFixFor(code, undefined) };
}

/** Of a directive in one subgraph, with its line. */
export function declaredProblem(
  { code, message, suggestedFix, subgraph, line }: ConstraintProblem | CacheProblem,
  sources: readonly SubgraphSource[],
): CompositionProblem {
  const origin = sources.find(({ name }) => name === subgraph)?.origin ?? subgraph;
  return { severity: 'error', code, message, places: [{ subgraph, origin, line }], suggestedFix };
}

/** @param occurrence how many errors before this one say the same: they name no place, so each is the next one in its subgraph */
export function errorProblem(
  error: GraphQLError,
  sources: readonly SubgraphSource[],
  services: readonly Service[],
  occurrence: number,
): CompositionProblem {
  const code = typeof error.extensions.code === 'string' ? error.extensions.code : 'INVALID_GRAPHQL';
  const places = placesOf(error.nodes ?? [], sources);
  return {
    severity: 'error',
    code,
    message: error.message,
    places: places.some(({ line }) => line !== undefined)
      ? places
      : placesInMessage(error.message, sources, services, occurrence),
    suggestedFix:
      suggestDirectiveFix(error.message, documentOfMessage(error.message, services)) ??
      (code === 'INVALID_GRAPHQL' ? suggestGraphqlFix(error.message) : undefined) ??
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
export function placesInMessage(
  message: string,
  sources: readonly SubgraphSource[],
  services: readonly Service[],
  occurrence = 0,
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
    return { subgraph: name, origin, line: document && lineOfDirective(message, document, occurrence) };
  });
}

/** graphql-js's messages about a directive and its arguments name no element: the line of the first such directive is used, or of a later one. */
function lineOfDirective(message: string, document: DocumentNode, occurrence: number): number | undefined {
  const unknown = /argument "(?<argument>\w+)" on directive "@(?<name>\w+)"/.exec(message)?.groups;
  const missing = /[Dd]irective "@(?<name>\w+)" argument "(?<argument>\w+)" .* was not provided/.exec(message)?.groups;
  const misplaced = /[Dd]irective "@(?<name>\w+)" may not be used on (?<location>\w+)/.exec(message)?.groups;
  const mention = unknown ?? missing ?? misplaced;
  if (mention === undefined) return undefined;
  let line: number | undefined;
  let passed = 0;
  visit(document, {
    Directive(node, _key, _parent, _path, ancestors) {
      if (node.name.value !== mention.name) return undefined;
      if (mention === misplaced) {
        const owners = ancestors.filter((ancestor): ancestor is ASTNode => 'kind' in ancestor);
        if (locationOf(owners) !== mention.location) return undefined;
      } else {
        const hasArgument = node.arguments?.some(({ name }) => name.value === mention.argument) === true;
        if (hasArgument !== (mention === unknown)) return undefined;
      }
      line = node.loc?.startToken.line;
      return passed++ === occurrence ? BREAK : undefined;
    },
  });
  return line;
}

/** What a directive stands on, as its definition names it. */
function locationOf(owners: readonly ASTNode[]): string | undefined {
  const kind = owners.at(-1)?.kind;
  switch (kind) {
    case Kind.FIELD_DEFINITION:
      return 'FIELD_DEFINITION';
    case Kind.INPUT_VALUE_DEFINITION:
      return owners.at(-2)?.kind.startsWith('InputObject') ? 'INPUT_FIELD_DEFINITION' : 'ARGUMENT_DEFINITION';
    case Kind.ENUM_VALUE_DEFINITION:
      return 'ENUM_VALUE';
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_EXTENSION:
      return 'INPUT_OBJECT';
    default:
      return kind?.replace(/(Type)?(Definition|Extension)$/, '').toUpperCase();
  }
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

export function placesOf(nodes: readonly LocatedNode[], sources: readonly SubgraphSource[]): ProblemPlace[] {
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

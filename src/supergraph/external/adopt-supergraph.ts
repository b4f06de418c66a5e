/**
 * Takes up a supergraph that another registry has composed: it is checked, its subgraphs are taken out of it, and it is read
 * as one that was composed here. Nothing is composed again: the graph is the one that its registry serves. This runs in the
 * composition worker.
 *
 * A supergraph of which something protects, and could not be enforced, is refused: SECURITY_FEATURE_NOT_ENFORCED.
 */
import { errorCauses, printSchema, Supergraph } from '@apollo/federation-internals';
import { type DocumentNode, parse, print } from 'graphql';
import { messageOf } from '../../errors/index.ts';
import type { CompositionOutcome, CompositionProblem, SubgraphSource } from '../composition.ts';
import type { Service } from '../composition-problems.ts';
import type { ContractFilter } from '../contracts/compose-contracts.ts';
import { withOneOf, withoutOneOf } from '../one-of-inputs.ts';
import { readComposed } from '../read-composed.ts';
import { suggestedFixFor } from '../suggested-fixes.ts';
import { annotateSubgraph } from './annotate-subgraph.ts';
import { checkProtections } from './check-protections.ts';
import { withLinks } from './with-links.ts';

export interface ExternalSupergraph {
  readonly sdl: string;
  /** Where it came from, as printed in problems. */
  readonly origin: string;
  /** By subgraph: the URLs that replace the supergraph's own. */
  readonly routingUrls: Readonly<Record<string, string>>;
}

type Failed = Extract<CompositionOutcome, { readonly kind: 'failed' }>;

export type AdoptionOutcome =
  | (Exclude<CompositionOutcome, Failed> & { readonly sources: readonly SubgraphSource[] })
  | Failed;

/** The code of a supergraph that is none. */
const invalid = 'SUPERGRAPH_INVALID';

export function adoptSupergraph(
  external: ExternalSupergraph,
  filters: readonly ContractFilter[] = [],
): AdoptionOutcome {
  try {
    return adopt(external, filters);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return failed((errorCauses(error) ?? [error]).map((cause) => problem(external, invalid, messageOf(cause))));
  }
}

function adopt(external: ExternalSupergraph, filters: readonly ContractFilter[]): AdoptionOutcome {
  const oneOfInputs = new Set<string>();
  // The planner does not know @oneOf.
  const document = withoutOneOf(parse(external.sdl, { noLocation: true, maxTokens: 5_000_000 }), oneOfInputs);
  const supergraph = withLinks(document);
  const unprotected = checkProtections(supergraph);
  if (supergraph !== document && filters.length > 0)
    unprotected.push({ code: 'CONTRACT_INVALID', message: 'contracts need a supergraph that uses @link by its name' });
  if (unprotected.length > 0) return failed(unprotected.map(({ code, message }) => problem(external, code, message)));
  const built = Supergraph.build(document, { supportedFeatures: null, validateSupergraph: true });
  const sources = sourcesOf(built, supergraph, external);
  const unreachable = sources.flatMap(({ name, url }) => reachProblems(external, name, url));
  if (unreachable.length > 0) return failed(unreachable);
  const outcome = readComposed({
    supergraphSdl: oneOfInputs.size === 0 ? external.sdl : print(document),
    supergraph,
    apiSdl: withOneOf(printSchema(built.apiSchema()), oneOfInputs),
    sources,
    services: sources.map(({ name, url, sdl }): Service => ({ name, url, typeDefs: parse(sdl) })),
    listSizes: new Map(),
    linking: [{ name: 'supergraph', url: '', typeDefs: supergraph }],
    filters,
    hints: [],
  });
  return outcome.kind === 'failed' ? outcome : { ...outcome, sources };
}

function sourcesOf(
  built: Supergraph,
  supergraph: DocumentNode,
  { origin, routingUrls }: ExternalSupergraph,
): readonly SubgraphSource[] {
  const graphs = built.subgraphNameToGraphEnumValue();
  return built
    .subgraphs()
    .values()
    .map((subgraph) => {
      const { name } = subgraph;
      return {
        name,
        url: (Object.hasOwn(routingUrls, name) ? routingUrls[name] : undefined) ?? subgraph.url,
        sdl: annotateSubgraph(subgraph.toString(), graphs.get(name), supergraph),
        origin,
      };
    });
}

/** What a request could not be sent to. */
function reachProblems(external: ExternalSupergraph, name: string, url: string): readonly CompositionProblem[] {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name))
    return [problem(external, invalid, `the subgraph "${name}" has a name that Isthmus does not serve`)];
  if (/^https?:\/\/\S+$/.test(url) && URL.canParse(url)) return [];
  return [
    problem(external, 'SUBGRAPH_URL_MISSING', `the supergraph has no http:// or https:// URL for "${name}"`, name),
  ];
}

function failed(problems: readonly CompositionProblem[]): Failed {
  return { kind: 'failed', problems };
}

function problem({ origin }: ExternalSupergraph, code: string, message: string, subgraph = 'supergraph') {
  const places = [{ subgraph, origin, line: undefined }];
  const severity = 'error' as const;
  return { severity, code, message, places, suggestedFix: suggestedFixFor(code, undefined) };
}

/**
 * Finds `@link`s that Apollo's composition throws on, or takes for none, before it validates them: imports that are no list; a
 * URL that is none, with which a subgraph would be taken for one of federation 1.
 */
import { type DocumentNode, Kind } from 'graphql';
import type { CompositionProblem, SubgraphSource } from '../composition.ts';
import { suggestedFixFor } from '../suggested-fixes.ts';
import { argumentOf, linksOf, stringArgument } from './links.ts';

export function checkLinks(document: DocumentNode, { name, origin }: SubgraphSource): readonly CompositionProblem[] {
  const problemOf = (code: string, message: string, line: number | undefined): CompositionProblem => ({
    severity: 'error',
    code,
    message: `[${name}] ${message}`,
    places: [{ subgraph: name, origin, line }],
    suggestedFix: suggestedFixFor(code, undefined),
  });
  return linksOf(document).flatMap((link) => {
    const problems: CompositionProblem[] = [];
    const url = stringArgument(link, 'url');
    if (url !== undefined && !URL.canParse(url))
      problems.push(
        problemOf('INVALID_LINK_IDENTIFIER', `@link(url: ${JSON.stringify(url)}) is no URL`, link.loc?.startToken.line),
      );
    const imports = argumentOf(link, 'import');
    if (imports !== undefined && imports.kind !== Kind.LIST && imports.kind !== Kind.NULL)
      problems.push(
        problemOf('INVALID_LINK_DIRECTIVE_USAGE', '@link(import:) is no list', imports.loc?.startToken.line),
      );
    return problems;
  });
}

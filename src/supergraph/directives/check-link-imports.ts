/** Finds `@link`s whose imports are no list, which Apollo's composition throws on: it reads them before it validates. */
import { type DocumentNode, Kind } from 'graphql';
import type { CompositionProblem, SubgraphSource } from '../composition.ts';
import { suggestedFixFor } from '../suggested-fixes.ts';
import { argumentOf, linksOf } from './links.ts';

export function checkLinkImports(
  document: DocumentNode,
  { name, origin }: SubgraphSource,
): readonly CompositionProblem[] {
  const code = 'INVALID_LINK_DIRECTIVE_USAGE';
  return linksOf(document).flatMap((link) => {
    const imports = argumentOf(link, 'import');
    if (imports === undefined || imports.kind === Kind.LIST || imports.kind === Kind.NULL) return [];
    const places = [{ subgraph: name, origin, line: imports.loc?.startToken.line }];
    const message = `[${name}] @link(import:) is no list`;
    return [{ severity: 'error', code, message, places, suggestedFix: suggestedFixFor(code, undefined) }];
  });
}

/**
 * What to do about a directive that a subgraph uses and does not have: most often its import is missing, and the fix is
 * the line to paste.
 */
import { type DocumentNode, Kind } from 'graphql';
import { nearestName } from '../lib/index.ts';
import {
  aiDirectiveDefinitions,
  aiLinkUrl,
  hasFederationLink,
  importedAiDirectives,
  linksAi,
} from './link-ai-directives.ts';

/** What a subgraph may import of federation 2. */
const federationDirectives = [
  'key',
  'external',
  'requires',
  'provides',
  'shareable',
  'override',
  'inaccessible',
  'tag',
  'extends',
  'interfaceObject',
  'composeDirective',
  'authenticated',
  'requiresScopes',
  'policy',
  'context',
  'fromContext',
  'cost',
  'listSize',
  'cacheTag',
];
const specified = ['deprecated', 'specifiedBy', 'include', 'skip', 'link'];
const federationUrl = 'https://specs.apollo.dev/federation/v2.12';

const pasted = (url: string, imports: readonly string[]): string =>
  `extend schema @link(url: "${url}", import: [${imports.map((one) => `"@${one}"`).join(', ')}])`;

/** @returns undefined for a message that is about something else */
export function suggestDirectiveFix(message: string, document: DocumentNode | undefined): string | undefined {
  const name = /Unknown directive "@(\w+)"/.exec(message)?.[1];
  if (name === undefined || document === undefined) return undefined;
  const ours = [...aiDirectiveDefinitions().keys()];
  if (ours.includes(name)) {
    if (!hasFederationLink(document)) {
      const line = pasted(federationUrl, usedOf(document, federationDirectives));
      return importedAiDirectives(document).has(name)
        ? `import federation too, as AI fields are composed by it; add: ${line}`
        : `import it, and federation; add: ${line} and ${pasted(aiLinkUrl, usedOf(document, ours))}`;
    }
    return linksAi(document)
      ? `add "@${name}" to the import of the link to ${aiLinkUrl}`
      : `import it; add: ${pasted(aiLinkUrl, usedOf(document, ours))}`;
  }
  if (federationDirectives.includes(name)) {
    return hasFederationLink(document)
      ? `add "@${name}" to the import of the link to federation`
      : `import it; add: ${pasted(federationUrl, usedOf(document, federationDirectives))}`;
  }
  const defined = document.definitions.flatMap((one) =>
    one.kind === Kind.DIRECTIVE_DEFINITION ? [one.name.value] : [],
  );
  const near = nearestName(name, [...ours, ...federationDirectives, ...specified, ...defined]);
  const rest = 'define the directive in this subgraph, or take it out';
  return near === undefined ? rest : `did you mean @${near}? Otherwise ${rest}`;
}

/** Those of the names that a document uses as directives: what one line imports, all of it is needed. */
function usedOf(document: DocumentNode, names: readonly string[]): readonly string[] {
  const used = new Set<string>();
  const look = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const one of node) look(one);
      return;
    }
    if (node === null || typeof node !== 'object') return;
    const { kind, name, directives, ...children } = node as Record<string, unknown>;
    if (kind === Kind.DIRECTIVE) used.add((name as { readonly value: string }).value);
    look(directives);
    for (const [key, child] of Object.entries(children)) if (key !== 'loc') look(child);
  };
  look(document.definitions);
  return names.filter((name) => used.has(name));
}

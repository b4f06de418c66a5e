/**
 * Suggests a fix for a directive that a subgraph uses without defining or importing it. Most often the import is
 * missing, and the fix is the line to paste.
 */
import { type DocumentNode, Kind } from 'graphql';
import { nearestName } from '../lib/index.ts';
import {
  hasFederationLink,
  importedDirectives,
  linksOwn,
  ownDirectiveDefinitions,
  ownLinkUrl,
  ownSpecifications,
} from './directives/own-directives.ts';

/** The directives that a subgraph can import from federation 2. */
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

const linkTo = (url: string, imports: readonly string[]): string =>
  `extend schema @link(url: "${url}", import: [${imports.map((directive) => `"@${directive}"`).join(', ')}])`;

/** An argument that a later version has. */
function suggestVersion(directive: string, document: DocumentNode): string | undefined {
  for (const specification of ownSpecifications) {
    const names = [...importedDirectives(document, specification).values()];
    if (names.includes(directive))
      return `correct its name, or link the version that has it: ${ownLinkUrl(specification)}`;
  }
  return undefined;
}

/** What a directive of Isthmus is for, where it stands on something else. */
function suggestLocation(directive: string, document: DocumentNode, location = ''): string | undefined {
  for (const specification of ownSpecifications) {
    for (const [name, alias] of importedDirectives(document, specification)) {
      const locations = ownDirectiveDefinitions(specification).get(name)?.locations;
      if (alias !== directive || locations === undefined) continue;
      const places = locations.map(({ value }) => value).join(', ');
      return `move it from ${location} to what it is for: ${places}`;
    }
  }
  return undefined;
}

/** @returns undefined for a message that is not about an unknown directive or argument */
export function suggestDirectiveFix(message: string, document: DocumentNode | undefined): string | undefined {
  const [, misplaced, location] = /[Dd]irective "@(\w+)" may not be used on (\w+)/.exec(message) ?? [];
  if (misplaced !== undefined && document !== undefined) return suggestLocation(misplaced, document, location);
  const argument = /Unknown argument "\w+" on directive "@(\w+)"/.exec(message)?.[1];
  if (argument !== undefined && document !== undefined) return suggestVersion(argument, document);
  const name = /Unknown directive "@(\w+)"/.exec(message)?.[1];
  if (name === undefined || document === undefined) return undefined;
  const specification = ownSpecifications.find((candidate) => ownDirectiveDefinitions(candidate).has(name));
  if (specification !== undefined) {
    const ours = [...ownDirectiveDefinitions(specification).keys()];
    const url = ownLinkUrl(specification);
    if (!hasFederationLink(document)) {
      const line = linkTo(federationUrl, usedOf(document, federationDirectives));
      return importedDirectives(document, specification).has(name)
        ? `import federation too, as @${name} is composed by it; add: ${line}`
        : `import it, and federation; add: ${line} and ${linkTo(url, usedOf(document, ours))}`;
    }
    return linksOwn(document, specification)
      ? `add "@${name}" to the import of the link to https://isthmus.dev/${specification}`
      : `import it; add: ${linkTo(url, usedOf(document, ours))}`;
  }
  if (federationDirectives.includes(name)) {
    return hasFederationLink(document)
      ? `add "@${name}" to the import of the link to federation`
      : `import it; add: ${linkTo(federationUrl, usedOf(document, federationDirectives))}`;
  }
  const defined = document.definitions.flatMap((definition) =>
    definition.kind === Kind.DIRECTIVE_DEFINITION ? [definition.name.value] : [],
  );
  const allOurs = ownSpecifications.flatMap((candidate) => [...ownDirectiveDefinitions(candidate).keys()]);
  const near = nearestName(name, [...allOurs, ...federationDirectives, ...specified, ...defined]);
  const advice = 'define the directive in this subgraph, or remove it';
  return near === undefined ? advice : `did you mean @${near}? Otherwise ${advice}`;
}

/** The names that the document uses as directives: the suggested import lists every one that is needed. */
function usedOf(document: DocumentNode, names: readonly string[]): readonly string[] {
  const used = new Set<string>();
  const collect = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const item of node) collect(item);
      return;
    }
    if (node === null || typeof node !== 'object') return;
    const { kind, name, directives, ...children } = node as Record<string, unknown>;
    if (kind === Kind.DIRECTIVE) used.add((name as { readonly value: string }).value);
    collect(directives);
    for (const [key, child] of Object.entries(children)) if (key !== 'loc') collect(child);
  };
  collect(document.definitions);
  return names.filter((name) => used.has(name));
}

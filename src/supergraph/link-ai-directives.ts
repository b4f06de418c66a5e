/**
 * Adds to a subgraph that links https://isthmus.dev/ai the definitions of the directives it imports, and a
 * @composeDirective for each, so that they are composed into the supergraph: without a definition composition fails,
 * and without @composeDirective the directive is silently dropped. A subgraph without the link is not changed.
 */
import { readFileSync } from 'node:fs';
import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  Kind,
  parse,
} from 'graphql';
import { importsOf, linksOf, stringArgument } from './links.ts';

export const aiLinkUrl = 'https://isthmus.dev/ai/v1.0';
const federationLink = /^https:\/\/specs\.apollo\.dev\/federation\/v\d+\.\d+$/;
const aiLink = /^https:\/\/isthmus\.dev\/ai\/v\d+\.\d+$/;

let definitions: ReadonlyMap<string, DirectiveDefinitionNode> | undefined;

/** The directives of schema/ai.graphql by name, read once. */
export function aiDirectiveDefinitions(): ReadonlyMap<string, DirectiveDefinitionNode> {
  if (definitions === undefined) {
    const file = new URL('../../schema/ai.graphql', import.meta.url);
    const document = parse(readFileSync(file, 'utf8'), { noLocation: true });
    definitions = new Map(
      document.definitions
        .filter((definition) => definition.kind === Kind.DIRECTIVE_DEFINITION)
        .map((definition) => [definition.name.value, definition]),
    );
  }
  return definitions;
}

/** Whether a subgraph links federation 2, without which custom directives are not composed. */
export function hasFederationLink(document: DocumentNode): boolean {
  return linksOf(document).some((link) => federationLink.test(stringArgument(link, 'url') ?? ''));
}

export function linksAi(document: DocumentNode): boolean {
  return linksOf(document).some((link) => aiLink.test(stringArgument(link, 'url') ?? ''));
}

/** The directives a subgraph imports from the AI link: the specified name -> the local name (`as`); empty without the link. */
export function importedAiDirectives(document: DocumentNode): ReadonlyMap<string, string> {
  const imported = new Map<string, string>();
  for (const link of linksOf(document)) {
    if (!aiLink.test(stringArgument(link, 'url') ?? '')) continue;
    for (const { name, as } of importsOf(link)) imported.set(name.replace(/^@/, ''), as.replace(/^@/, ''));
  }
  return imported;
}

/** The name of @composeDirective in this subgraph. */
function composeDirectiveName(document: DocumentNode): string | undefined {
  for (const link of linksOf(document)) {
    if (!federationLink.test(stringArgument(link, 'url') ?? '')) continue;
    const imported = importsOf(link).find(({ name }) => name === '@composeDirective');
    if (imported !== undefined) return imported.as.replace(/^@/, '');
    return `${stringArgument(link, 'as') ?? 'federation'}__composeDirective`;
  }
  return undefined;
}

export function linkAiDirectives(document: DocumentNode): DocumentNode {
  const imported = importedAiDirectives(document);
  const composeName = composeDirectiveName(document);
  if (imported.size === 0 || composeName === undefined) return document;
  const composed = new Set(
    document.definitions
      .filter((definition) => definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION)
      .flatMap((definition) => definition.directives ?? [])
      .filter((directive) => directive.name.value === composeName)
      .map((directive) => stringArgument(directive, 'name')),
  );
  const defined = new Set(
    document.definitions
      .filter((definition) => definition.kind === Kind.DIRECTIVE_DEFINITION)
      .map(({ name }) => name.value),
  );
  const additions: DefinitionNode[] = [];
  const directives: ConstDirectiveNode[] = [];
  for (const [name, alias] of imported) {
    const definition = aiDirectiveDefinitions().get(name);
    if (definition !== undefined && !defined.has(alias)) {
      additions.push({ ...definition, name: { kind: Kind.NAME, value: alias } });
    }
    if (!composed.has(`@${alias}`)) directives.push(composeDirective(composeName, alias));
  }
  if (directives.length > 0) additions.push({ kind: Kind.SCHEMA_EXTENSION, directives });
  return additions.length === 0 ? document : { ...document, definitions: [...document.definitions, ...additions] };
}

function composeDirective(name: string, directive: string): ConstDirectiveNode {
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: name },
    arguments: [
      {
        kind: Kind.ARGUMENT,
        name: { kind: Kind.NAME, value: 'name' },
        value: { kind: Kind.STRING, value: `@${directive}` },
      },
    ],
  };
}

/**
 * The directives of Isthmus, of the specifications https://isthmus.dev/ai, https://isthmus.dev/access,
 * https://isthmus.dev/limits and https://isthmus.dev/cache.
 *
 * A subgraph that links one is given the definitions of the directives it imports, and a @composeDirective for each, so
 * that they are composed into the supergraph: without a definition composition fails, and without @composeDirective the
 * directive is silently dropped. A subgraph without such a link is not changed.
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

/** Each is defined in schema/, in a file of its name. */
export const ownSpecifications = ['ai', 'access', 'limits', 'cache'] as const;

export type OwnSpecification = (typeof ownSpecifications)[number];

const federationLink = /^https:\/\/specs\.apollo\.dev\/federation\/v\d+\.\d+$/;
const ownLinks: Readonly<Record<OwnSpecification, RegExp>> = {
  ai: /^https:\/\/isthmus\.dev\/ai\/v\d+\.\d+$/,
  // Only the version that is enforced: a later one may mean more.
  access: /^https:\/\/isthmus\.dev\/access\/v1\.0$/,
  limits: /^https:\/\/isthmus\.dev\/limits\/v1\.0$/,
  cache: /^https:\/\/isthmus\.dev\/cache\/v1\.0$/,
};

/** The arguments that a directive has since a later version: the definition of an earlier one lacks them. */
const laterArguments: Readonly<Record<string, { readonly since: number; readonly names: readonly string[] }>> = {
  generate: { since: 1, names: ['maxInputTokens', 'input'] },
};

const definitions = new Map<OwnSpecification, ReadonlyMap<string, DirectiveDefinitionNode>>();

const latest: Readonly<Record<OwnSpecification, string>> = {
  ai: 'v1.1',
  access: 'v1.0',
  limits: 'v1.0',
  cache: 'v1.0',
};

/** The URL to link a specification by. */
export function ownLinkUrl(specification: OwnSpecification): string {
  return `https://isthmus.dev/${specification}/${latest[specification]}`;
}

/** The directives of a specification by name, read once. */
export function ownDirectiveDefinitions(specification: OwnSpecification): ReadonlyMap<string, DirectiveDefinitionNode> {
  let directives = definitions.get(specification);
  if (directives === undefined) {
    const file = new URL(`../../../schema/${specification}.graphql`, import.meta.url);
    const document = parse(readFileSync(file, 'utf8'), { noLocation: true });
    directives = new Map(
      document.definitions
        .filter((definition) => definition.kind === Kind.DIRECTIVE_DEFINITION)
        .map((definition) => [definition.name.value, definition]),
    );
    definitions.set(specification, directives);
  }
  return directives;
}

/** Whether a subgraph links federation 2, without which custom directives are not composed. */
export function hasFederationLink(document: DocumentNode): boolean {
  return linksOf(document).some((link) => federationLink.test(stringArgument(link, 'url') ?? ''));
}

/** Whether a URL links a version of the specification that Isthmus has. */
export function isOwnVersion(url: string, specification: OwnSpecification): boolean {
  return ownLinks[specification].test(url);
}

export function linksOwn(document: DocumentNode, specification: OwnSpecification): boolean {
  return linksOf(document).some((link) => ownLinks[specification].test(stringArgument(link, 'url') ?? ''));
}

/** The directives a document imports from a specification: the specified name -> the local name (`as`); empty without the link. */
export function importedDirectives(
  document: DocumentNode,
  specification: OwnSpecification,
): ReadonlyMap<string, string> {
  const imported = new Map<string, string>();
  for (const link of linksOf(document)) {
    if (!ownLinks[specification].test(stringArgument(link, 'url') ?? '')) continue;
    for (const { name, as } of importsOf(link)) imported.set(name.replace(/^@/, ''), as.replace(/^@/, ''));
  }
  return imported;
}

/** The minor version of `v1.x` that a document links; 0 without a link. */
function linkedMinor(document: DocumentNode, specification: OwnSpecification): number {
  let minor = 0;
  for (const link of linksOf(document)) {
    const url = stringArgument(link, 'url') ?? '';
    if (ownLinks[specification].test(url)) minor = Math.max(minor, Number(url.slice(url.lastIndexOf('.') + 1)));
  }
  return minor;
}

function definitionSince(definition: DirectiveDefinitionNode, minor: number): DirectiveDefinitionNode {
  const later = laterArguments[definition.name.value];
  if (later === undefined || minor >= later.since) return definition;
  const args = definition.arguments?.filter(({ name }) => !later.names.includes(name.value)) ?? [];
  return { ...definition, arguments: args };
}

/**
 * Of several versions in one supergraph, composition has the newest one's subgraphs define every directive that is
 * composed: those that such a subgraph does not import are defined under the names that they have without an import.
 */
function definitionsBesides(
  document: DocumentNode,
  specification: OwnSpecification,
  imported: ReadonlyMap<string, string>,
): readonly DirectiveDefinitionNode[] {
  const link = linksOf(document).find((node) => ownLinks[specification].test(stringArgument(node, 'url') ?? ''));
  if (link === undefined || linkedMinor(document, specification) === 0) return [];
  const namespace = stringArgument(link, 'as') ?? specification;
  return [...ownDirectiveDefinitions(specification)].flatMap(([name, definition]) =>
    imported.has(name) ? [] : [{ ...definition, name: { kind: Kind.NAME, value: `${namespace}__${name}` } as const }],
  );
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

export function linkOwnDirectives(document: DocumentNode): DocumentNode {
  const imported = ownSpecifications.flatMap((specification) =>
    [...importedDirectives(document, specification)].map(([name, alias]) => ({ specification, name, alias })),
  );
  const composeName = composeDirectiveName(document);
  if (imported.length === 0 || composeName === undefined) return document;
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
  for (const { specification, name, alias } of imported) {
    const definition = ownDirectiveDefinitions(specification).get(name);
    if (definition !== undefined && !defined.has(alias)) {
      const versioned = definitionSince(definition, linkedMinor(document, specification));
      additions.push({ ...versioned, name: { kind: Kind.NAME, value: alias } });
    }
    if (!composed.has(`@${alias}`)) directives.push(composeDirective(composeName, alias));
  }
  for (const specification of ownSpecifications) {
    const besides = definitionsBesides(document, specification, importedDirectives(document, specification));
    additions.push(...besides.filter(({ name }) => !defined.has(name.value)));
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

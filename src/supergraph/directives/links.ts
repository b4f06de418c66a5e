/** The `@link`s of a schema document, and what they import under which names. */
import { type ConstDirectiveNode, type ConstValueNode, type DocumentNode, Kind } from 'graphql';

export function linksOf(document: DocumentNode): readonly ConstDirectiveNode[] {
  return document.definitions
    .filter((definition) => definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION)
    .flatMap((definition) => definition.directives ?? [])
    .filter(({ name }) => name.value === 'link');
}

/** Imported elements, directives with their `@`: each with its name in the document (`as`). */
export function importsOf(link: ConstDirectiveNode): readonly { readonly name: string; readonly as: string }[] {
  const list = argumentOf(link, 'import');
  if (list?.kind !== Kind.LIST) return [];
  return list.values.flatMap((item) => {
    const name = item.kind === Kind.STRING ? item.value : stringField(item, 'name');
    return name === undefined ? [] : [{ name, as: stringField(item, 'as') ?? name }];
  });
}

export function argumentOf(directive: ConstDirectiveNode, name: string): ConstValueNode | undefined {
  return directive.arguments?.find((argument) => argument.name.value === name)?.value;
}

export function stringArgument(directive: ConstDirectiveNode, name: string): string | undefined {
  const value = argumentOf(directive, name);
  return value?.kind === Kind.STRING ? value.value : undefined;
}

function stringField(value: ConstValueNode, name: string): string | undefined {
  if (value.kind !== Kind.OBJECT) return undefined;
  const field = value.fields.find((field) => field.name.value === name)?.value;
  return field?.kind === Kind.STRING ? field.value : undefined;
}

const federation = 'https://specs.apollo.dev/federation';

/** The names of a directive of federation in a subgraph's document; without a link, that of federation 1. */
export function federationNamesOf(document: DocumentNode, name: string): ReadonlySet<string> {
  const linked = directiveNamesOf(document, federation, name);
  return linked.size === 0 ? new Set([name]) : linked;
}

/** The names that a feature's directive has in this document, one for each link. */
export function directiveNamesOf(document: DocumentNode, identity: string, name: string): ReadonlySet<string> {
  const links = linksOf(document).filter((link) => stringArgument(link, 'url')?.startsWith(`${identity}/`) === true);
  return new Set(links.map((link) => directiveName(link, name)));
}

/**
 * The directive's name in the document of this link: the imported one; else in the feature's namespace, where the directive
 * that is named as its feature stands for the namespace itself (`@tag`, but `@federation__key`).
 */
export function directiveName(link: ConstDirectiveNode, name: string): string {
  const imported = importsOf(link).find((element) => element.name === `@${name}`);
  if (imported !== undefined) return imported.as.replace(/^@/, '');
  const feature = featureName.exec(stringArgument(link, 'url') ?? '')?.[1] ?? name;
  const namespace = stringArgument(link, 'as') ?? feature;
  return name === feature ? namespace : `${namespace}__${name}`;
}

/** Of a feature's URL: what stands before its version. */
const featureName = /([^/]+)\/v\d[^/]*\/?$/;

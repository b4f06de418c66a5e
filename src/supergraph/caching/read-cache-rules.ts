/** What the schemas of subgraphs say of the tags of their answers: `@cacheTag`, `@invalidates`, and the prompts of AI fields. */
import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  valueFromASTUntyped,
} from 'graphql';
import type { CacheRules, TaggedField, TaggedType } from '../../cache/tags/index.ts';
import { namedType } from '../../documents/index.ts';
import { argumentOf, federationNamesOf, stringArgument } from '../directives/links.ts';
import { importedDirectives } from '../directives/own-directives.ts';

/** The names that the directives have in one subgraph. */
export interface CacheDirectives {
  readonly cacheTag: ReadonlySet<string>;
  readonly invalidates: string | undefined;
  readonly generate: string | undefined;
}

export function cacheDirectivesOf(document: DocumentNode): CacheDirectives {
  return {
    cacheTag: federationNamesOf(document, 'cacheTag'),
    invalidates: importedDirectives(document, 'cache').get('invalidates'),
    generate: importedDirectives(document, 'ai').get('generate'),
  };
}

/** @param subgraphs the documents that were composed, by name */
export function readCacheRules(
  subgraphs: readonly { readonly name: string; readonly typeDefs: DocumentNode }[],
): ReadonlyMap<string, CacheRules> {
  return new Map(subgraphs.map(({ name, typeDefs }) => [name, rulesOf(typeDefs)]));
}

interface DraftType {
  readonly formats: string[];
  members: string[] | undefined;
  readonly fields: Map<string, TaggedField>;
}

function rulesOf(document: DocumentNode): CacheRules {
  const names = cacheDirectivesOf(document);
  const types = new Map<string, DraftType>();
  const composites = new Set(document.definitions.flatMap(compositeName));
  const typeOf = (name: string): DraftType => {
    const type = types.get(name) ?? { formats: [], members: undefined, fields: new Map() };
    types.set(name, type);
    return type;
  };
  for (const definition of document.definitions) {
    const [name] = compositeName(definition);
    if (name === undefined) continue;
    const type = typeOf(name);
    if ('directives' in definition)
      type.formats.push(...formatsOf(definition.directives as readonly ConstDirectiveNode[], names.cacheTag));
    if ('types' in definition) addMembers(type, definition.types?.map((member) => member.name.value) ?? []);
    else if (isInterface(definition)) addMembers(type, []);
    else if ('interfaces' in definition)
      for (const wider of definition.interfaces ?? []) addMembers(typeOf(wider.name.value), [name]);
    if (!('fields' in definition)) continue;
    for (const field of (definition.fields ?? []) as readonly FieldDefinitionNode[]) {
      const tagged = fieldOf(field, names);
      const isUntagged = tagged.formats.length + tagged.invalidates.length + tagged.tags.length === 0;
      if (isUntagged && !composites.has(tagged.type)) continue;
      type.fields.set(field.name.value, tagged);
    }
  }
  return types as ReadonlyMap<string, TaggedType>;
}

function addMembers(type: DraftType, names: readonly string[]): void {
  type.members = [...(type.members ?? []), ...names];
}

function fieldOf({ type, directives, arguments: args = [] }: FieldDefinitionNode, names: CacheDirectives): TaggedField {
  const defaults = args.flatMap(({ name, defaultValue }) =>
    defaultValue === undefined ? [] : [[name.value, valueFromASTUntyped(defaultValue)] as const],
  );
  const prompts = (directives ?? []).flatMap((directive) => {
    const prompt = directive.name.value === names.generate ? stringArgument(directive, 'prompt') : undefined;
    return prompt === undefined ? [] : [`prompt:${prompt.split(/[@#]/)[0]}`];
  });
  return {
    type: namedType(type),
    formats: formatsOf(directives, names.cacheTag),
    invalidates: (directives ?? []).flatMap((directive) =>
      directive.name.value === names.invalidates ? tagsOf(directive) : [],
    ),
    tags: prompts,
    defaults: Object.fromEntries(defaults),
  };
}

/** The formats of `@invalidates`; GraphQL coerces a single value to a list of one. */
export function tagsOf(directive: ConstDirectiveNode): readonly string[] {
  const tags = argumentOf(directive, 'tags');
  const values = tags?.kind === Kind.LIST ? tags.values : tags === undefined ? [] : [tags];
  return values.flatMap((value) => (value.kind === Kind.STRING ? [value.value] : []));
}

function formatsOf(directives: readonly ConstDirectiveNode[] | undefined, names: ReadonlySet<string>): string[] {
  return (directives ?? []).flatMap((directive) => {
    const format = names.has(directive.name.value) ? stringArgument(directive, 'format') : undefined;
    return format === undefined ? [] : [format];
  });
}

function isInterface({ kind }: DefinitionNode): boolean {
  return kind === Kind.INTERFACE_TYPE_DEFINITION || kind === Kind.INTERFACE_TYPE_EXTENSION;
}

/** The name of an object type, an interface or a union. */
function compositeName(definition: DefinitionNode): readonly string[] {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.OBJECT_TYPE_EXTENSION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_EXTENSION:
    case Kind.UNION_TYPE_DEFINITION:
    case Kind.UNION_TYPE_EXTENSION:
      return [definition.name.value];
    default:
      return [];
  }
}

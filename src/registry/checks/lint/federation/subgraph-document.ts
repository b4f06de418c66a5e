/** A subgraph's types as federation's rules read them: each with its extensions and keys. */
import { type ASTNode, type DocumentNode, type FieldDefinitionNode, Kind } from 'graphql';
import { namedType } from '../../../../documents/index.ts';
import {
  directivesOf,
  federationNamesOf,
  leavesOf,
  parseFieldSet,
  stringArgument,
} from '../../../../supergraph/index.ts';

export interface SubgraphDocument {
  readonly document: DocumentNode;
  readonly types: ReadonlyMap<string, SubgraphType>;
}

export interface SubgraphType {
  readonly name: string;
  readonly line: number | undefined;
  readonly fields: ReadonlyMap<string, FieldDefinitionNode>;
  readonly externalFields: ReadonlySet<string>;
  readonly keys: readonly SubgraphKey[];
}

export interface SubgraphKey {
  readonly text: string;
  /** The paths to its scalars. */
  readonly paths: readonly (readonly string[])[];
  readonly isResolvable: boolean;
  readonly line: number | undefined;
}

export function readSubgraphDocument(document: DocumentNode): SubgraphDocument {
  const keyNames = federationNamesOf(document, 'key');
  const externalNames = federationNamesOf(document, 'external');
  const types = new Map<string, SubgraphType>();
  for (const definition of document.definitions) {
    const isComposite =
      definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
      definition.kind === Kind.OBJECT_TYPE_EXTENSION ||
      definition.kind === Kind.INTERFACE_TYPE_DEFINITION ||
      definition.kind === Kind.INTERFACE_TYPE_EXTENSION;
    if (!isComposite) continue;
    const earlier = types.get(definition.name.value);
    const fields = new Map(earlier?.fields);
    const externalFields = new Set(earlier?.externalFields);
    const isExternal = directivesOf(definition, externalNames).length > 0;
    for (const field of definition.fields ?? []) {
      fields.set(field.name.value, field);
      if (isExternal || directivesOf(field, externalNames).length > 0) externalFields.add(field.name.value);
    }
    const keys = directivesOf(definition, keyNames).flatMap((directive): SubgraphKey[] => {
      const text = stringArgument(directive, 'fields');
      const paths = text === undefined ? undefined : pathsOf(text);
      if (text === undefined || paths === undefined) return [];
      const resolvable = directive.arguments?.find(({ name }) => name.value === 'resolvable')?.value;
      const isResolvable = !(resolvable?.kind === Kind.BOOLEAN && !resolvable.value);
      return [{ text, paths, isResolvable, line: lineOf(directive) }];
    });
    types.set(definition.name.value, {
      name: definition.name.value,
      line: earlier?.line ?? lineOf(definition.name),
      fields,
      externalFields,
      keys: [...(earlier?.keys ?? []), ...keys],
    });
  }
  return { document, types };
}

/** Undefined for what is no selection: composition says so. */
function pathsOf(text: string): readonly (readonly string[])[] | undefined {
  try {
    return leavesOf(parseFieldSet(text));
  } catch {
    return undefined;
  }
}

export function lineOf({ loc }: ASTNode): number | undefined {
  return loc?.startToken.line;
}

/** The fields on a path of a key, with the types that have them. */
export function fieldsAlong(
  types: SubgraphDocument['types'],
  typeName: string,
  path: readonly string[],
): readonly { readonly coordinate: string; readonly field: FieldDefinitionNode }[] {
  const along: { readonly coordinate: string; readonly field: FieldDefinitionNode }[] = [];
  let current = typeName;
  for (const name of path) {
    const field = types.get(current)?.fields.get(name);
    if (field === undefined) return along;
    along.push({ coordinate: `${current}.${name}`, field });
    current = namedType(field.type);
  }
  return along;
}

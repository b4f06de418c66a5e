import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';
import { importedDirectives } from '../../supergraph/index.ts';
import { fieldNames, fieldSetOf, isFederation } from './checks/federation-directives.ts';

/** A field whose value a model writes, as its subgraph declares it with @generate. */
export interface AiField {
  readonly typeName: string;
  readonly fieldName: string;
  readonly type: TypeNode;
  readonly description: string | undefined;
  /** Whether it is declared `@external`: another subgraph resolves it. */
  readonly isExternal: boolean;
  /** A reference to a prompt: `name`, `name@version` or `name#label`. */
  readonly prompt: string;
  readonly model: string | undefined;
  readonly maxOutputTokens: number | undefined;
  readonly maxInputTokens: number | undefined;
  /** What becomes of a longer input, as it is written. */
  readonly longInput: string | undefined;
  /** The names of the field's arguments and of the top-level fields in its @requires: together the prompt's variables. */
  readonly arguments: readonly string[];
  readonly requires: readonly string[];
  /** The complete selection set of @requires. */
  readonly requiresSelection: SelectionSetNode | undefined;
  /** How long an answer is cached; `undefined`: until an input changes. */
  readonly cacheTtlSeconds: number | undefined;
  /** The line of @generate, counted from 1. */
  readonly line: number | undefined;
}

/** Every @generate field of a subgraph, including where the directive is imported under another name. */
export function aiFieldsOf(document: DocumentNode): readonly AiField[] {
  const generate = importedDirectives(document, 'ai').get('generate');
  if (generate === undefined) return [];
  const fields: AiField[] = [];
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) continue;
    for (const field of definition.fields ?? []) {
      const directive = field.directives?.find((node) => node.name.value === generate);
      if (directive !== undefined) fields.push(aiFieldOf(definition.name.value, field, directive));
    }
  }
  return fields;
}

function aiFieldOf(typeName: string, field: FieldDefinitionNode, directive: DirectiveNode): AiField {
  const requires = field.directives?.find((node) => isFederation('requires', node));
  const requiresSelection = fieldSetOf(text(requires?.arguments, 'fields'));
  return {
    typeName,
    fieldName: field.name.value,
    type: field.type,
    description: field.description?.value,
    isExternal: field.directives?.some((node) => isFederation('external', node)) === true,
    prompt: text(directive.arguments, 'prompt') ?? '',
    model: text(directive.arguments, 'model'),
    maxOutputTokens: integer(directive.arguments, 'maxOutputTokens'),
    maxInputTokens: integer(directive.arguments, 'maxInputTokens'),
    longInput: text(directive.arguments, 'input'),
    arguments: (field.arguments ?? []).map((argument) => argument.name.value),
    requires: fieldNames(requiresSelection),
    requiresSelection,
    cacheTtlSeconds: integer(directive.arguments, 'cacheTtl'),
    line: directive.loc?.startToken.line,
  };
}

function text(list: readonly ArgumentNode[] | undefined, name: string): string | undefined {
  const value = list?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

function integer(list: readonly ArgumentNode[] | undefined, name: string): number | undefined {
  const value = list?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.INT ? Number(value.value) : undefined;
}

/**
 * `@listSize` with paths (`slicingArguments: ["input.first"]`, `sizedFields: ["page.edges"]`), of federation 2.12, which
 * Apollo's composition for JavaScript refuses. Such directives are taken out of a subgraph before composition, checked
 * here, and merged with the composed ones when the prices are read. So are those with one name instead of a list of names,
 * which it takes for a list of letters.
 */
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type TypeNode,
} from 'graphql';
import { namedType } from '../../documents/index.ts';
import { directiveNamesOf, federationNamesOf, stringArgument } from '../directives/links.ts';
import { type ListSizeArguments, listSizeArguments } from './list-size-arguments.ts';

/** By the field's coordinate. */
export type NestedListSizes = Map<string, ListSizeArguments[]>;

export interface ListSizeProblem {
  readonly code: 'LIST_SIZE_INVALID_SLICING_ARGUMENT' | 'LIST_SIZE_INVALID_SIZED_FIELD';
  readonly message: string;
  readonly line: number | undefined;
}

const cost = 'https://specs.apollo.dev/cost';

/** @returns the document without them; they are added to `nested`, and what is wrong with them to `problems` */
export function withoutNestedListSizes(
  subgraph: string,
  document: DocumentNode,
  nested: NestedListSizes,
  problems: ListSizeProblem[],
): DocumentNode {
  const names = listSizeNames(document);
  if (names.size === 0) return document;
  const types = new TypesOfSubgraph(document);
  let hasNested = false;
  const definitions = document.definitions.map((definition) => {
    if (!('fields' in definition) || definition.fields === undefined) return definition;
    const fields = (definition.fields as readonly (FieldDefinitionNode | InputValueDefinitionNode)[]).map((field) => {
      if (field.kind !== Kind.FIELD_DEFINITION) return field;
      const directive = field.directives?.find((node) => names.has(node.name.value) && isNested(node));
      if (directive === undefined) return field;
      hasNested = true;
      const coordinate = `${definition.name.value}.${field.name.value}`;
      const size = listSizeArguments(directive);
      nested.set(coordinate, [...(nested.get(coordinate) ?? []), size]);
      for (const problem of types.problemsOf(coordinate, field, size))
        problems.push({
          ...problem,
          message: `[${subgraph}] ${problem.message}`,
          line: directive.loc?.startToken.line,
        });
      return { ...field, directives: field.directives?.filter((node) => node !== directive) ?? [] };
    });
    return { ...definition, fields } as typeof definition;
  });
  return hasNested ? { ...document, definitions } : document;
}

/** `@listSize` as federation or the cost specification of its own brings it. */
function listSizeNames(document: DocumentNode): ReadonlySet<string> {
  return new Set([...federationNamesOf(document, 'listSize'), ...directiveNamesOf(document, cost, 'listSize')]);
}

function isNested(directive: ConstDirectiveNode): boolean {
  if (['slicingArguments', 'sizedFields'].some((name) => stringArgument(directive, name) !== undefined)) return true;
  const { slicingArguments, sizedFields } = listSizeArguments(directive);
  return [...slicingArguments, ...sizedFields].some((path) => path.includes('.'));
}

class TypesOfSubgraph {
  readonly #fields = new Map<string, Map<string, FieldDefinitionNode | InputValueDefinitionNode>>();

  constructor({ definitions }: DocumentNode) {
    for (const definition of definitions) {
      if (!('fields' in definition)) continue;
      const fields = this.#fields.get(definition.name.value) ?? new Map();
      for (const field of definition.fields ?? []) fields.set(field.name.value, field);
      this.#fields.set(definition.name.value, fields);
    }
  }

  problemsOf(
    coordinate: string,
    field: FieldDefinitionNode,
    { slicingArguments, sizedFields }: ListSizeArguments,
  ): readonly Pick<ListSizeProblem, 'code' | 'message'>[] {
    const wrongArguments = slicingArguments.filter((path) => !this.#isInt(field, path.split('.')));
    const wrongFields = sizedFields.filter((path) => !this.#isListField(namedType(field.type), path.split('.')));
    return [
      ...wrongArguments.map((path) => ({
        code: 'LIST_SIZE_INVALID_SLICING_ARGUMENT' as const,
        message: `Slicing argument "${path}" of "${coordinate}" does not lead to an Int of its arguments`,
      })),
      ...wrongFields.map((path) => ({
        code: 'LIST_SIZE_INVALID_SIZED_FIELD' as const,
        message: `Sized field "${path}" of "${coordinate}" does not lead to a list`,
      })),
    ];
  }

  #isInt(field: FieldDefinitionNode, [name, ...path]: readonly string[]): boolean {
    let input: FieldDefinitionNode | InputValueDefinitionNode | undefined = field.arguments?.find(
      (argument) => argument.name.value === name,
    );
    for (const step of path) input = input && this.#fields.get(nullable(input.type))?.get(step);
    return input !== undefined && nullable(input.type) === 'Int';
  }

  #isListField(typeName: string, path: readonly string[]): boolean {
    let type: TypeNode | undefined;
    for (const step of path) {
      const owner: string = type === undefined ? typeName : namedType(type);
      type = this.#fields.get(owner)?.get(step)?.type;
      if (type === undefined) return false;
    }
    const whole = type?.kind === Kind.NON_NULL_TYPE ? type.type : type;
    return whole?.kind === Kind.LIST_TYPE;
  }
}

/** The name of a type that is no list; empty for lists. */
function nullable(type: TypeNode): string {
  const inner = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  return inner.kind === Kind.NAMED_TYPE ? inner.name.value : '';
}

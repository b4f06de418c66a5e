/**
 * Reads the `@constraint`s of all subgraphs: what one subgraph demands of an argument holds for whoever sets it. Where
 * several say something, the strictest holds. A constraint on a field of an interface holds for the fields that implement it,
 * and one on an implementing field where the field is selected of its interface: no way around it leads through the other.
 */
import { type ConstDirectiveNode, type DocumentNode, type InputValueDefinitionNode, Kind } from 'graphql';
import { argumentOf, stringArgument } from '../directives/links.ts';
import { importedDirectives } from '../directives/own-directives.ts';
import { type Constraint, type Constraints, strictest } from './constraint.ts';

/** One application of the directive. */
export interface Declaration {
  readonly subgraph: string;
  readonly coordinate: string;
  readonly constraint: Constraint;
  readonly input: InputValueDefinitionNode;
  readonly directive: ConstDirectiveNode;
}

interface Subgraph {
  readonly name: string;
  readonly typeDefs: DocumentNode;
}

export function readDeclarations(subgraphs: readonly Subgraph[]): readonly Declaration[] {
  return subgraphs.flatMap(({ name: subgraph, typeDefs }) => {
    const directiveName = importedDirectives(typeDefs, 'limits').get('constraint');
    if (directiveName === undefined) return [];
    return inputsOf(typeDefs).flatMap(({ coordinate, input }): Declaration[] => {
      const directive = input.directives?.find(({ name }) => name.value === directiveName);
      if (directive === undefined) return [];
      return [{ subgraph, coordinate, constraint: readConstraint(directive), input, directive }];
    });
  });
}

/** The arguments and the fields of input objects of a document. */
function inputsOf({ definitions }: DocumentNode) {
  return definitions.flatMap((definition) => {
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.OBJECT_TYPE_EXTENSION:
      case Kind.INTERFACE_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_EXTENSION:
        return (definition.fields ?? []).flatMap((field) =>
          (field.arguments ?? []).map((input) => ({
            coordinate: argumentCoordinate(definition.name.value, field.name.value, input.name.value),
            input,
          })),
        );
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      case Kind.INPUT_OBJECT_TYPE_EXTENSION:
        return (definition.fields ?? []).map((input) => ({
          coordinate: `${definition.name.value}.${input.name.value}`,
          input,
        }));
      default:
        return [];
    }
  });
}

export function argumentCoordinate(type: string, field: string, argument: string): string {
  return `${type}.${field}(${argument}:)`;
}

function readConstraint(directive: ConstDirectiveNode): Constraint {
  const constraint: Record<string, unknown> = {};
  for (const name of ['min', 'max', 'minLength', 'maxLength', 'minItems', 'maxItems']) {
    const value = argumentOf(directive, name);
    if (value?.kind === Kind.INT || value?.kind === Kind.FLOAT) constraint[name] = Number(value.value);
  }
  const pattern = stringArgument(directive, 'pattern');
  const format = stringArgument(directive, 'format');
  return {
    ...constraint,
    ...(pattern === undefined ? {} : { patterns: [pattern] }),
    ...(format === undefined ? {} : { formats: [format] }),
  };
}

export function mergeDeclarations(declarations: readonly Declaration[], supergraph: DocumentNode): Constraints {
  const declared = new Map<string, Constraint>();
  for (const { coordinate, constraint } of declarations) add(declared, coordinate, constraint);
  if (declared.size === 0) return declared;
  const all = new Map(declared);
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const { name } of definition.interfaces ?? []) {
      for (const field of definition.fields ?? []) {
        for (const argument of field.arguments ?? []) {
          const [own, wider] = [definition.name.value, name.value].map((type) =>
            argumentCoordinate(type, field.name.value, argument.name.value),
          ) as [string, string];
          add(all, own, declared.get(wider));
          add(all, wider, declared.get(own));
        }
      }
    }
  }
  return all;
}

function add(constraints: Map<string, Constraint>, coordinate: string, constraint: Constraint | undefined): void {
  if (constraint === undefined) return;
  constraints.set(coordinate, strictest(constraints.get(coordinate) ?? {}, constraint));
}

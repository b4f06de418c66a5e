/** Refuses a `@rateLimit` that could not be enforced as it is written. */
import {
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  specifiedScalarTypes,
  type TypeNode,
} from 'graphql';
import { didYouMean } from '../../lib/index.ts';
import type { DirectiveProblem } from './check-own-links.ts';
import { stringArgument } from './links.ts';
import { importedDirectives } from './own-directives.ts';
import { argumentsOfRate } from './read-field-rates.ts';

const longestMs = 366 * 86_400_000;

export function checkFieldRates(supergraph: DocumentNode): readonly DirectiveProblem[] {
  const problems: DirectiveProblem[] = [];
  const name = importedDirectives(supergraph, 'limits').get('rateLimit');
  if (name === undefined) return problems;
  const inputs = new InputTypes(supergraph);
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const field of definition.fields ?? []) check(`${definition.name.value}.${field.name.value}`, field, name);
  }
  return problems;

  function check(
    coordinate: string,
    { directives = [], arguments: args = [] }: FieldDefinitionNode,
    directive: string,
  ) {
    const invalid = (message: string, suggestedFix: string): void => {
      const text = `@rateLimit on "${coordinate}" ${message}`;
      problems.push({ code: 'RATE_LIMIT_INVALID', message: text, coordinate, suggestedFix });
    };
    for (const applied of directives) {
      if (applied.name.value !== directive) continue;
      const { max, windowMs, identityArgs } = argumentsOfRate(applied);
      if (max < 1) invalid('has a max below 1', 'write how often the field may be read; to hide it, use @inaccessible');
      if (windowMs <= 0 || windowMs > longestMs)
        invalid(
          `has window: "${stringArgument(applied, 'window') ?? ''}", which is no duration up to 366d`,
          'write a duration such as 500ms, 10s, 5m, 2h or 1d',
        );
      const names = args.map((arg) => arg.name.value);
      for (const path of identityArgs) {
        const [first = ''] = path.split('.');
        if (!names.includes(first)) {
          invalid(
            `has identityArgs: ["${path}"], which is no argument of the field${didYouMean(first, names)}`,
            names.length === 0
              ? 'leave identityArgs out: the field has no arguments'
              : `name one of ${names.join(', ')}`,
          );
          continue;
        }
        const wrong = inputs.wrongStep(args, path.split('.'));
        if (wrong === undefined) continue;
        const { step, type, fields } = wrong;
        invalid(
          `has identityArgs: ["${path}"], of which ${type} has no field ${step}${didYouMean(step, fields)}`,
          fields.length === 0 ? `end the path before "${step}"` : `name one of ${fields.join(', ')} after the dot`,
        );
      }
    }
  }
}

/** A step of a path that leads nowhere, from which type, and where that type leads. */
interface WrongStep {
  readonly step: string;
  readonly type: string;
  readonly fields: readonly string[];
}

class InputTypes {
  readonly #fields = new Map<string, readonly InputValueDefinitionNode[]>();
  /** Of scalars that subgraphs define nobody knows what is in them. */
  readonly #closed = new Set(specifiedScalarTypes.map(({ name }) => name));

  constructor({ definitions }: DocumentNode) {
    for (const definition of definitions) {
      if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION)
        this.#fields.set(definition.name.value, definition.fields ?? []);
      else if (definition.kind === Kind.ENUM_TYPE_DEFINITION) this.#closed.add(definition.name.value);
    }
  }

  /** @returns undefined for a path that leads to a value */
  wrongStep(args: readonly InputValueDefinitionNode[], [first, ...path]: readonly string[]): WrongStep | undefined {
    let input = args.find(({ name }) => name.value === first);
    for (const step of path) {
      if (input === undefined) return undefined;
      const type = nullable(input.type);
      if (type.kind === Kind.LIST_TYPE) return { step, type: 'a list', fields: [] };
      const fields = this.#fields.get(type.name.value);
      if (fields === undefined)
        return this.#closed.has(type.name.value) ? { step, type: type.name.value, fields: [] } : undefined;
      input = fields.find(({ name }) => name.value === step);
      if (input === undefined) return { step, type: type.name.value, fields: fields.map(({ name }) => name.value) };
    }
    return undefined;
  }
}

function nullable(type: TypeNode): Exclude<TypeNode, { readonly kind: Kind.NON_NULL_TYPE }> {
  return type.kind === Kind.NON_NULL_TYPE ? type.type : type;
}

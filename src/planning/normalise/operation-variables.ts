/** The variables of a normalised operation: the client's under other names, and one for every distinct literal. */
import {
  type ArgumentNode,
  type DirectiveNode,
  type GraphQLArgument,
  GraphQLFloat,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInputType,
  isLeafType,
  isListType,
  isNonNullType,
  Kind,
  type NamedTypeNode,
  print,
  typeFromAST,
  type ValueNode,
  type VariableDefinitionNode,
  valueFromASTUntyped,
} from 'graphql';
import { invariant } from '../../lib/index.ts';

/** Where the value of a variable of the normalised operation comes from. */
export type VariableSource =
  | { readonly kind: 'client'; readonly name: string; readonly fallbackJson: string | undefined }
  | { readonly kind: 'literal'; readonly json: string };

/** A field or a directive. */
interface TakesArguments {
  readonly name: string;
  readonly args: readonly GraphQLArgument[];
}

export class OperationVariables {
  readonly sources = new Map<string, VariableSource>();
  readonly #schema: GraphQLSchema;
  readonly #declared: ReadonlyMap<string, VariableDefinitionNode>;
  readonly #names = new Map<string, string>();
  readonly #types = new Map<string, string>();

  constructor(schema: GraphQLSchema, definitions: readonly VariableDefinitionNode[]) {
    this.#schema = schema;
    this.#declared = new Map(definitions.map((definition) => [definition.variable.name.value, definition]));
  }

  /**
   * Why a field with these arguments fails before anybody is asked. A Float that JSON readers take for infinite would
   * have a subgraph refuse the whole request, with all fields that are asked for in it.
   *
   * @param defaults of the variables that the client left out
   */
  refusalOf(
    field: TakesArguments,
    given: readonly ArgumentNode[],
    defaults: ReadonlyMap<string, ValueNode>,
  ): string | undefined {
    for (const { name, value } of given) {
      const type = field.args.find((one) => one.name === name.value)?.type;
      const number = type === undefined ? undefined : infiniteFloat(value, type, defaults);
      if (number !== undefined)
        return `Argument "${name.value}" has an invalid value: Float cannot represent ${number}.`;
    }
    return undefined;
  }

  definitions(): string {
    if (this.#types.size === 0) return '';
    return `(${[...this.#types].map(([name, type]) => `$${name}:${type}`).join(',')})`;
  }

  /** A field's or an operation's own directives, in their order. */
  writeDirectives(directives: readonly DirectiveNode[]): string {
    let text = '';
    for (const directive of directives) {
      const definition = this.#schema.getDirective(directive.name.value);
      invariant(definition != null, `@${directive.name.value} exists in a validated operation`);
      text += ` @${definition.name}${this.writeArguments(definition, directive.arguments ?? [])}`;
    }
    return text;
  }

  /** The arguments by their names: neither their order in the document makes a difference nor that in a type. */
  writeArguments(field: TakesArguments, given: readonly ArgumentNode[]): string {
    if (given.length === 0) return '';
    const sorted = given.length === 1 ? given : [...given].sort((a, b) => (a.name.value < b.name.value ? -1 : 1));
    const written = sorted.map(({ name, value }) => {
      const definition = field.args.find((one) => one.name === name.value);
      invariant(definition !== undefined, `${field.name} takes ${name.value} in a validated operation`);
      return `${name.value}:${this.#write(value, definition.type)}`;
    });
    return `(${written.join(',')})`;
  }

  #write(value: ValueNode, type: GraphQLInputType): string {
    if (!hasVariable(value)) return `$${this.#literal(value, type)}`;
    return this.#writeMixed(value, type);
  }

  /**
   * A value that holds variables stays where it is, with their new names.
   *
   * @param scalar the custom scalar it is inside of, where no type says more
   */
  #writeMixed(value: ValueNode, type: GraphQLInputType | undefined, scalar?: GraphQLInputType): string {
    const nullable = isNonNullType(type) ? type.ofType : type;
    const around = isLeafType(nullable) ? nullable : scalar;
    switch (value.kind) {
      case Kind.VARIABLE:
        return `$${this.#client(value.name.value, type === undefined ? undefined : String(type))}`;
      case Kind.LIST: {
        const item = isListType(nullable) ? nullable.ofType : undefined;
        return `[${value.values.map((one) => this.#writeMixed(one, item, around)).join(',')}]`;
      }
      case Kind.OBJECT: {
        const named = getNamedType(nullable);
        const fields = isInputObjectType(named) ? named.getFields() : undefined;
        return `{${value.fields.map(({ name, value: inner }) => `${name.value}:${this.#writeMixed(inner, fields?.[name.value]?.type, around)}`).join(',')}}`;
      }
      case Kind.INT:
      case Kind.FLOAT: {
        // Planners read literals as JavaScript numbers; what that would change goes round them.
        const own = type ?? scalar;
        const isExact = String(Number(value.value)) === value.value;
        return isExact || own === undefined ? print(value) : `$${this.#literal(value, own)}`;
      }
      default:
        return print(value);
    }
  }

  #client(name: string, position: string | undefined): string {
    const definition = this.#declared.get(name);
    invariant(definition !== undefined, `$${name} is declared`);
    const { defaultValue } = definition;
    const own = typeFromAST(this.#schema, definition.type as NamedTypeNode);
    const fallbackJson =
      defaultValue === undefined ? undefined : literalJson(defaultValue, isInputType(own) ? own : undefined);
    const declared = print(definition.type);
    // `$x: Int = 5` may stand where Int! is asked for, by its default alone: there it stays, for a null to fail the field
    // and not the request. Elsewhere it would only tell apart operations that ask for the same.
    const needsDefault =
      defaultValue !== undefined &&
      defaultValue.kind !== Kind.NULL &&
      position?.endsWith('!') === true &&
      !declared.endsWith('!');
    const type = needsDefault ? `${declared}=${print(defaultValue)}` : declared;
    return this.#name(`$${name}:${type}`, type, { kind: 'client', name, fallbackJson });
  }

  #literal(value: ValueNode, type: GraphQLInputType): string {
    const json = literalJson(value, type);
    return this.#name(`${json}:${type}`, String(type), { kind: 'literal', json });
  }

  #name(identity: string, type: string, source: VariableSource): string {
    const known = this.#names.get(identity);
    if (known !== undefined) return known;
    const name = `v${this.#names.size}`;
    this.#names.set(identity, name);
    this.#types.set(name, type);
    this.sources.set(name, source);
    return name;
  }
}

/**
 * A literal as JSON, its numbers as they are written: a custom scalar's may exceed what a JavaScript number holds. An ID
 * becomes the string that it is, for the same reason.
 */
function literalJson(value: ValueNode, type: GraphQLInputType | undefined): string {
  const nullable = isNonNullType(type) ? type.ofType : type;
  switch (value.kind) {
    case Kind.INT:
      return getNamedType(nullable)?.name === 'ID' ? JSON.stringify(value.value) : value.value;
    case Kind.FLOAT:
      return value.value;
    case Kind.LIST: {
      const item = isListType(nullable) ? nullable.ofType : undefined;
      return `[${value.values.map((one) => literalJson(one, item)).join(',')}]`;
    }
    case Kind.OBJECT: {
      const named = getNamedType(nullable);
      const fields = isInputObjectType(named) ? named.getFields() : undefined;
      return `{${value.fields.map((field) => `${JSON.stringify(field.name.value)}:${literalJson(field.value, fields?.[field.name.value]?.type)}`).join(',')}}`;
    }
    default:
      return JSON.stringify(valueFromASTUntyped(value));
  }
}

/** @returns the text of a number that is infinite to JavaScript, at a place that takes a Float */
function infiniteFloat(
  value: ValueNode,
  type: GraphQLInputType,
  defaults: ReadonlyMap<string, ValueNode>,
): string | undefined {
  const named = getNamedType(type);
  switch (value.kind) {
    case Kind.VARIABLE: {
      const standsFor = defaults.get(value.name.value);
      return standsFor === undefined ? undefined : infiniteFloat(standsFor, type, defaults);
    }
    case Kind.INT:
    case Kind.FLOAT:
      return named === GraphQLFloat && !Number.isFinite(Number(value.value)) ? value.value : undefined;
    case Kind.LIST:
      return firstOf(value.values, (one) => infiniteFloat(one, type, defaults));
    case Kind.OBJECT: {
      if (!isInputObjectType(named)) return undefined;
      const fields = named.getFields();
      return firstOf(value.fields, (one) => {
        const field = fields[one.name.value];
        return field === undefined ? undefined : infiniteFloat(one.value, field.type, defaults);
      });
    }
    default:
      return undefined;
  }
}

/** The defaults of variables that hold a number that no Float can be. */
export function infiniteDefaults(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): ReadonlyMap<string, ValueNode> {
  const found = new Map<string, ValueNode>();
  for (const { variable, type, defaultValue } of definitions) {
    const declared = defaultValue === undefined ? undefined : typeFromAST(schema, type as NamedTypeNode);
    if (defaultValue === undefined || !isInputType(declared)) continue;
    if (infiniteFloat(defaultValue, declared, found) !== undefined) found.set(variable.name.value, defaultValue);
  }
  return found;
}

function firstOf<Item>(items: readonly Item[], find: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function hasVariable(value: ValueNode): boolean {
  switch (value.kind) {
    case Kind.VARIABLE:
      return true;
    case Kind.LIST:
      return value.values.some(hasVariable);
    case Kind.OBJECT:
      return value.fields.some((field) => hasVariable(field.value));
    default:
      return false;
  }
}

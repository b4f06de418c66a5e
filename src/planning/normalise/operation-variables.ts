/** The variables of a normalised operation: the client's variables, renamed, and one for every distinct literal. */
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
   * The error of a field with an invalid argument. A Float that JSON parsers read as infinite would make a subgraph
   * reject the whole request, with all fields in it.
   *
   * @param defaults the defaults of variables that the client omits
   */
  refusalOf(
    field: TakesArguments,
    nodes: readonly ArgumentNode[],
    defaults: ReadonlyMap<string, ValueNode>,
  ): string | undefined {
    for (const { name, value } of nodes) {
      const type = field.args.find((argument) => argument.name === name.value)?.type;
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

  /** The custom directives of a field or an operation, in their order. */
  writeDirectives(directives: readonly DirectiveNode[]): string {
    let text = '';
    for (const directive of directives) {
      const definition = this.#schema.getDirective(directive.name.value);
      invariant(definition != null, `@${directive.name.value} exists in a validated operation`);
      text += ` @${definition.name}${this.writeArguments(definition, directive.arguments ?? [])}`;
    }
    return text;
  }

  /** The arguments sorted by name, so that neither their order in the document nor in the type makes a difference. */
  writeArguments(field: TakesArguments, nodes: readonly ArgumentNode[]): string {
    if (nodes.length === 0) return '';
    const sorted = nodes.length === 1 ? nodes : [...nodes].sort((a, b) => (a.name.value < b.name.value ? -1 : 1));
    const texts = sorted.map(({ name, value }) => {
      const definition = field.args.find((argument) => argument.name === name.value);
      invariant(definition !== undefined, `${field.name} takes ${name.value} in a validated operation`);
      return `${name.value}:${this.#write(value, definition.type)}`;
    });
    return `(${texts.join(',')})`;
  }

  #write(value: ValueNode, type: GraphQLInputType): string {
    if (!hasVariable(value)) return `$${this.#literal(value, type)}`;
    return this.#writeMixed(value, type);
  }

  /**
   * A value that contains variables stays in place, with renamed variables.
   *
   * @param scalar the enclosing custom scalar, inside which no types are declared
   */
  #writeMixed(value: ValueNode, type: GraphQLInputType | undefined, scalar?: GraphQLInputType): string {
    const nullable = isNonNullType(type) ? type.ofType : type;
    const around = isLeafType(nullable) ? nullable : scalar;
    switch (value.kind) {
      case Kind.VARIABLE:
        return `$${this.#client(value.name.value, type === undefined ? undefined : String(type))}`;
      case Kind.LIST: {
        const item = isListType(nullable) ? nullable.ofType : undefined;
        return `[${value.values.map((element) => this.#writeMixed(element, item, around)).join(',')}]`;
      }
      case Kind.OBJECT: {
        const namedType = getNamedType(nullable);
        const fields = isInputObjectType(namedType) ? namedType.getFields() : undefined;
        return `{${value.fields.map(({ name, value: inner }) => `${name.value}:${this.#writeMixed(inner, fields?.[name.value]?.type, around)}`).join(',')}}`;
      }
      case Kind.INT:
      case Kind.FLOAT: {
        // Planners read literals as JavaScript numbers; a number that would lose digits becomes a variable.
        const declaredType = type ?? scalar;
        const isExact = String(Number(value.value)) === value.value;
        return isExact || declaredType === undefined ? print(value) : `$${this.#literal(value, declaredType)}`;
      }
      default:
        return print(value);
    }
  }

  #client(name: string, position: string | undefined): string {
    const definition = this.#declared.get(name);
    invariant(definition !== undefined, `$${name} is declared`);
    const { defaultValue } = definition;
    const variableType = typeFromAST(this.#schema, definition.type as NamedTypeNode);
    const fallbackJson =
      defaultValue === undefined
        ? undefined
        : literalJson(defaultValue, isInputType(variableType) ? variableType : undefined);
    const declared = print(definition.type);
    // Only its default allows `$x: Int = 5` in an Int! position. There the default stays, so that a null fails the field
    // and not the request. In other positions it would only distinguish equivalent operations.
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
    const existingName = this.#names.get(identity);
    if (existingName !== undefined) return existingName;
    const name = `v${this.#names.size}`;
    this.#names.set(identity, name);
    this.#types.set(name, type);
    this.sources.set(name, source);
    return name;
  }
}

/**
 * A literal as JSON with all digits of its numbers: the number of a custom scalar may exceed a JavaScript number. An ID
 * becomes a string for the same reason.
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
      return `[${value.values.map((element) => literalJson(element, item)).join(',')}]`;
    }
    case Kind.OBJECT: {
      const namedType = getNamedType(nullable);
      const fields = isInputObjectType(namedType) ? namedType.getFields() : undefined;
      return `{${value.fields.map((field) => `${JSON.stringify(field.name.value)}:${literalJson(field.value, fields?.[field.name.value]?.type)}`).join(',')}}`;
    }
    default:
      return JSON.stringify(valueFromASTUntyped(value));
  }
}

/** @returns the text of a number in a Float position that is infinite in JavaScript */
function infiniteFloat(
  value: ValueNode,
  type: GraphQLInputType,
  defaults: ReadonlyMap<string, ValueNode>,
): string | undefined {
  const namedType = getNamedType(type);
  switch (value.kind) {
    case Kind.VARIABLE: {
      const defaultValue = defaults.get(value.name.value);
      return defaultValue === undefined ? undefined : infiniteFloat(defaultValue, type, defaults);
    }
    case Kind.INT:
    case Kind.FLOAT:
      return namedType === GraphQLFloat && !Number.isFinite(Number(value.value)) ? value.value : undefined;
    case Kind.LIST:
      return firstOf(value.values, (element) => infiniteFloat(element, type, defaults));
    case Kind.OBJECT: {
      if (!isInputObjectType(namedType)) return undefined;
      const fields = namedType.getFields();
      return firstOf(value.fields, (node) => {
        const field = fields[node.name.value];
        return field === undefined ? undefined : infiniteFloat(node.value, field.type, defaults);
      });
    }
    default:
      return undefined;
  }
}

/** The defaults of variables that contain a number that no Float can represent. */
export function infiniteDefaults(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): ReadonlyMap<string, ValueNode> {
  const infinite = new Map<string, ValueNode>();
  for (const { variable, type, defaultValue } of definitions) {
    const declared = defaultValue === undefined ? undefined : typeFromAST(schema, type as NamedTypeNode);
    if (defaultValue === undefined || !isInputType(declared)) continue;
    if (infiniteFloat(defaultValue, declared, infinite) !== undefined) infinite.set(variable.name.value, defaultValue);
  }
  return infinite;
}

function firstOf<Item>(items: readonly Item[], find: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const result = find(item);
    if (result !== undefined) return result;
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

/**
 * Valid random operations over a schema, from a seed: nested fields, arguments as literals and variables, aliases that
 * take the names of other fields, fragments with and without type conditions, @skip and @include, repeated fields,
 * __typename anywhere, several operations in a document. What validation refuses (mostly overlapping fields) is
 * discarded and made again.
 */
import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  parse,
  validate,
} from 'graphql';
import type { Random } from './random.ts';

export interface RandomOperationOptions {
  readonly schema: GraphQLSchema;
  readonly random: Random;
  /** Values for arguments of type ID. */
  readonly ids: readonly string[];
  /** Whether aliases may take the names of other fields. */
  readonly shadowing: boolean;
  /** How often the operation is a mutation, where the schema has any. */
  readonly mutations?: number;
  readonly maxDepth?: number;
  readonly maxFields?: number;
}

export interface RandomOperation {
  readonly query: string;
  readonly variables: Record<string, unknown>;
  readonly operationName: string | undefined;
  /** How many invalid ones were made before it. */
  readonly discarded: number;
}

export function randomOperation(options: RandomOperationOptions): RandomOperation {
  for (let discarded = 0; ; discarded++) {
    const { query, variables, operationName } = new Writer(options).write();
    if (validate(options.schema, parse(query)).length === 0) return { query, variables, operationName, discarded };
    if (discarded > 1_000) throw new Error(`no valid operation found; the last was\n${query}`);
  }
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition: string;
}

const words = ['a', 'EUR', 'de', 'item 1', 'Zeile\n"zwei"', ''];
const names = ['x', 'y', 'constructor', 'hasOwnProperty', '__proto__', 'toString', 'then', 'length'];

class Writer {
  readonly #options: RandomOperationOptions;
  readonly #random: Random;
  readonly #variables = new Map<string, Variable>();
  readonly #values: Record<string, unknown> = {};
  readonly #fragments: { readonly name: string; readonly type: GraphQLCompositeType; readonly text: string }[] = [];
  #budget: number;
  #fragmentNames = 0;

  constructor(options: RandomOperationOptions) {
    this.#options = options;
    this.#random = options.random;
    this.#budget = 4 + this.#random.below(options.maxFields ?? 36);
  }

  write(): {
    readonly query: string;
    readonly variables: Record<string, unknown>;
    readonly operationName: string | undefined;
  } {
    const { schema, mutations = 0 } = this.#options;
    const random = this.#random;
    const mutation = schema.getMutationType();
    const isMutation = mutation != null && random.chance(mutations);
    const root = (isMutation ? mutation : schema.getQueryType()) as GraphQLObjectType;
    const body = this.#selectionSet(root, this.#options.maxDepth ?? 7);
    const definitions = [...this.#variables.values()].map(({ definition }) => definition).join(' ');
    const several = random.chance(0.15);
    const isNamed = several || random.chance(0.3);
    const operationName = isNamed ? 'Wanted' : undefined;
    const head =
      isNamed || definitions !== '' || isMutation
        ? `${isMutation ? 'mutation' : 'query'} ${isNamed ? 'Wanted' : ''}${definitions === '' ? '' : `(${definitions})`} `
        : '';
    const used = this.#fragments.filter(
      ({ name }) => body.includes(`...${name} `) || this.#fragments.some(({ text }) => text.includes(`...${name} `)),
    );
    const parts = [`${head}${body}`, ...used.map(({ name, type, text }) => `fragment ${name} on ${type.name} ${text}`)];
    if (several) parts.splice(random.below(parts.length + 1), 0, 'query Other { __typename }');
    return {
      query: parts.join('\n'),
      variables: this.#values,
      operationName: several || random.chance(0.5) ? operationName : undefined,
    };
  }

  #selectionSet(type: GraphQLCompositeType, depth: number): string {
    const random = this.#random;
    const count = 1 + random.below(depth > 3 ? 4 : 5);
    const headsByKey = new Map<string, string>();
    const parts: string[] = [];
    for (let index = 0; index < count; index++) parts.push(this.#selection(type, depth, headsByKey));
    return `{ ${parts.join(' ')} }`;
  }

  #selection(type: GraphQLCompositeType, depth: number, headsByKey: Map<string, string>): string {
    const random = this.#random;
    if (depth <= 0 || (this.#budget <= 0 && !('getFields' in type))) return '__typename';
    const roll = random.next();
    if (roll < 0.08 || isUnionType(type)) {
      if (roll < 0.08) return `${random.chance(0.2) ? 'kind_of: ' : ''}__typename${this.#directives()}`;
    } else if (roll < (isAbstractType(type) ? 0.5 : 0.82)) {
      return this.#field(type, depth, headsByKey);
    }
    this.#budget--;
    return roll < 0.93 || depth <= 1 ? this.#inlineFragment(type, depth) : this.#spread(type, depth);
  }

  #field(
    type: Exclude<GraphQLCompositeType, { getTypes(): unknown }>,
    depth: number,
    headsByKey: Map<string, string>,
  ): string {
    const random = this.#random;
    const fields = Object.values(type.getFields());
    const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)));
    this.#budget--;
    const choices = (depth <= 1 || this.#budget <= 0) && leaves.length > 0 ? leaves : fields;
    if ((depth <= 1 || this.#budget <= 0) && leaves.length === 0) return '__typename';
    const field = random.pick(choices);
    const alias = this.#alias(field, fields);
    const key = alias ?? field.name;
    let head = `${alias === undefined ? '' : `${alias}: `}${field.name}${this.#arguments(field)}`;
    const previous = headsByKey.get(key);
    if (previous !== undefined) {
      if (previous.replace(/^\w+: /, '').split('(')[0] !== field.name) return '__typename';
      head = previous;
    } else {
      headsByKey.set(key, head);
    }
    const inner = getNamedType(field.type);
    return `${head}${this.#directives()}${isCompositeType(inner) ? ` ${this.#selectionSet(inner, depth - 1)}` : ''}`;
  }

  #alias(field: GraphQLField<unknown, unknown>, fields: readonly GraphQLField<unknown, unknown>[]): string | undefined {
    const random = this.#random;
    if (!random.chance(0.3))
      return field.args.length > 0 && random.chance(0.3) ? `${field.name}_${random.below(9)}` : undefined;
    if (this.#options.shadowing && random.chance(0.6)) {
      const other = random.pick(fields).name;
      return other === field.name ? undefined : other;
    }
    return this.#options.shadowing ? random.pick(names) : `alias_${field.name}_${random.below(3)}`;
  }

  #inlineFragment(type: GraphQLCompositeType, depth: number): string {
    const condition = this.#random.chance(0.15) ? undefined : this.#condition(type);
    const head = condition === undefined ? '...' : `... on ${condition.name}`;
    return `${head}${this.#directives()} ${this.#selectionSet(condition ?? type, depth - 1)}`;
  }

  #spread(type: GraphQLCompositeType, depth: number): string {
    const condition = this.#condition(type);
    const fragments = this.#fragments.filter((fragment) => this.#overlap(type, fragment.type));
    if (fragments.length > 0 && this.#random.chance(0.5))
      return `...${this.#random.pick(fragments).name} ${this.#directives()}`;
    const text = this.#selectionSet(condition, depth - 1);
    const name = `F${++this.#fragmentNames}`;
    this.#fragments.push({ name, type: condition, text });
    return `...${name} ${this.#directives()}`;
  }

  #condition(type: GraphQLCompositeType): GraphQLCompositeType {
    const { schema } = this.#options;
    const possible = Object.values(schema.getTypeMap()).filter(
      (other): other is GraphQLCompositeType =>
        isCompositeType(other) && !other.name.startsWith('__') && this.#overlap(type, other),
    );
    return this.#random.pick(possible);
  }

  #overlap(a: GraphQLCompositeType, b: GraphQLCompositeType): boolean {
    const { schema } = this.#options;
    const typesOf = (type: GraphQLCompositeType): readonly GraphQLObjectType[] =>
      isInterfaceType(type) || isUnionType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
    const others = new Set(typesOf(b));
    return typesOf(a).some((type) => others.has(type));
  }

  #directives(): string {
    const random = this.#random;
    if (!random.chance(0.12)) return '';
    const directive = random.pick(['skip', 'include']);
    const second = random.chance(0.1)
      ? ` @${directive === 'skip' ? 'include' : 'skip'}(if: ${random.chance(0.5)})`
      : '';
    if (random.chance(0.5)) return ` @${directive}(if: ${random.chance(directive === 'include' ? 0.8 : 0.2)})${second}`;
    const name = random.pick(['if1', 'if2', 'constructor']);
    const declared = this.#variables.get(name);
    if (declared === undefined) {
      const fallback = random.chance(0.5) ? ` = ${random.chance(0.5)}` : '';
      this.#variables.set(name, { name, type: 'Boolean!', definition: `$${name}: Boolean!${fallback}` });
      if (fallback === '' || random.chance(0.5)) this.#values[name] = random.chance(0.6);
    }
    return ` @${directive}(if: $${name})${second}`;
  }

  #arguments(field: GraphQLField<unknown, unknown>): string {
    const random = this.#random;
    const argumentTexts = field.args.flatMap((argument) => {
      const optional = !isNonNullType(argument.type) || argument.defaultValue !== undefined;
      if (optional && random.chance(0.4)) return [];
      return [`${argument.name}: ${this.#value(argument.type, argument.defaultValue !== undefined, 3)}`];
    });
    if (argumentTexts.length > 1 && random.chance(0.3)) argumentTexts.reverse();
    return argumentTexts.length === 0 ? '' : `(${argumentTexts.join(', ')})`;
  }

  /** A value as a document writes it, now and then a variable. */
  #value(type: GraphQLInputType, hasDefault: boolean, depth: number): string {
    const random = this.#random;
    if (random.chance(0.3)) return `$${this.#variable(type, hasDefault)}`;
    if (isNonNullType(type)) return this.#literal(type.ofType, depth);
    return random.chance(0.1) ? 'null' : this.#literal(type, depth);
  }

  #literal(type: GraphQLInputType, depth: number): string {
    const random = this.#random;
    if (isNonNullType(type)) return this.#value(type, false, depth - 1);
    if (isListType(type)) {
      if (random.chance(0.15))
        return this.#literal(isNonNullType(type.ofType) ? type.ofType.ofType : type.ofType, depth);
      return `[${Array.from({ length: random.below(3) }, () => this.#value(type.ofType, false, depth - 1)).join(', ')}]`;
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).flatMap((field) => {
        const optional = !isNonNullType(field.type) || field.defaultValue !== undefined;
        if (optional && (depth <= 0 || random.chance(0.5))) return [];
        return [`${field.name}: ${this.#value(field.type, field.defaultValue !== undefined, depth - 1)}`];
      });
      return `{${fields.join(', ')}}`;
    }
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    return JSON.stringify(this.#scalar(type.name));
  }

  #scalar(name: string): unknown {
    const random = this.#random;
    switch (name) {
      case 'Int':
        return random.below(5);
      case 'Float':
        return random.below(50) / 4;
      case 'Boolean':
        return random.chance(0.5);
      case 'ID':
        return random.pick(this.#options.ids);
      case 'String':
        return random.pick(words);
      default:
        return random.pick<unknown>([1, 'text', true, [1, 'two', null]]);
    }
  }

  #variable(type: GraphQLInputType, hasDefault: boolean): string {
    const random = this.#random;
    const position = String(type);
    const variables = [...this.#variables.values()].filter((variable) => variable.type === position);
    if (variables.length > 0 && random.chance(0.4)) return random.pick(variables).name;
    const name = `${random.pick(['v', 'first', 'toString', 'representations', '_0_'])}${this.#variables.size}`;
    const nullable = isNonNullType(type) ? type.ofType : type;
    const required = isNonNullType(type) && !hasDefault;
    const roll = random.next();
    // A variable with a default is allowed at a non-null position, unless its value is null.
    const fallback = roll < 0.4 ? ` = ${JSON.stringify(this.#json(nullable, 1)).replace(/"(\w+)":/g, '$1:')}` : '';
    const safe = isEnumType(getNamedType(type)) ? '' : fallback;
    const declared =
      required && safe === '' ? position : isNonNullType(type) && roll > 0.9 ? position : String(nullable);
    this.#variables.set(name, {
      name,
      type: position,
      definition: `$${name}: ${declared}${declared.endsWith('!') ? '' : safe}`,
    });
    const mustGive = declared.endsWith('!');
    if (mustGive || random.chance(0.6))
      this.#values[name] = !isNonNullType(type) && !mustGive && random.chance(0.15) ? null : this.#json(nullable, 2);
    return name;
  }

  #json(type: GraphQLInputType, depth: number): unknown {
    const random = this.#random;
    if (isNonNullType(type)) return this.#json(type.ofType, depth);
    if (isListType(type)) return Array.from({ length: random.below(3) }, () => this.#json(type.ofType, depth - 1));
    if (isInputObjectType(type)) {
      return Object.fromEntries(
        Object.values(type.getFields()).flatMap((field) => {
          const optional = !isNonNullType(field.type) || field.defaultValue !== undefined;
          return optional && (depth <= 0 || random.chance(0.5))
            ? []
            : [[field.name, this.#json(field.type, depth - 1)] as const];
        }),
      );
    }
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    return this.#scalar(type.name);
  }
}

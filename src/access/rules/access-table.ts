/** What it takes to read each field of a schema: the rules of the field, of its object type and of the type it returns. */
import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import type { AccessRule, AccessRules } from '../../supergraph/index.ts';

const none: readonly AccessRule[] = [];

export class AccessTable {
  readonly schema: GraphQLSchema;
  readonly #rules: AccessRules;
  readonly #ofFields = new Map<string, readonly AccessRule[]>();

  constructor(schema: GraphQLSchema, rules: AccessRules) {
    this.schema = schema;
    this.#rules = rules;
  }

  /** Whether nothing is protected. */
  get isEmpty(): boolean {
    return this.#rules.size === 0;
  }

  /** Every rule of the schema, by the coordinate of its element. */
  get rules(): AccessRules {
    return this.#rules;
  }

  ofType(name: string): readonly AccessRule[] {
    return this.#rules.get(name) ?? none;
  }

  /** All of these must hold. A field that returns an interface or union takes the rules of each object's type, not here. */
  ofField(type: GraphQLObjectType, name: string): readonly AccessRule[] {
    const coordinate = `${type.name}.${name}`;
    let rules = this.#ofFields.get(coordinate);
    if (rules === undefined) {
      const field = type.getFields()[name];
      const returned = field === undefined ? none : this.ofType(getNamedType(field.type).name);
      const all = [...this.ofType(type.name), ...(this.#rules.get(coordinate) ?? none), ...returned];
      rules = all.length === 0 ? none : all;
      this.#ofFields.set(coordinate, rules);
    }
    return rules;
  }

  /** The object types that a field of an interface or union type may return, where some of them have rules. */
  protectedMembers(type: GraphQLOutputType): readonly GraphQLObjectType[] {
    const namedType = getNamedType(type);
    if (!isAbstractType(namedType)) return [];
    const members = this.schema.getPossibleTypes(namedType);
    return members.some(({ name }) => this.#rules.has(name)) ? members : [];
  }

  objectType(name: string): GraphQLObjectType | undefined {
    const type = this.schema.getType(name);
    return isObjectType(type) ? type : undefined;
  }
}

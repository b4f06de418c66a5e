/** What it takes to read each field of a schema: the rules of the field, of its object type and of the type it returns. */
import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import type { AccessRule, AccessRules, FieldSource, FieldSources } from '../../supergraph/index.ts';

const none: readonly AccessRule[] = [];
const noSources: readonly FieldSource[] = [];

export class AccessTable {
  readonly schema: GraphQLSchema;
  readonly #rules: AccessRules;
  readonly #sources: FieldSources;
  readonly #ofFields = new Map<string, readonly AccessRule[]>();

  /** @param sources what the values of AI fields are made from */
  constructor(schema: GraphQLSchema, rules: AccessRules, sources: FieldSources = new Map()) {
    this.schema = schema;
    this.#rules = rules;
    this.#sources = sources;
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
    const returned = type.getFields()[name]?.type;
    return this.#ofField(type.name, name, returned && getNamedType(returned).name);
  }

  /** What a field's value is made from, where that is known. */
  sourcesOf(type: string, field: string): readonly FieldSource[] {
    return this.#sources.get(`${type}.${field}`) ?? noSources;
  }

  /** The rules of a field that another one's value is made from. Clients need not see it, nor its type. */
  ofSource(objectType: string, { node, returns }: FieldSource): readonly AccessRule[] {
    return this.#ofField(objectType, node.name.value, returns);
  }

  #ofField(typeName: string, name: string, returned: string | undefined): readonly AccessRule[] {
    const coordinate = `${typeName}.${name}`;
    let rules = this.#ofFields.get(coordinate);
    if (rules === undefined) {
      const ofReturned = returned === undefined ? none : this.ofType(returned);
      const all = [...this.ofType(typeName), ...(this.#rules.get(coordinate) ?? none), ...ofReturned];
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

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
const noMembers: readonly GraphQLObjectType[] = [];
const noSources: readonly FieldSource[] = [];

export class AccessTable {
  readonly schema: GraphQLSchema;
  readonly #rules: AccessRules;
  readonly #sources: FieldSources;
  /** The rules of fields alone, by type and field: to look for a text that is put together takes more time than all else. */
  readonly #declared = new Map<string, Map<string, readonly AccessRule[]>>();
  /** With those of the types. */
  readonly #ofFields = new Map<string, Map<string, readonly AccessRule[]>>();
  /** Whether a type has rules, and not fields alone: most schemas have none, and nothing is looked up for them. */
  readonly #hasTypeRules: boolean;

  /** @param sources what the values of AI fields are made from */
  constructor(schema: GraphQLSchema, rules: AccessRules, sources: FieldSources = new Map()) {
    this.schema = schema;
    this.#rules = rules;
    this.#sources = sources;
    let hasTypeRules = false;
    for (const [coordinate, declared] of rules) {
      const [typeName = '', fieldName] = coordinate.split('.');
      if (fieldName === undefined) hasTypeRules = true;
      else mapOf(this.#declared, typeName).set(fieldName, declared);
    }
    this.#hasTypeRules = hasTypeRules;
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
    if (!this.#hasTypeRules) return this.#ofField(type.name, name, undefined);
    const earlier = this.#ofFields.get(type.name)?.get(name);
    if (earlier !== undefined) return earlier;
    const returned = type.getFields()[name]?.type;
    return this.#ofField(type.name, name, returned && getNamedType(returned).name);
  }

  /** What a field's value is made from, where that is known. */
  sourcesOf(type: string, field: string): readonly FieldSource[] {
    return this.#sources.size === 0 ? noSources : (this.#sources.get(`${type}.${field}`) ?? noSources);
  }

  /** The rules of a field that another one's value is made from. Clients need not see it, nor its type. */
  ofSource(objectType: string, { node, returns }: FieldSource): readonly AccessRule[] {
    return this.#ofField(objectType, node.name.value, returns);
  }

  #ofField(typeName: string, name: string, returned: string | undefined): readonly AccessRule[] {
    const declared = this.#declared.get(typeName)?.get(name) ?? none;
    if (!this.#hasTypeRules) return declared;
    const ofType = mapOf(this.#ofFields, typeName);
    let rules = ofType.get(name);
    if (rules === undefined) {
      rules = [...this.ofType(typeName), ...declared, ...(returned === undefined ? none : this.ofType(returned))];
      ofType.set(name, rules);
    }
    return rules;
  }

  /** The object types that a field of an interface or union type may return, where some of them have rules. */
  protectedMembers(type: GraphQLOutputType): readonly GraphQLObjectType[] {
    if (!this.#hasTypeRules) return noMembers;
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

function mapOf<Key, Value>(maps: Map<string, Map<Key, Value>>, name: string): Map<Key, Value> {
  let map = maps.get(name);
  if (map === undefined) {
    map = new Map();
    maps.set(name, map);
  }
  return map;
}

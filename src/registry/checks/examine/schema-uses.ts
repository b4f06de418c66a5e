/** The coordinates that operations use of a schema's types, indexed once. */
import {
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';

export class SchemaUses {
  readonly #schema: GraphQLSchema;
  /** `Type.field` by the type that it returns. */
  readonly #returning = new Map<string, string[]>();
  /** Arguments and input fields by the type that they take. */
  readonly #taking = new Map<string, string[]>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('__')) continue;
      if (isInputObjectType(type)) {
        for (const field of Object.values(type.getFields()))
          addTo(this.#taking, getNamedType(field.type).name, `${type.name}.${field.name}`);
      } else if (isObjectType(type) || isInterfaceType(type)) {
        for (const field of Object.values(type.getFields())) {
          const coordinate = `${type.name}.${field.name}`;
          addTo(this.#returning, getNamedType(field.type).name, coordinate);
          for (const argument of field.args) {
            // A required argument is given wherever its field is selected.
            const use = isRequiredArgument(argument) ? coordinate : `${coordinate}.${argument.name}`;
            addTo(this.#taking, getNamedType(argument.type).name, use);
          }
        }
      }
    }
  }

  /** Whatever an operation uses of a type: its members, the fields that return it, and what takes it. */
  ofType(name: string): readonly string[] {
    return [...new Set([...this.membersOf(name), ...this.fieldsReturning(name), ...(this.#taking.get(name) ?? [])])];
  }

  fieldsReturning(name: string): readonly string[] {
    return this.#returning.get(name) ?? [];
  }

  /** `Type.field`, `Input.field` and `Enum.VALUE` of one type. */
  membersOf(name: string): readonly string[] {
    const type = this.#schema.getType(name);
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type))
      return Object.keys(type.getFields()).map((field) => `${name}.${field}`);
    return isEnumType(type) ? type.getValues().map((value) => `${name}.${value.name}`) : [];
  }
}

function addTo(index: Map<string, string[]>, key: string, coordinate: string): void {
  const coordinates = index.get(key);
  if (coordinates === undefined) index.set(key, [coordinate]);
  else coordinates.push(coordinate);
}

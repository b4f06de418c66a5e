/**
 * Generates the TypeScript types for an AI subgraph's custom code from its SDL: for each @generate field the entity, the
 * arguments and the value of `FieldCode<Entity, Arguments, Value>`. `isthmus types` writes them to a file.
 *
 * The types describe the runtime values: masked personal data is a string whatever its declared type, a value has only the
 * fields the client selected, and a custom scalar of another subgraph is `unknown`.
 *
 * Over 250 lines: it is one recursive walk over types that refer to one another.
 */
import {
  type DocumentNode,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { messageOf } from '../../../errors/index.ts';
import { invariant } from '../../../lib/index.ts';
import { linkOwnDirectives } from '../../../supergraph/index.ts';
import { type AiField, aiFieldsOf } from '../ai-field.ts';
import type { SensitiveFields } from '../answers/sensitive.ts';
import { apolloSubgraph } from '../apollo-subgraph.ts';
import { keysOf } from '../checks/federation-directives.ts';
import { scalarForm } from '../output/output-scalars.ts';

export interface FieldTypesOptions {
  readonly sdl: string;
  /** The name of the schema in the generated header. */
  readonly source: string;
  /** The `@sensitive` fields of the whole supergraph: their masked values are strings. */
  readonly sensitive: SensitiveFields;
}

/**
 * @returns a module that declares `<Type><Field>Entity`, `<Type><Field>Arguments` and `<Type><Field>Value`
 * @throws GraphQLError for SDL that composition rejects too
 */
export function generateFieldTypes({ sdl, source, sensitive }: FieldTypesOptions): string {
  const document = parse(sdl);
  const schema = schemaOf(document);
  const writer = new TypeWriter(schema, sensitive);
  for (const field of aiFieldsOf(document)) writer.writeField(field);
  const header = [
    '/**',
    ` * Written by \`isthmus types\` from ${source.replaceAll('*/', '* /')}; edits are lost.`,
    ' * What each AI field’s own code is called with: `FieldCode<Entity, Arguments, Value>`.',
    ' */',
  ];
  return `${[header.join('\n'), ...writer.declarations].join('\n\n')}\n`;
}

function schemaOf(document: DocumentNode): GraphQLSchema {
  try {
    return apolloSubgraph().buildSubgraphSchema([{ typeDefs: linkOwnDirectives(document) }]);
  } catch (error) {
    throw new GraphQLError(messageOf(error), { originalError: error instanceof Error ? error : null });
  }
}

interface Below {
  readonly parent: GraphQLCompositeType;
  readonly selections: SelectionSetNode;
  readonly isMasked: boolean;
}

/** One field of a selection, merged over every place that selects it. */
interface Selected {
  readonly type: GraphQLType;
  readonly below: Below[];
  isOptional: boolean;
  isMasked: boolean;
}

/** Reserved words of TypeScript, and the two utility types that the generated code uses. */
const reservedNames =
  `any as async await bigint boolean break case catch class const continue debugger declare default delete do
  else enum export extends false finally for from function if implements import in instanceof interface let never new
  null number object of package private protected public return static string super switch symbol this throw true try
  type typeof undefined unknown var void while with yield Readonly Record`.split(/\s+/);

class TypeWriter {
  readonly declarations: string[] = [];
  readonly #schema: GraphQLSchema;
  readonly #sensitive: SensitiveFields;
  readonly #used = new Set(reservedNames);
  /** The declared names of enums, input types and output types. */
  readonly #names = new Map<GraphQLNamedType, string>();

  constructor(schema: GraphQLSchema, sensitive: SensitiveFields) {
    this.#schema = schema;
    this.#sensitive = sensitive;
  }

  writeField({ typeName, fieldName, requiresSelection }: AiField): void {
    const parent = this.#schema.getType(typeName);
    invariant(isObjectType(parent), `${typeName} is an object type`);
    const field = parent.getFields()[fieldName];
    invariant(field !== undefined, `${typeName}.${fieldName} is a field`);
    const name = `${typeName}${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}`;
    const keys = keysOf(parent);
    const entity = new Map<string, Selected>();
    // With several keys a representation has only one of them; the query plan decides which.
    for (const key of keys) this.#collect(parent, key, { isOptional: keys.length > 1, isMasked: false }, entity);
    if (requiresSelection !== undefined)
      this.#collect(parent, requiresSelection, { isOptional: false, isMasked: false }, entity);
    this.#declare(`${name}Entity`, `What \`${typeName}.${fieldName}\` reads of its entity.`, () =>
      entity.size === 0 ? 'Readonly<Record<string, unknown>>' : this.#selection(entity, ''),
    );
    this.#declare(`${name}Arguments`, undefined, () =>
      field.args.length === 0 ? 'Readonly<Record<string, never>>' : this.#inputMembers(field.args),
    );
    const isText = isLeafType(field.type) && ['String', 'ID'].includes(field.type.name);
    this.#declare(`${name}Value`, undefined, () =>
      isText ? 'string' : this.#wrap(field.type, (namedType) => this.#outputType(namedType)),
    );
  }

  /** Adds a declaration in the order of first use; `write` may append further declarations. */
  #declare(preferredName: string, comment: string | undefined, write: (name: string) => string): void {
    let name = preferredName;
    for (let count = 2; this.#used.has(name); count++) name = `${preferredName}${count}`;
    this.#used.add(name);
    const place = this.declarations.push('') - 1;
    const text = write(name);
    const words = comment === undefined ? '' : `/** ${comment} */\n`;
    this.declarations[place] =
      words +
      (text.startsWith('{') && text.endsWith('}')
        ? `export interface ${name} ${text}`
        : `export type ${name} =${text.startsWith('\n') ? '' : ' '}${text};`);
  }

  #declareOnce(type: GraphQLNamedType, write: () => string): string {
    if (!this.#names.has(type)) {
      this.#declare(type.name, undefined, (name) => {
        // A type may refer to itself, so its name is registered before its text is generated.
        this.#names.set(type, name);
        return write();
      });
    }
    return this.#names.get(type) ?? type.name;
  }

  /** @param how whether the parent object may be absent, and whether it is masked as a whole */
  #collect(
    parent: GraphQLCompositeType,
    { selections }: SelectionSetNode,
    how: { readonly isOptional: boolean; readonly isMasked: boolean },
    collected: Map<string, Selected>,
  ): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue; // a field set has none
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const type = selection.typeCondition && this.#schema.getType(selection.typeCondition.name.value);
        if (type === undefined) this.#collect(parent, selection.selectionSet, how, collected);
        else if (isCompositeType(type))
          this.#collect(type, selection.selectionSet, { ...how, isOptional: true }, collected);
        continue;
      }
      const { name, alias, selectionSet } = selection;
      const type = 'getFields' in parent ? parent.getFields()[name.value]?.type : undefined;
      if (type === undefined) continue; // __typename, or a field that composition reports as unknown
      const isMasked = how.isMasked || this.#isSensitive(parent, name.value);
      const key = (alias ?? name).value;
      const entry = collected.get(key) ?? { type, below: [], isOptional: how.isOptional, isMasked: false };
      entry.isOptional &&= how.isOptional;
      entry.isMasked ||= isMasked;
      collected.set(key, entry);
      const below = namedOf(type);
      if (selectionSet !== undefined && isCompositeType(below))
        entry.below.push({ parent: below, selections: selectionSet, isMasked });
    }
  }

  #isSensitive(parent: GraphQLCompositeType, field: string): boolean {
    if (this.#sensitive.has(`${parent.name}.${field}`)) return true;
    if (isObjectType(parent)) return false;
    return this.#schema.getPossibleTypes(parent).some((type) => this.#sensitive.has(`${type.name}.${field}`));
  }

  #selection(fields: ReadonlyMap<string, Selected>, indent: string): string {
    const inner = `${indent}  `;
    const members = [...fields].map(([key, { type, below, isOptional, isMasked }]) => {
      const typeText = this.#wrap(type, (namedType) => {
        if (isLeafType(namedType)) return isMasked ? 'string' : this.#leaf(namedType, 'input');
        const selected = new Map<string, Selected>();
        for (const { parent, selections, isMasked: masked } of below) {
          this.#collect(parent, selections, { isOptional: false, isMasked: masked }, selected);
        }
        return selected.size === 0 ? 'Readonly<Record<string, unknown>>' : this.#selection(selected, inner);
      });
      return `${inner}readonly ${key}${isOptional ? '?' : ''}: ${typeText};`;
    });
    return `{\n${members.join('\n')}\n${indent}}`;
  }

  /** Arguments, or the fields of an input object. One with a default value is always present. */
  #inputMembers(
    list: readonly { readonly name: string; readonly type: GraphQLType; readonly defaultValue?: unknown }[],
  ) {
    const members = list.map(({ name, type, defaultValue }) => {
      const isOptional = !isNonNullType(type) && defaultValue === undefined;
      return `  readonly ${name}${isOptional ? '?' : ''}: ${this.#wrap(type, (namedType) => this.#input(namedType))};`;
    });
    return `{\n${members.join('\n')}\n}`;
  }

  #input(type: GraphQLNamedType): string {
    if (isInputObjectType(type))
      return this.#declareOnce(type, () => this.#inputMembers(Object.values(type.getFields())));
    invariant(isLeafType(type), `${type.name} is an input type`);
    return this.#leaf(type, 'input');
  }

  #outputType(type: GraphQLNamedType): string {
    if (isLeafType(type)) return this.#leaf(type, 'output');
    if (isAbstractType(type)) {
      return this.#declareOnce(type, () =>
        union(
          this.#schema
            .getPossibleTypes(type)
            .map((objectType) => `({ readonly __typename: '${objectType.name}' } & ${this.#outputType(objectType)})`),
        ),
      );
    }
    invariant(isObjectType(type), `${type.name} is an output type`);
    return this.#declareOnce(type, () => {
      const members = Object.values(type.getFields()).map(
        (field) => `  readonly ${field.name}?: ${this.#wrap(field.type, (namedType) => this.#outputType(namedType))};`,
      );
      return `{\n${members.join('\n')}\n}`;
    });
  }

  /** @param position `output`: from a model, validated; `input`: from a client or another subgraph, with unknown scalars */
  #leaf(type: GraphQLLeafType, position: 'output' | 'input'): string {
    if (isEnumType(type)) return this.#declareOnce(type, () => union(type.getValues().map(({ name }) => `'${name}'`)));
    switch (type.name) {
      case 'String':
      case 'ID':
        return 'string';
      case 'Int':
      case 'Float':
        return 'number';
      case 'Boolean':
        return 'boolean';
      default:
        return position === 'input'
          ? 'unknown'
          : (jsonTypes.get(scalarForm(type.name, type.specifiedByURL).schema.type) ?? 'unknown');
    }
  }

  #wrap(type: GraphQLType, write: (namedType: GraphQLNamedType) => string): string {
    if (isNonNullType(type)) return this.#nonNull(type.ofType, write);
    const typeText = this.#nonNull(type, write);
    return typeText === 'unknown' ? typeText : `${typeText} | null`;
  }

  #nonNull(type: GraphQLType, write: (namedType: GraphQLNamedType) => string): string {
    if (!isListType(type)) return write(type as GraphQLNamedType);
    const item = this.#wrap(type.ofType, write);
    return `readonly ${item.endsWith(' | null') || item.startsWith('readonly ') ? `(${item})` : item}[]`;
  }
}

const jsonTypes: ReadonlyMap<unknown, string> = new Map([
  ['string', 'string'],
  ['integer', 'number'],
  ['number', 'number'],
  ['boolean', 'boolean'],
  ['object', 'Readonly<Record<string, unknown>>'],
]);

/** On one line if it is short, as formatters print it. */
function union(members: readonly string[]): string {
  const line = members.join(' | ');
  return line.length <= 80 ? line : `\n${members.map((member) => `  | ${member}`).join('\n')}`;
}

function namedOf(type: GraphQLType): GraphQLNamedType {
  let inner = type;
  while (isNonNullType(inner) || isListType(inner)) inner = inner.ofType;
  return inner;
}

/**
 * What a contract excludes of a supergraph by its tags, with the rules of GraphOS: `exclude` wins over `include`; a tag of
 * an object or interface is one of its fields, too; `include` leaves out fields and unions without its tags, and no
 * arguments, inputs, enums or scalars. A type that keeps nothing is excluded, and so is the field of an interface that one
 * of its implementers does not keep.
 */
import { type ConstDirectiveNode, type DefinitionNode, type DocumentNode, Kind } from 'graphql';
import { directiveNamesOf, stringArgument } from '../directives/links.ts';

const tagIdentity = 'https://specs.apollo.dev/tag';
export const inaccessibleIdentity = 'https://specs.apollo.dev/inaccessible';

export interface TagFilter {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

interface Tagged {
  readonly name: { readonly value: string };
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

type Composite = Extract<
  DefinitionNode,
  { readonly kind: Kind.OBJECT_TYPE_DEFINITION | Kind.INTERFACE_TYPE_DEFINITION }
>;

export class TaggedSupergraph {
  readonly #document: DocumentNode;
  readonly #tagNames: ReadonlySet<string>;
  readonly #inaccessibleNames: ReadonlySet<string>;

  constructor(supergraph: DocumentNode) {
    this.#document = supergraph;
    this.#tagNames = directiveNamesOf(supergraph, tagIdentity, 'tag');
    this.#inaccessibleNames = directiveNamesOf(supergraph, inaccessibleIdentity, 'inaccessible');
  }

  /** Every tag of the supergraph. */
  tags(): ReadonlySet<string> {
    const tags = new Set<string>();
    for (const definition of this.#document.definitions) {
      if (!('name' in definition)) continue;
      const fields = 'fields' in definition ? (definition.fields ?? []) : [];
      const values = 'values' in definition ? (definition.values ?? []) : [];
      const parameters = fields.flatMap((field) => ('arguments' in field ? (field.arguments ?? []) : []));
      for (const element of [definition, ...fields, ...values, ...parameters])
        for (const tag of this.#tagsOf(element as Tagged)) tags.add(tag);
    }
    return tags;
  }

  /** @returns the coordinates of what the filter excludes, beside what is inaccessible already */
  excludedBy({ include, exclude }: TagFilter): ReadonlySet<string> {
    const has = (tags: readonly string[], names: readonly string[]): boolean => tags.some((tag) => names.includes(tag));
    const isIncluded = (tags: readonly string[]): boolean => include.length === 0 || has(tags, include);
    const excluded = new Set<string>();
    const inaccessible = new Set<string>();
    const composites: Composite[] = [];
    const visit = (element: Tagged, coordinate: string, tags: readonly string[], needsTag: boolean): void => {
      if (this.#isInaccessible(element)) inaccessible.add(coordinate);
      else if (has(tags, exclude) || (needsTag && !isIncluded(tags))) excluded.add(coordinate);
    };
    for (const definition of this.#document.definitions) {
      if (!('name' in definition) || definition.name === undefined) continue;
      const name = definition.name.value;
      const tags = this.#tagsOf(definition as Tagged);
      visit(definition as Tagged, name, tags, definition.kind === Kind.UNION_TYPE_DEFINITION);
      if (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION) {
        composites.push(definition);
        for (const field of definition.fields ?? []) {
          const coordinate = `${name}.${field.name.value}`;
          visit(field, coordinate, [...tags, ...this.#tagsOf(field)], true);
          for (const parameter of field.arguments ?? [])
            visit(parameter, `${coordinate}(${parameter.name.value}:)`, this.#tagsOf(parameter), false);
        }
      } else if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) {
        for (const field of definition.fields ?? [])
          visit(field, `${name}.${field.name.value}`, this.#tagsOf(field), false);
      } else if (definition.kind === Kind.ENUM_TYPE_DEFINITION) {
        for (const value of definition.values ?? [])
          visit(value, `${name}.${value.name.value}`, this.#tagsOf(value), false);
      }
    }
    this.#addWhatFollows(excluded, inaccessible, composites);
    return excluded;
  }

  /** Types that keep nothing, and interface fields that not every implementer keeps. */
  #addWhatFollows(excluded: Set<string>, inaccessible: ReadonlySet<string>, composites: readonly Composite[]): void {
    const isGone = (coordinate: string): boolean => excluded.has(coordinate) || inaccessible.has(coordinate);
    const fieldsOf = new Map(composites.map(({ name, fields = [] }) => [name.value, new Set(fields.map(fieldName))]));
    for (let before = -1; before !== excluded.size; ) {
      before = excluded.size;
      for (const { name: type, interfaces = [], fields = [] } of composites) {
        if (isGone(type.value)) continue;
        for (const field of fields.map(fieldName)) {
          if (!isGone(`${type.value}.${field}`)) continue;
          for (const { name } of interfaces) {
            const implemented = `${name.value}.${field}`;
            if (fieldsOf.get(name.value)?.has(field) === true && !isGone(implemented)) excluded.add(implemented);
          }
        }
      }
      for (const definition of this.#document.definitions) {
        if (!('name' in definition) || definition.name === undefined || isGone(definition.name.value)) continue;
        const name = definition.name.value;
        const isUnion = definition.kind === Kind.UNION_TYPE_DEFINITION;
        const members = membersOf(definition).map((member) => (isUnion ? member : `${name}.${member}`));
        if (members.length > 0 && members.every(isGone)) excluded.add(name);
      }
    }
  }

  #tagsOf({ directives = [] }: Tagged): readonly string[] {
    return directives.flatMap((directive) =>
      this.#tagNames.has(directive.name.value) ? (stringArgument(directive, 'name') ?? []) : [],
    );
  }

  #isInaccessible({ directives = [] }: Tagged): boolean {
    return directives.some(({ name }) => this.#inaccessibleNames.has(name.value));
  }
}

function fieldName({ name }: Pick<Tagged, 'name'>): string {
  return name.value;
}

function membersOf(definition: DefinitionNode): readonly string[] {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return (definition.fields ?? []).map(fieldName);
    case Kind.ENUM_TYPE_DEFINITION:
      return (definition.values ?? []).map(fieldName);
    case Kind.UNION_TYPE_DEFINITION:
      return (definition.types ?? []).map(fieldName);
    default:
      return [];
  }
}

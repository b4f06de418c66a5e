/**
 * What the schemas of subgraphs say of caching: `@cacheControl(maxAge:, scope:, inheritMaxAge:)` on types and fields, with the
 * meaning that Apollo Server gives it. A field’s hint comes before that of its type. A field of the root, or of an object,
 * interface or union, that has none is cached as long as the configuration says (`default_max_age`); any other field as long as
 * its object.
 */
import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type OperationTypeNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { fragmentsOf, namedType } from '../../documents/index.ts';
import { TextCache } from '../../lib/index.ts';
import { type CachePolicy, strictestOf } from './cache-policy.ts';

/** What the hints of one request to a subgraph come to. */
export interface HintedPolicy {
  /** Of the hints that its fields have; undefined where they have none. */
  readonly hinted: CachePolicy | undefined;
  /** Whether a field has no hint that would need one: the configured default holds, unless the response says otherwise. */
  readonly hasUnhinted: boolean;
  /** The object, interface and union types that it reads. */
  readonly types: ReadonlySet<string>;
}

/** A field of a request to a subgraph. */
export interface HintedSelection {
  /** The type of the entity that it is in; undefined for what is below a field of the root. */
  readonly entity: string | undefined;
  /** As `Type.field`. */
  readonly field: string;
  readonly hint: Hint | undefined;
  /** Whether the configured default holds where it has none. */
  readonly needsHint: boolean;
}

interface Visitor {
  readonly field: (selection: HintedSelection) => void;
  readonly entity?: (type: string) => void;
  readonly type?: (type: string) => void;
}

interface Hint {
  readonly maxAgeMs: number | undefined;
  readonly scope: CachePolicy['scope'] | undefined;
  readonly inherits: boolean;
}

interface HintedField {
  readonly type: string;
  readonly hint: Hint | undefined;
}

interface HintedType {
  hint: Hint | undefined;
  readonly fields: Map<string, HintedField>;
}

const composites = new Set<string>([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_EXTENSION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.UNION_TYPE_EXTENSION,
]);

/** The hints of one subgraph. */
export class CacheHints {
  readonly #types = new Map<string, HintedType>();
  readonly #roots = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' };
  readonly #byRequest = new TextCache<HintedPolicy>((request) => this.#collect(parse(request, { noLocation: true })));

  /** @param sdl a subgraph’s, which has been composed */
  constructor(sdl: string) {
    for (const definition of parse(sdl, { noLocation: true }).definitions) this.#add(definition);
  }

  /** @param request the document of a request to the subgraph; each is gone through once */
  of(request: string): HintedPolicy {
    return this.#byRequest.of(request);
  }

  #add(definition: DefinitionNode): void {
    if (definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION) {
      for (const { operation, type } of definition.operationTypes ?? []) this.#roots[operation] = type.name.value;
      return;
    }
    if (!composites.has(definition.kind) || !('name' in definition) || definition.name === undefined) return;
    const type = this.#types.get(definition.name.value) ?? { hint: undefined, fields: new Map() };
    this.#types.set(definition.name.value, type);
    type.hint = hintOf(definition.directives as readonly ConstDirectiveNode[] | undefined) ?? type.hint;
    if (!('fields' in definition)) return;
    for (const field of (definition.fields ?? []) as readonly FieldDefinitionNode[])
      type.fields.set(field.name.value, { type: namedType(field.type), hint: hintOf(field.directives) });
  }

  /** The fields of a request, for explanations: it is gone through each time. */
  fieldsOf(request: string): readonly HintedSelection[] {
    const fields: HintedSelection[] = [];
    const onField = (selection: HintedSelection): void => {
      const [type = ''] = selection.field.split('.');
      // A field without a hint is as good as its object.
      fields.push({ ...selection, hint: selection.hint ?? this.#types.get(type)?.hint });
    };
    this.#walk(parse(request, { noLocation: true }), { field: onField });
    return fields;
  }

  #collect(document: DocumentNode): HintedPolicy {
    const types = new Set<string>();
    const policy: { hinted: CachePolicy | undefined; hasUnhinted: boolean } = { hinted: undefined, hasUnhinted: false };
    const restrict = (hint: Hint | undefined, needsHint: boolean): void => {
      const maxAgeMs = hint?.maxAgeMs;
      if (maxAgeMs !== undefined || hint?.scope !== undefined)
        policy.hinted = strictestOf(policy.hinted, {
          maxAgeMs: maxAgeMs ?? Number.POSITIVE_INFINITY,
          scope: hint?.scope ?? 'public',
        });
      if (needsHint && maxAgeMs === undefined && hint?.inherits !== true) policy.hasUnhinted = true;
    };
    this.#walk(document, {
      field: ({ hint, needsHint }) => restrict(hint, needsHint),
      entity: (type) => restrict(this.#types.get(type)?.hint, true),
      type: (type) => types.add(type),
    });
    return { ...policy, types };
  }

  #walk(document: DocumentNode, { field: onField, entity: onEntity, type: onType }: Visitor): void {
    const fragments = fragmentsOf(document);
    const visit = (
      { selections }: SelectionSetNode,
      typeName: string,
      entity: string | undefined,
      isRoot: boolean,
    ): void => {
      for (const selection of selections) {
        if (selection.kind === Kind.FIELD) {
          const name = selection.name.value;
          if (name.startsWith('__')) continue;
          if (isRoot && name === '_entities') {
            visitEntities(selection.selectionSet);
            continue;
          }
          const field = this.#types.get(typeName)?.fields.get(name);
          const fieldType = field === undefined ? undefined : this.#types.get(field.type);
          const hint = withType(field?.hint, fieldType?.hint);
          onField({ entity, field: `${typeName}.${name}`, hint, needsHint: isRoot || fieldType !== undefined });
          if (field !== undefined && fieldType !== undefined) onType?.(field.type);
          if (selection.selectionSet !== undefined) visit(selection.selectionSet, field?.type ?? '', entity, false);
        } else {
          const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
          if (fragment === undefined) continue;
          const condition = fragment.typeCondition?.name.value;
          if (condition !== undefined && !isRoot) onType?.(condition);
          visit(fragment.selectionSet, condition ?? typeName, entity, isRoot);
        }
      }
    };
    /** Entities have the hint of their own type. */
    const visitEntities = (selectionSet: SelectionSetNode | undefined): void => {
      for (const selection of selectionSet?.selections ?? []) {
        if (selection.kind === Kind.FIELD) continue;
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
        const typeName = fragment?.typeCondition?.name.value;
        if (fragment === undefined || typeName === undefined) continue;
        onEntity?.(typeName);
        onType?.(typeName);
        visit(fragment.selectionSet, typeName, typeName, false);
      }
    };
    for (const definition of document.definitions)
      if (definition.kind === Kind.OPERATION_DEFINITION)
        visit(definition.selectionSet, this.#roots[definition.operation as OperationTypeNode], undefined, true);
  }
}

function withType(own: Hint | undefined, ofType: Hint | undefined): Hint | undefined {
  if (own === undefined || ofType === undefined) return own ?? ofType;
  if (own.inherits) return own;
  return { maxAgeMs: own.maxAgeMs ?? ofType.maxAgeMs, scope: own.scope ?? ofType.scope, inherits: ofType.inherits };
}

function hintOf(directives: readonly ConstDirectiveNode[] | undefined): Hint | undefined {
  const directive = directives?.find(({ name }) => name.value === 'cacheControl');
  if (directive === undefined) return undefined;
  let maxAgeMs: number | undefined;
  let scope: CachePolicy['scope'] | undefined;
  let inherits = false;
  for (const { name, value } of directive.arguments ?? []) {
    if (name.value === 'maxAge' && value.kind === Kind.INT) maxAgeMs = Number(value.value) * 1000;
    else if (name.value === 'scope' && value.kind === Kind.ENUM)
      scope = value.value === 'PRIVATE' ? 'private' : 'public';
    else if (name.value === 'inheritMaxAge' && value.kind === Kind.BOOLEAN) inherits = value.value;
  }
  return { maxAgeMs, scope, inherits };
}

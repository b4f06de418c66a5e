/**
 * A subgraph in this process that behaves like one across the network: requests and responses pass through JSON, each
 * query is validated against the subgraph’s schema, and answers take a random few turns of the event loop.
 *
 * It is strict where a real subgraph has no choice: an @external field is available only from a representation (or
 * through @provides), and a field with @requires can be resolved only for an entity with a representation.
 */
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type DirectiveNode,
  type DocumentNode,
  defaultFieldResolver,
  execute,
  type FieldDefinitionNode,
  type FieldNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  Kind,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql';
import { linkOwnDirectives } from '../../../src/supergraph/index.ts';
import type {
  RequestContext,
  SubgraphClient,
  SubgraphRequest,
  SubgraphResponse,
} from '../../../src/transport/index.ts';
import type { Random } from './random.ts';

/** What a type's fields are: values, or functions of the field's arguments with the object as `this`. */
export interface DataObject {
  [field: string]: unknown;
}

/** The data of one client request: created for each, because mutations change it. */
export interface TestData {
  /** The fields of Query and Mutation. */
  readonly root: DataObject;
  /** Every entity; each has its `__typename`. */
  readonly entities: readonly DataObject[];
}

/** May answer in a subgraph's place, or fail in it. */
export type Intercept = (
  subgraph: string,
  request: SubgraphRequest,
  respond: () => Promise<SubgraphResponse>,
) => Promise<SubgraphResponse>;

export interface InProcessSubgraphOptions {
  readonly name: string;
  readonly sdl: string;
  readonly dataOf: (context: RequestContext) => TestData;
  /** Whether an object of a type is also of another one, by the supergraph. */
  readonly isOfType: (typeName: unknown, wider: string) => boolean;
  readonly random: () => Random;
  /** Called with every request before it is answered. */
  readonly onRequest: (subgraph: string, request: SubgraphRequest) => void;
  /** Called with everything that a gateway must never send. */
  readonly onProblem: (problem: string) => void;
  readonly intercept: () => Intercept | undefined;
}

/** On objects made from a representation. */
const represented = Symbol('represented');

interface TypeFacts {
  readonly keys: readonly SelectionSetNode[];
  readonly fields: ReadonlyMap<string, FieldDefinitionNode>;
}

export function createInProcessSubgraph(
  options: InProcessSubgraphOptions,
): SubgraphClient & { readonly schema: GraphQLSchema } {
  const { name, sdl, dataOf, isOfType, onProblem } = options;
  const typeDefs = linkOwnDirectives(parse(sdl));
  const facts = factsOf(typeDefs);
  const provided = providedFields(typeDefs);
  const resolvers = Object.fromEntries(
    [...facts]
      .filter(([, { keys }]) => keys.length > 0)
      .map(([typeName]) => [
        typeName,
        {
          __resolveReference: (reference: DataObject, context: RequestContext) =>
            resolveReference(typeName, reference, context),
        },
      ]),
  );
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: resolvers as never }]);
  const documents = new Map<string, DocumentNode>();

  function resolveReference(typeName: string, reference: DataObject, context: RequestContext): DataObject | null {
    const { keys, fields } = facts.get(typeName) ?? { keys: [], fields: new Map<string, FieldDefinitionNode>() };
    const entity = dataOf(context).entities.find(
      (entity) => isOfType(entity.__typename, typeName) && keys.some((key) => matches(key, entity, reference)),
    );
    if (!keys.some((key) => holds(key, reference)))
      onProblem(`${name}: a representation of ${typeName} without a key: ${JSON.stringify(reference)}`);
    if (entity === undefined) return null;
    const object: DataObject = { ...entity };
    const actualType =
      schema.getType(String(entity.__typename)) === undefined ? undefined : facts.get(String(entity.__typename));
    for (const [field, definition] of [...fields, ...(actualType?.fields ?? [])]) {
      if (!has(definition, 'external')) continue;
      if (Object.hasOwn(reference, field)) object[field] = reference[field];
      else if (
        !keys.some((key) =>
          key.selections.some((selection) => selection.kind === Kind.FIELD && selection.name.value === field),
        )
      )
        delete object[field];
    }
    object.__typename =
      schema.getType(typeName)?.astNode?.kind === Kind.INTERFACE_TYPE_DEFINITION ? entity.__typename : typeName;
    Object.defineProperty(object, represented, { value: true });
    return object;
  }

  const fieldResolver: GraphQLFieldResolver<DataObject, RequestContext> = (source, args, context, info) => {
    const coordinate = `${info.parentType.name}.${info.fieldName}`;
    const definition = facts.get(info.parentType.name)?.fields.get(info.fieldName);
    const isRepresented = (source as { [represented]?: boolean })[represented] === true;
    if (definition !== undefined && has(definition, 'requires') && !isRepresented) {
      onProblem(`${name}: ${coordinate} was asked for without a representation`);
    }
    if (
      definition !== undefined &&
      has(definition, 'external') &&
      !isRepresented &&
      !provided.has(info.fieldName) &&
      !isKeyField(info.parentType.name, info.fieldName)
    ) {
      onProblem(`${name}: ${coordinate} is external, and was asked for`);
    }
    return Object.hasOwn(source, info.fieldName) ? defaultFieldResolver(source, args, context, info) : undefined;
  };

  function isKeyField(typeName: string, field: string): boolean {
    return (facts.get(typeName)?.keys ?? []).some((key) =>
      key.selections.some((selection) => selection.kind === Kind.FIELD && selection.name.value === field),
    );
  }

  const typeResolver: GraphQLTypeResolver<DataObject, RequestContext> = (value, _context, _info, abstractType) =>
    schema.getPossibleTypes(abstractType).find((possible) => isOfType(value.__typename, possible.name))?.name;

  function documentOf(query: string): DocumentNode {
    const cached = documents.get(query);
    if (cached !== undefined) return cached;
    const document = parse(query, { noLocation: true });
    const errors = validate(schema, document);
    if (errors.length > 0)
      onProblem(`${name}: an invalid query: ${errors.map(({ message }) => message).join('; ')}\n${query}`);
    documents.set(query, document);
    return document;
  }

  async function answer(request: SubgraphRequest, context: RequestContext): Promise<SubgraphResponse> {
    const turns = options.random().below(4);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    const result = await execute({
      schema,
      document: documentOf(request.query),
      rootValue: dataOf(context).root,
      contextValue: context,
      variableValues: variablesOf(request),
      operationName: request.operationName ?? null,
      fieldResolver,
      typeResolver,
    });
    return JSON.parse(JSON.stringify(result)) as SubgraphResponse;
  }

  return {
    name,
    kind: 'http',
    schema,
    async execute(request, context) {
      options.onRequest(name, request);
      const intercept = options.intercept();
      const respond = () => answer(request, context);
      return intercept === undefined ? respond() : intercept(name, request, respond);
    },
    close: async () => {},
  };
}

export function variablesOf({
  variables,
  variablesJson,
  representationsJson,
}: SubgraphRequest): Record<string, unknown> {
  const values = JSON.parse(variablesJson ?? JSON.stringify(variables ?? {})) as Record<string, unknown>;
  return representationsJson === undefined
    ? values
    : { ...values, representations: JSON.parse(`[${representationsJson.join(',')}]`) };
}

function factsOf(document: DocumentNode): Map<string, TypeFacts> {
  const facts = new Map<string, TypeFacts>();
  for (const definition of document.definitions) {
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.OBJECT_TYPE_EXTENSION:
      case Kind.INTERFACE_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_EXTENSION: {
        const previous = facts.get(definition.name.value);
        facts.set(definition.name.value, {
          keys: [...(previous?.keys ?? []), ...keysOf(definition.directives ?? [])],
          fields: new Map([
            ...(previous?.fields ?? []),
            ...(definition.fields ?? []).map((field) => [field.name.value, field] as const),
          ]),
        });
      }
    }
  }
  return facts;
}

function keysOf(directives: readonly DirectiveNode[]): SelectionSetNode[] {
  return directives.flatMap((directive) => (directive.name.value === 'key' ? [fieldsArgument(directive)] : []));
}

function fieldsArgument(directive: DirectiveNode): SelectionSetNode {
  const value = directive.arguments?.find((argument) => argument.name.value === 'fields')?.value;
  const [definition] = parse(`{${value?.kind === Kind.STRING ? value.value : ''}}`).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('a field set');
  return definition.selectionSet;
}

/** The names of all fields that some @provides names. */
function providedFields(document: DocumentNode): Set<string> {
  const names = new Set<string>();
  const add = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value);
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined) add(selection.selectionSet);
    }
  };
  for (const { fields } of factsOf(document).values()) {
    for (const field of fields.values()) {
      for (const directive of field.directives ?? [])
        if (directive.name.value === 'provides') add(fieldsArgument(directive));
    }
  }
  return names;
}

function has(field: FieldDefinitionNode, directive: string): boolean {
  return field.directives?.some(({ name }) => name.value === directive) ?? false;
}

function fieldsOf(key: SelectionSetNode): readonly FieldNode[] {
  return key.selections.filter((selection) => selection.kind === Kind.FIELD);
}

function holds(key: SelectionSetNode, reference: unknown): boolean {
  if (reference === null || typeof reference !== 'object') return false;
  return fieldsOf(key).every(({ name, selectionSet }) => {
    const value = (reference as DataObject)[name.value];
    if (!Object.hasOwn(reference, name.value)) return false;
    return selectionSet === undefined || value === null || holds(selectionSet, Array.isArray(value) ? value[0] : value);
  });
}

function matches(key: SelectionSetNode, entity: unknown, reference: unknown): boolean {
  if (entity === null || reference === null || entity === undefined || reference === undefined)
    return entity === reference;
  if (Array.isArray(entity) && Array.isArray(reference)) {
    return entity.length === reference.length && entity.every((item, index) => matches(key, item, reference[index]));
  }
  return fieldsOf(key).every(({ name, selectionSet }) => {
    const object = entity as DataObject;
    const [a, b] = [object[name.value], (reference as DataObject)[name.value]];
    const value = typeof a === 'function' ? (a as (args: object) => unknown).call(object, {}) : a;
    return selectionSet === undefined ? value === b : matches(selectionSet, value, b);
  });
}

/**
 * Validates an AI subgraph before it is served. Whatever would prevent a field from being resolved is a composition problem
 * with the line in the schema, the line in the prompt where the prompt is at fault, and a suggested fix. Composition itself
 * reports SDL errors, and fields that lack the access rules of what their @requires reads.
 */
import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, parse, Source } from 'graphql';
import {
  type CompositionProblem,
  importedDirectives,
  linkOwnDirectives,
  type SubgraphSource,
} from '../../../supergraph/index.ts';
import { type AiField, aiFieldsOf } from '../ai-field.ts';
import { apolloSubgraph } from '../apollo-subgraph.ts';
import { type AiSubgraphCheck, checkAiField, problemOf } from './check-ai-field.ts';
import { isFederation } from './federation-directives.ts';

/** @returns the errors; empty if every AI field can be resolved */
export function checkAiSubgraph(check: AiSubgraphCheck): readonly CompositionProblem[] {
  const document = parseSource(check.source);
  if (document === undefined) return [];
  const fields = aiFieldsOf(document);
  const entities = entitiesOf(document);
  const schema = buildSchema(document);
  const problems = [
    ...misplaced(document, check),
    ...fields.flatMap((field) => checkAiField(field, check, entities, schema)),
    ...strayCode(fields, check),
  ];
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/** @returns undefined for SDL that cannot be parsed */
export function parseSource({ sdl, origin }: SubgraphSource): DocumentNode | undefined {
  try {
    return parse(new Source(sdl, origin));
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}

function entitiesOf(document: DocumentNode): ReadonlySet<string> {
  const entities = new Set<string>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) continue;
    if (definition.directives?.some((directive) => isFederation('key', directive)) === true) {
      entities.add(definition.name.value);
    }
  }
  return entities;
}

/** Reports @generate on anything but a field of an object type: models generate only those. */
function misplaced(document: DocumentNode, check: AiSubgraphCheck): readonly CompositionProblem[] {
  const generate = importedDirectives(document, 'ai').get('generate');
  const problems: CompositionProblem[] = [];
  for (const definition of document.definitions) {
    if (!('fields' in definition) || !('name' in definition)) continue;
    const isInterface =
      definition.kind === Kind.INTERFACE_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_EXTENSION;
    if (!isInterface && definition.name?.value !== 'Subscription') continue;
    for (const field of definition.fields ?? []) {
      const directive = field.directives?.find(({ name }) => name.value === generate);
      if (directive === undefined) continue;
      const coordinate = `${definition.name?.value}.${field.name.value}`;
      problems.push(
        problemOf(
          check,
          'AI_FIELD_INVALID',
          `${coordinate}: @generate stands on fields of object types and of Query`,
          directive.loc?.startToken.line,
          isInterface ? 'move it to the field of each type that implements the interface' : 'move it to Query',
        ),
      );
    }
  }
  return problems;
}

function strayCode(fields: readonly AiField[], check: AiSubgraphCheck): readonly CompositionProblem[] {
  const coordinates = new Set(fields.map(({ typeName, fieldName }) => `${typeName}.${fieldName}`));
  return [...(check.code?.fields.keys() ?? [])]
    .filter((coordinate) => !coordinates.has(coordinate))
    .map((coordinate) =>
      problemOf(
        check,
        'AI_CODE_INVALID',
        `the subgraph’s code is for ${coordinate}, which is no @generate field`,
        undefined,
        `correct the coordinate, or take "${coordinate}" out of the code`,
      ),
    );
}

/** @returns undefined if the schema cannot be built; composition reports that */
export function buildSchema(document: DocumentNode): GraphQLSchema | undefined {
  try {
    return apolloSubgraph().buildSubgraphSchema([{ typeDefs: linkOwnDirectives(document) }]);
  } catch {
    return undefined;
  }
}

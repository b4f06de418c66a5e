/**
 * Checks that the paths a prompt reads below its variables exist: a misspelt name would render as nothing, without an
 * error. Paths that are only known at run time (in custom scalars, in inputs from custom code) are accepted.
 */
import {
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isAbstractType,
  isInputObjectType,
  isListType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { AiField } from '../ai-field.ts';
import { eachItem, type ReadPath } from '../prompts/read-template.ts';

type Type = GraphQLInputType | GraphQLOutputType;

/** The value at one step of a path: its type, and what `@requires` selects of it. */
interface Place {
  readonly type: Type;
  readonly selections: readonly SelectionSetNode[];
}

/** @returns why the path is empty, as a part of a sentence; `undefined` if it exists or cannot be checked */
export function emptyPathReason(
  schema: GraphQLSchema,
  field: AiField,
  { steps: [variable, ...steps] }: ReadPath,
): string | undefined {
  if (typeof variable !== 'string') return undefined;
  let place = firstPlace(schema, field, variable);
  let parentPath = variable;
  for (const step of steps) {
    if (place === undefined) return undefined;
    const type = getNullableType(place.type);
    if (isListType(type)) {
      if (step === 'length') return undefined;
      if (step !== eachItem && !/^\d+$/.test(step)) return `${parentPath} is a list: write {{#each ${parentPath}}}`;
      place = { ...place, type: type.ofType as Type };
      continue;
    }
    if (step === eachItem) return undefined;
    if (isScalarType(type) && (!isSpecifiedScalarType(type) || step === 'length')) return undefined;
    const next: Place | undefined | 'missing' = childPlace(schema, { ...place, type }, step);
    if (next === 'missing')
      return `${parentPath} has no ${step} ${isInputObjectType(type) ? 'by its type' : 'by @requires'}`;
    place = next;
    parentPath = `${parentPath}.${step}`;
  }
  return undefined;
}

function firstPlace(schema: GraphQLSchema, field: AiField, variable: string): Place | undefined {
  const parent = schema.getType(field.typeName);
  if (!isObjectType(parent)) return undefined;
  if (field.arguments.includes(variable)) {
    const type = parent.getFields()[field.fieldName]?.args.find(({ name }) => name === variable)?.type;
    return type && { type, selections: [] };
  }
  const type = parent.getFields()[variable]?.type;
  if (type === undefined || field.requiresSelection === undefined || !field.requires.includes(variable))
    return undefined;
  return { type, selections: childSelections([field.requiresSelection], variable) ?? [] };
}

/** @returns undefined if it cannot be determined, such as for a field whose type only another subgraph defines */
function childPlace(schema: GraphQLSchema, { type, selections }: Place, step: string): Place | undefined | 'missing' {
  if (isInputObjectType(type)) {
    const inner = type.getFields()[step]?.type;
    return inner === undefined ? 'missing' : { type: inner, selections };
  }
  const selected = childSelections(selections, step);
  if (selected === undefined) return 'missing';
  const types = isObjectType(type) ? [type] : isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  for (const objectType of types) {
    const inner = objectType.getFields()[step]?.type;
    if (inner !== undefined) return { type: inner, selections: selected };
  }
  return undefined;
}

/** The selection sets of a field in a field set, over fragments on any type; `undefined` if it is not selected. */
function childSelections(sets: readonly SelectionSetNode[], name: string): readonly SelectionSetNode[] | undefined {
  let selectionSets: SelectionSetNode[] | undefined;
  for (const set of sets) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const inner = childSelections([selection.selectionSet], name);
        if (inner !== undefined) selectionSets = [...(selectionSets ?? []), ...inner];
      } else if (selection.kind === Kind.FIELD && (selection.alias ?? selection.name).value === name) {
        selectionSets = [
          ...(selectionSets ?? []),
          ...(selection.selectionSet === undefined ? [] : [selection.selectionSet]),
        ];
      }
    }
  }
  return selectionSets;
}

/**
 * Whether what a prompt reads below one of its variables is there: a name that is misspelt would print nothing, and
 * nobody would see it. What only a run can say (custom scalars, what a field's own code supplies) is taken as right.
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

/** What stands at a step: its type, and what `@requires` reads of it. */
interface Place {
  readonly type: Type;
  readonly selections: readonly SelectionSetNode[];
}

/** @returns what is wrong, as a part of a sentence; `undefined`: nothing that could be told */
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

/** @returns undefined where nobody can say, such as a field whose type only another subgraph knows */
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

/** The selections of a field in a field set, whatever type its fragments are on; `undefined`: it is not read. */
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

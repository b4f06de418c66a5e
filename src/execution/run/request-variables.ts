/**
 * The variables of a subgraph request. An HTTP subgraph is sent JSON text, of which representations are the larger part
 * and have been printed already. An in-process subgraph is handed values, which it need not parse.
 */
import { cloneJson } from '../../lib/index.ts';
import type { SubgraphClient, SubgraphRequest } from '../../transport/index.ts';
import type { VariableValue } from '../data/context-values.ts';
import type { RequestedEntities } from './requested-entities.ts';

/** The values of an operation's variables; undefined where a variable is not set. */
export interface RequestValues {
  json(name: string): string | undefined;
  value(name: string): unknown;
}

type Variables = Pick<SubgraphRequest, 'variables' | 'variablesJson' | 'representationsJson'>;

export function rootVariables(
  kind: SubgraphClient['kind'],
  names: readonly string[],
  values: RequestValues,
): Variables {
  if (kind === 'in-process') return { variables: valuesOf(names, values) };
  return { variablesJson: `{${membersOf(names, values).join(',')}}` };
}

/** @param context values that depend on the entities' places */
export function entityVariables(
  kind: SubgraphClient['kind'],
  allRequested: readonly RequestedEntities[],
  names: readonly string[],
  values: RequestValues,
  context: readonly VariableValue[],
): Variables {
  if (kind === 'in-process') {
    const variables = valuesOf(names, values);
    for (const { field, values: representations } of allRequested) variables[field.variable] = representations;
    for (const { variable, value } of context) variables[variable] = cloneJson(value);
    return { variables };
  }
  const members = [...membersOf(names, values), ...context.map(({ member }) => member)];
  const [only] = allRequested;
  // A single list is passed on as such, so that transport can send it in chunks.
  if (allRequested.length === 1 && only !== undefined)
    return { representationsJson: only.representations, variablesJson: `{${members.join(',')}}` };
  const lists = allRequested.map(({ field, representations }) => `"${field.variable}":[${representations.join(',')}]`);
  return { variablesJson: `{${[...lists, ...members].join(',')}}` };
}

function membersOf(names: readonly string[], values: RequestValues): string[] {
  const members: string[] = [];
  for (const name of names) {
    const json = values.json(name);
    if (json !== undefined) members.push(`"${name}":${json}`);
  }
  return members;
}

function valuesOf(names: readonly string[], values: RequestValues): Record<string, unknown> {
  const variables: Record<string, unknown> = {};
  for (const name of names) {
    const value = values.value(name);
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}

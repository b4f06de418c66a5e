/** A plan for a reader: each request with what it waits for, what it sends of the objects that it extends, and what it selects. */
import { Kind, type OperationDefinitionNode, parse, print, type SelectionSetNode } from 'graphql';
import type { EntityField, OperationPlan, PlannedFetch, RequiredSelection } from '../../planning/index.ts';

export interface PlanStep {
  /** Counted from 1. */
  readonly number: number;
  readonly subgraph: string;
  readonly kind: 'query' | 'mutation' | 'entities';
  /** Where its answer goes: `products[].reviews[]`; empty for the root. */
  readonly paths: readonly string[];
  /** What is sent of each object, as a selection; undefined for the root. */
  readonly representations: string | undefined;
  readonly selection: string;
  /** The steps whose answers it needs, by number; those that these need are left out. */
  readonly after: readonly number[];
  /** Steps of one stage run at once, after those of the stage before. Counted from 1. */
  readonly stage: number;
}

export function planSteps({ fetches }: OperationPlan): readonly PlanStep[] {
  const stages: number[] = [];
  /** Of each fetch, those that it needs, by itself or through others. */
  const needs: ReadonlySet<number>[] = [];
  return fetches.map((fetch, index) => {
    const stage = 1 + Math.max(0, ...fetch.after.map((earlier) => stages[earlier] ?? 0));
    stages.push(stage);
    needs.push(new Set(fetch.after.flatMap((earlier) => [earlier, ...(needs[earlier] ?? [])])));
    const direct = fetch.after.filter((earlier) => !fetch.after.some((later) => needs[later]?.has(earlier) === true));
    return {
      number: index + 1,
      subgraph: fetch.subgraph,
      kind: fetch.kind === 'root' ? fetch.operationType : 'entities',
      paths: pathsOf(fetch),
      representations: fetch.kind === 'root' ? undefined : fetch.fields.map(representationsOf).join(' '),
      selection: selectionOf(fetch),
      after: direct.map((earlier) => earlier + 1),
      stage,
    };
  });
}

function pathsOf(fetch: PlannedFetch): readonly string[] {
  const paths =
    fetch.kind === 'root' ? [fetch.path] : fetch.fields.flatMap(({ targets }) => targets.map(({ path }) => path));
  return [...new Set(paths.map(pathText))];
}

/** In the data, the key of a field with arguments is its name followed by theirs. */
function pathText(path: readonly string[]): string {
  let text = '';
  for (const step of path) {
    if (step === '@') text += '[]';
    else text += `${text === '' ? '' : '.'}${step.replace(/(?<=.)__.*$/, '')}`;
  }
  return text;
}

function representationsOf({ targets }: EntityField): string {
  return [...new Set(targets.map(({ requires }) => requiredText(requires)))].join(' ');
}

function requiredText(selections: readonly RequiredSelection[]): string {
  const parts = selections.map((selection) => {
    const below = selection.selections === undefined ? '' : ` ${requiredText(selection.selections)}`;
    if (selection.kind === 'on') return `... ${selection.type === undefined ? '' : `on ${selection.type}`}${below}`;
    return `${selection.as ?? selection.key}${below}`;
  });
  return `{ ${parts.join(' ')} }`;
}

/** What is selected of the root, or of the entities. */
function selectionOf(fetch: PlannedFetch): string {
  const operation = parse(fetch.operation, { noLocation: true }).definitions.find(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (operation === undefined) return '';
  if (fetch.kind === 'root') return print(operation.selectionSet);
  const sets = operation.selectionSet.selections.flatMap((selection): readonly SelectionSetNode[] =>
    selection.kind === Kind.FIELD && selection.selectionSet !== undefined ? [selection.selectionSet] : [],
  );
  return sets.map((set) => print(set)).join('\n');
}

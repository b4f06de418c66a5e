/**
 * Reduces the requests of a plan: entity fetches of one subgraph on the same level become one request. Equal selections
 * share one `_entities` field, whose representations are deduplicated together; different selections become `_entities`
 * fields under aliases. A fetch may move to a later level to join another, as long as no fetch that waits for it is
 * delayed. The benchmark's plan is reduced from 16 fetches to 7 requests.
 */
import { print, type SelectionSetNode, type VariableDefinitionNode } from 'graphql';
import { invariant } from '../../lib/index.ts';
import type { DraftEntityFetch, DraftFetch, DraftPlan } from '../plan/draft-plan.ts';
import { entitiesOperation, entitySelectionsOf } from '../plan/fetch-operation.ts';
import type { EntityField } from '../plan/operation-plan.ts';

export function mergeFetches(plan: DraftPlan, neverMerged: ReadonlySet<string>): DraftPlan {
  const { fetches } = plan;
  const levels = levelsOf(fetches);
  const groups = new Map<string, number[]>();
  fetches.forEach((fetch, index) => {
    const mergeable = fetch.kind === 'entities' && fetch.context.length === 0 && !neverMerged.has(fetch.subgraph);
    const key = mergeable ? `${fetch.subgraph} ${levels[index]}` : `#${index}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  });
  // Sorted by level, so that each request follows those it waits for.
  const ordered = [...groups.values()].sort((a, b) => levelOf(a) - levelOf(b));
  const groupOf = new Map(ordered.flatMap((members, group) => members.map((member) => [member, group] as const)));
  return {
    fetches: ordered.map((members) => {
      const after = members.flatMap((member) => fetches[member]?.after ?? []).map((index) => groupOf.get(index) ?? 0);
      return { ...mergeGroup(members.map((member) => fetchAt(member))), after: [...new Set(after)] };
    }),
  };

  function levelOf(members: readonly number[]): number {
    return levels[members[0] ?? 0] ?? 0;
  }

  function fetchAt(index: number): DraftFetch {
    const fetch = fetches[index];
    invariant(fetch !== undefined, 'a group names fetches of the plan');
    return fetch;
  }
}

/** Each fetch on the earliest level; then, from the end, on a later level that has another fetch of the same subgraph. */
function levelsOf(fetches: readonly DraftFetch[]): number[] {
  const levels: number[] = [];
  for (const fetch of fetches) levels.push(Math.max(-1, ...fetch.after.map((index) => levels[index] ?? 0)) + 1);
  const last = Math.max(0, ...levels);
  for (let index = fetches.length - 1; index >= 0; index--) {
    const fetch = fetches[index];
    if (fetch?.kind !== 'entities') continue;
    const dependants = levels.filter((_level, dependant) => fetches[dependant]?.after.includes(index));
    const latest = Math.min(last, ...dependants.map((level) => level - 1));
    for (let level = (levels[index] ?? 0) + 1; level <= latest; level++) {
      const joins = fetches.some(
        (candidate, at) =>
          at !== index &&
          candidate.kind === 'entities' &&
          candidate.subgraph === fetch.subgraph &&
          levels[at] === level,
      );
      if (!joins) continue;
      levels[index] = level;
      break;
    }
  }
  return levels;
}

/** The fields of a group whose selections are equal. */
interface EqualFields {
  readonly selectionSet: SelectionSetNode;
  readonly definitions: readonly VariableDefinitionNode[];
  readonly fields: EntityField[];
}

function mergeGroup(members: readonly DraftFetch[]): DraftFetch {
  const [first] = members;
  invariant(first !== undefined, 'a group has members');
  const entityFetches = members.filter((member): member is DraftEntityFetch => member.kind === 'entities');
  if (members.length === 1 || entityFetches.length !== members.length) return first;

  const parts = groupBySelection(entityFetches);
  const single = parts.length === 1;
  const fields = parts.map(({ fields: equal }, index): EntityField => {
    const targets = equal.flatMap((field) => field.targets);
    const distinct = new Map(targets.map((target) => [JSON.stringify(target), target]));
    return {
      key: single ? '_entities' : `_${index}`,
      variable: single ? 'representations' : `_${index}`,
      targets: [...distinct.values()],
      outputRewrites: equal[0]?.outputRewrites ?? [],
      gives: equal[0]?.gives ?? [],
      leavesOnly: equal.every((field) => field.leavesOnly),
    };
  });
  const declared = new Map(
    parts.flatMap(({ definitions }) =>
      definitions.map((definition) => [definition.variable.name.value, definition] as const),
    ),
  );
  const entities = parts.map(({ selectionSet }, index) => {
    const { key = '_entities', variable = 'representations' } = fields[index] ?? {};
    return { key, variable, selectionSet };
  });
  return {
    kind: 'entities',
    subgraph: first.subgraph,
    operation: entitiesOperation(entities, [...declared.values()]),
    variables: [...new Set(entityFetches.flatMap((fetch) => fetch.variables))],
    after: [],
    fields,
    context: [],
  };
}

function groupBySelection(fetches: readonly DraftEntityFetch[]): EqualFields[] {
  const bySelection = new Map<string, EqualFields>();
  for (const { operation, fields } of fetches) {
    const selectionSet = entitySelectionsOf(operation);
    const definitions = (operation.variableDefinitions ?? []).filter(
      ({ variable }) => variable.name.value !== 'representations',
    );
    const text = print(selectionSet);
    for (const field of fields) {
      const key = `${text} ${JSON.stringify(field.outputRewrites)}`;
      const equal = bySelection.get(key);
      if (equal === undefined) bySelection.set(key, { selectionSet, definitions, fields: [field] });
      else equal.fields.push(field);
    }
  }
  return [...bySelection.values()];
}

/**
 * Makes fewer requests of a plan: entity fetches of one subgraph on the same level become one request. Equal
 * selections share one `_entities` field, whose representations are de-duplicated together; different ones stand
 * beside each other under aliases. A fetch that nothing waits for may move to a later level to join another, as long as
 * the plan gets no longer. The benchmark's plan goes from 16 fetches to 7 requests.
 */
import {
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  stripIgnoredCharacters,
  type VariableDefinitionNode,
} from 'graphql';
import { invariant } from '../../lib/index.ts';
import type { EntityFetch, EntityField, OperationPlan, PlannedFetch } from '../plan/operation-plan.ts';

export function mergeFetches(plan: OperationPlan, neverMerged: ReadonlySet<string>): OperationPlan {
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
  // By level, so that each request still stands after those it waits for.
  const ordered = [...groups.values()].sort((a, b) => levelOf(a) - levelOf(b));
  const groupOf = new Map(ordered.flatMap((members, group) => members.map((member) => [member, group] as const)));
  return {
    fetches: ordered.map((members) => {
      const after = [...new Set(members.flatMap((member) => fetches[member]?.after ?? []))].map(
        (index) => groupOf.get(index) ?? 0,
      );
      return { ...mergeGroup(members.map((member) => fetchAt(member))), after: [...new Set(after)] };
    }),
  };

  function levelOf(members: readonly number[]): number {
    return levels[members[0] ?? 0] ?? 0;
  }

  function fetchAt(index: number): PlannedFetch {
    const fetch = fetches[index];
    invariant(fetch !== undefined, 'a group names fetches of the plan');
    return fetch;
  }
}

/** As early as possible; then, from the end, later where another of the same subgraph waits. */
function levelsOf(fetches: readonly PlannedFetch[]): number[] {
  const levels: number[] = [];
  for (const fetch of fetches) levels.push(Math.max(-1, ...fetch.after.map((index) => levels[index] ?? 0)) + 1);
  const last = Math.max(0, ...levels);
  for (let index = fetches.length - 1; index >= 0; index--) {
    const fetch = fetches[index];
    if (fetch?.kind !== 'entities') continue;
    const dependants = levels.filter((_level, other) => fetches[other]?.after.includes(index));
    const latest = Math.min(last, ...dependants.map((level) => level - 1));
    for (let level = (levels[index] ?? 0) + 1; level <= latest; level++) {
      const joins = fetches.some(
        (other, at) =>
          at !== index && other.kind === 'entities' && other.subgraph === fetch.subgraph && levels[at] === level,
      );
      if (!joins) continue;
      levels[index] = level;
      break;
    }
  }
  return levels;
}

function mergeGroup(members: readonly PlannedFetch[]): PlannedFetch {
  const [first] = members;
  invariant(first !== undefined, 'a group has members');
  const entityFetches = members.filter((member): member is EntityFetch => member.kind === 'entities');
  if (members.length === 1 || entityFetches.length !== members.length) return first;

  const bySelection = new Map<
    string,
    { selection: string; definitions: readonly VariableDefinitionNode[]; fields: EntityField[] }
  >();
  for (const fetch of entityFetches) {
    const { selection, definitions } = read(fetch);
    for (const field of fetch.fields) {
      const key = `${selection} ${JSON.stringify(field.outputRewrites)}`;
      const known = bySelection.get(key);
      if (known === undefined) bySelection.set(key, { selection, definitions, fields: [field] });
      else known.fields.push(field);
    }
  }
  const parts = [...bySelection.values()];
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
  const variables = [...new Set(entityFetches.flatMap((fetch) => fetch.variables))];
  const declared = new Map(
    parts.flatMap(({ definitions }) => definitions.map((one) => [one.variable.name.value, print(one)])),
  );
  const head = [...fields.map((field) => `$${field.variable}:[_Any!]!`), ...declared.values()].join(',');
  const body = parts.map(({ selection }, index) => {
    const field = fields[index];
    const alias = single ? '' : `${field?.key}:`;
    return `${alias}_entities(representations:$${field?.variable})${selection}`;
  });
  return {
    kind: 'entities',
    subgraph: first.subgraph,
    operation: stripIgnoredCharacters(`query(${head}){${body.join(' ')}}`),
    variables,
    after: [],
    fields,
    context: [],
  };
}

/** The selection of a fetch's `_entities`, and the variables it declares besides the representations. */
function read(fetch: EntityFetch): {
  readonly selection: string;
  readonly definitions: readonly VariableDefinitionNode[];
} {
  const [operation] = parse(fetch.operation, { noLocation: true }).definitions as readonly OperationDefinitionNode[];
  const field = operation?.selectionSet.selections[0];
  invariant(field?.kind === Kind.FIELD && field.selectionSet !== undefined, 'an entity fetch selects fields');
  return {
    selection: stripIgnoredCharacters(print(field.selectionSet)),
    definitions: (operation?.variableDefinitions ?? []).filter((one) => one.variable.name.value !== 'representations'),
  };
}

/**
 * The ways from the root types to each object type, by the rules that they take: of ways of which one takes all rules of
 * another, only the other is kept. Found breadth first, so that each is a shortest path of its rules.
 */
import { type GraphQLSchema, getNamedType, isAbstractType, isCompositeType, isObjectType } from 'graphql';
import type { AccessRule } from '../../supergraph/index.ts';
import type { AccessTable } from '../rules/access-table.ts';
import { ruleText } from '../rules/explain-fields.ts';

/** A rule that a way takes, and the element that has it. */
export interface RequiredRule {
  /** A field or a type. */
  readonly on: string;
  readonly rule: AccessRule;
}

export interface Way {
  /** The coordinates of the fields, from a root field on. */
  readonly path: readonly string[];
  readonly rules: readonly RequiredRule[];
}

/** Distinct sets of rules for one type; a schema that has more is not read by people either. */
const maxWays = 64;

interface KeyedWay extends Way {
  readonly keys: ReadonlySet<string>;
}

export interface Ways {
  readonly byType: ReadonlyMap<string, readonly Way[]>;
  /** False where a type has more ways than are kept. */
  readonly isComplete: boolean;
}

export function findWays(table: AccessTable): Ways {
  const { schema } = table;
  const ways = new Map<string, KeyedWay[]>();
  const queue: { readonly type: string; readonly way: KeyedWay }[] = [];
  let isComplete = true;

  function add(type: string, way: KeyedWay): void {
    const others = ways.get(type) ?? [];
    if (others.some(({ keys }) => isSubset(keys, way.keys))) return;
    if (others.length >= maxWays) {
      isComplete = false;
      return;
    }
    ways.set(type, [...others.filter(({ keys }) => !isSubset(way.keys, keys)), way]);
    queue.push({ type, way });
  }

  for (const root of rootTypes(schema)) add(root, withRules({ path: [], rules: [], keys: new Set() }, [], table, root));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { type, way } = next;
    if (ways.get(type)?.includes(way) !== true) continue; // one of fewer rules has taken its place
    for (const field of Object.values(table.objectType(type)?.getFields() ?? {})) {
      const returned = getNamedType(field.type);
      if (!isCompositeType(returned)) continue;
      const through = wayThrough(way, table, type, field.name);
      const members = isAbstractType(returned) ? schema.getPossibleTypes(returned) : [returned];
      for (const { name } of members) add(name, withRules(through, [], table, name));
    }
  }
  return { byType: ways, isComplete };
}

/** The ways to a field of an object type. */
export function waysToField(ways: Ways, table: AccessTable, type: string, field: string): readonly Way[] {
  const reached: KeyedWay[] = [];
  for (const { path, rules } of ways.byType.get(type) ?? []) {
    const way = wayThrough({ path, rules, keys: new Set(rules.map((rule) => keyOf(rule))) }, table, type, field);
    if (!reached.some(({ keys }) => isSubset(keys, way.keys))) reached.push(way);
  }
  return reached.filter((way) => !reached.some((lesser) => lesser !== way && isSubset(lesser.keys, way.keys)));
}

function wayThrough(way: KeyedWay, table: AccessTable, type: string, field: string): KeyedWay {
  const coordinate = `${type}.${field}`;
  const returned = table.objectType(type)?.getFields()[field];
  const further = withMasks(
    withRules({ ...way, path: [...way.path, coordinate] }, [coordinate], table, type),
    table,
    type,
    field,
  );
  return returned === undefined ? further : withRules(further, [], table, getNamedType(returned.type).name);
}

/** @param coordinates elements whose rules the way takes besides those of the type */
function withRules(way: KeyedWay, coordinates: readonly string[], table: AccessTable, type: string): KeyedWay {
  return withRequired(
    way,
    [type, ...coordinates].flatMap((on) => (table.rules.get(on) ?? []).map((rule) => ({ on, rule }))),
  );
}

/** An AI field takes the masks of what it reads. */
function withMasks(way: KeyedWay, table: AccessTable, type: string, field: string): KeyedWay {
  return withRequired(way, masksOfSources(table, type, field));
}

export function masksOfSources(table: AccessTable, type: string, field: string): readonly RequiredRule[] {
  return table.sourcesOf(type, field).flatMap(({ objects, node }) =>
    objects.flatMap((object) => {
      const on = `${object}.${node.name.value}`;
      return (table.rules.get(on) ?? []).filter(({ kind }) => kind === 'mask').map((rule) => ({ on, rule }));
    }),
  );
}

function withRequired(way: KeyedWay, further: readonly RequiredRule[]): KeyedWay {
  let { rules } = way;
  const keys = new Set(way.keys);
  for (const required of further) {
    const key = keyOf(required);
    if (keys.has(key)) continue;
    keys.add(key);
    rules = [...rules, required];
  }
  return { path: way.path, rules, keys };
}

/** A policy may decide by the arguments of its field: on another one it is another rule. */
function keyOf({ on, rule }: RequiredRule): string {
  return rule.kind === 'policies' || rule.kind === 'mask' ? `${on} ${ruleText(rule)}` : ruleText(rule);
}

function isSubset(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return part.isSubsetOf(whole);
}

function rootTypes(schema: GraphQLSchema): readonly string[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    isObjectType(type) ? [type.name] : [],
  );
}

import { ChangeType } from '@graphql-inspector/core';
import { describe, expect, it } from 'vitest';
import { type SchemaChange, schemaChanges } from '../../../../src/registry/checks/examine/schema-changes.ts';
import type { UsageReader } from '../../../../src/registry/checks/index.ts';
import { changeDrafts } from '../../../../src/registry/checks/sections/changes-section.ts';
import { readTraffic, type Thresholds } from '../../../../src/registry/checks/weigh.ts';
import { changeMatrix } from './change-matrix.ts';
import { fixedUsage, window } from './fixed-usage.ts';

/** The coordinates by which each change that is not safe is weighed; `directives`: uses of those are not counted. */
const weighed: Readonly<Record<string, readonly [SchemaChange['level'], readonly string[] | 'directives']>> = {
  FIELD_ARGUMENT_DEFAULT_CHANGED: ['dangerous', ['Query.f']],
  FIELD_ARGUMENT_TYPE_CHANGED: ['breaking', ['Query.f.x']],
  DIRECTIVE_REMOVED: ['breaking', 'directives'],
  DIRECTIVE_LOCATION_REMOVED: ['breaking', 'directives'],
  DIRECTIVE_ARGUMENT_ADDED: ['breaking', 'directives'],
  DIRECTIVE_ARGUMENT_REMOVED: ['breaking', 'directives'],
  DIRECTIVE_ARGUMENT_DEFAULT_VALUE_CHANGED: ['dangerous', 'directives'],
  DIRECTIVE_ARGUMENT_TYPE_CHANGED: ['breaking', 'directives'],
  DIRECTIVE_REPEATABLE_REMOVED: ['dangerous', 'directives'],
  ENUM_VALUE_REMOVED: ['breaking', ['Colour.GREEN']],
  ENUM_VALUE_ADDED: ['dangerous', ['Query.paint']],
  FIELD_REMOVED: ['breaking', ['Query.f']],
  FIELD_TYPE_CHANGED: ['breaking', ['Query.f']],
  FIELD_ARGUMENT_ADDED: ['breaking', ['Query.f']],
  FIELD_ARGUMENT_REMOVED: ['breaking', ['Query.f.x']],
  INPUT_FIELD_REMOVED: ['breaking', ['Size.h']],
  INPUT_FIELD_ADDED: ['breaking', ['Size.w', 'Query.box.size']],
  INPUT_FIELD_DEFAULT_VALUE_CHANGED: ['dangerous', ['Size.w', 'Query.box.size']],
  INPUT_FIELD_TYPE_CHANGED: ['breaking', ['Size.w']],
  OBJECT_TYPE_INTERFACE_ADDED: ['dangerous', ['Named.name', 'Query.named']],
  OBJECT_TYPE_INTERFACE_REMOVED: ['breaking', ['Named.name', 'Query.named', 'Query.pet']],
  SCHEMA_QUERY_TYPE_CHANGED: ['breaking', ['A.a']],
  SCHEMA_MUTATION_TYPE_CHANGED: ['breaking', ['Mutation.m']],
  SCHEMA_SUBSCRIPTION_TYPE_CHANGED: ['breaking', ['Subscription.s']],
  TYPE_REMOVED: ['breaking', ['Pet.name', 'Query.pet']],
  TYPE_KIND_CHANGED: ['breaking', ['Pet.name', 'Query.pet']],
  UNION_MEMBER_REMOVED: ['breaking', ['Query.found']],
  UNION_MEMBER_ADDED: ['dangerous', ['Query.found']],
  DIRECTIVE_USAGE_INPUT_OBJECT_ADDED: ['dangerous', ['I.f']],
};

/** What an SDL cannot say: a deprecation has a reason, and fields of documents are no part of a schema. */
const unwritable = [
  'FIELD_DEPRECATION_REASON_ADDED',
  'FIELD_DEPRECATION_REASON_REMOVED',
  'DIRECTIVE_USAGE_FIELD_ADDED',
  'DIRECTIVE_USAGE_FIELD_REMOVED',
];

const kinds = Object.values(ChangeType).filter((kind) => !unwritable.includes(kind));

async function changeOf(kind: string): Promise<SchemaChange> {
  const { before, after } = changeMatrix[kind] ?? { before: '', after: '' };
  const change = (await schemaChanges(before, after)).find((found) => found.kind === kind);
  if (change === undefined) throw new Error(`the schemas of the matrix make no ${kind}`);
  return change;
}

async function severityOf(change: SchemaChange, usage: UsageReader | undefined, thresholds: Thresholds = {}) {
  const traffic = await readTraffic(usage, window);
  const [draft] = await changeDrafts([{ ...change, places: [] }], traffic, thresholds);
  return draft;
}

describe('every kind of change', () => {
  it.each(kinds)('%s is told at its place, and weighed by what uses it', async (kind) => {
    const change = await changeOf(kind);
    const [level, uses] = weighed[kind] ?? [levelOfDirectiveUsage(kind), 'directives'];
    expect(change.level).toBe(level);
    expect(change.coordinate === undefined).toBe(kind.includes('SCHEMA'));
    const loud = level === 'breaking' ? 'error' : 'warning';
    const unused = await severityOf(change, fixedUsage(1_000, {}));
    if (level === 'safe') {
      expect(unused?.severity).toBe('info');
      return;
    }
    expect((await severityOf(change, undefined))?.severity).toBe(loud);
    expect((await severityOf(change, fixedUsage(0, {})))?.severity).toBe(loud);
    if (uses === 'directives') {
      expect(change.uses).toBeUndefined();
      expect(unused?.severity).toBe(loud);
      return;
    }
    expect([...(change.uses ?? [])].sort()).toEqual([...uses].sort());
    expect(unused).toMatchObject({ severity: 'info', safeBecause: 'unused', usage: { requests: 0 } });
    for (const coordinate of uses) {
      const used = await severityOf(change, fixedUsage(1_000, { [coordinate]: 30 }));
      expect(used).toMatchObject({ severity: loud, usage: { requests: 30, percent: 3, lastUsed: 500_000 } });
    }
  });

  /** They are dangerous where a client could read them; an argument of one is not. */
  function levelOfDirectiveUsage(kind: string): SchemaChange['level'] {
    if (kind === 'DIRECTIVE_USAGE_ARGUMENT_ADDED') return 'safe';
    return kind.startsWith('DIRECTIVE_USAGE_') ? 'dangerous' : 'safe';
  }
});

describe('weighing', () => {
  it('takes what is used less than the thresholds for unused', async () => {
    const removed = await changeOf('FIELD_REMOVED');
    const usage = fixedUsage(1_000, { 'Query.f': 30 });
    expect((await severityOf(removed, usage, { requests: 31 }))?.safeBecause).toBe('below threshold');
    expect((await severityOf(removed, usage, { requests: 30 }))?.severity).toBe('error');
    expect((await severityOf(removed, usage, { percent: 3.1 }))?.safeBecause).toBe('below threshold');
    expect((await severityOf(removed, usage, { percent: 3 }))?.severity).toBe('error');
  });

  it('counts those who leave a required argument out, and those who give a value that changes', async () => {
    const [required] = await schemaChanges('type Query { f(x: Int): Int }', 'type Query { f(x: Int!): Int }');
    expect(required?.uses).toEqual(['Query.f', 'Query.f.x']);
    const [input] = await schemaChanges(
      'type Query { f(x: I): Int } input I { a: Int b: Int }',
      'type Query { f(x: I): Int } input I { a: Int! b: Int }',
    );
    expect(input?.uses).toEqual(['I.a', 'I.b', 'Query.f.x']);
  });

  it('counts a oneOf that an input object becomes', async () => {
    const [change] = await schemaChanges(
      'type Query { f(x: I): Int } input I { a: Int b: Int }',
      'type Query { f(x: I): Int } input I @oneOf { a: Int b: Int }',
    );
    expect(change).toMatchObject({ level: 'breaking', coordinate: 'I', uses: ['I.a', 'I.b', 'Query.f.x'] });
  });

  it('tells a new type without all that is in it, and a deprecation once', async () => {
    const changes = await schemaChanges(
      'type Query { a: Int }',
      'type Query { a: Int @deprecated b: Pet } type Pet { name: String old: Int @deprecated }',
    );
    expect(changes.map(({ kind, coordinate }) => `${kind} ${coordinate}`).sort()).toEqual([
      'FIELD_ADDED Query.b',
      'FIELD_DEPRECATION_ADDED Query.a',
      'TYPE_ADDED Pet',
    ]);
  });
});

/** Through what a field or type is reached, for `isthmus access who`: scopes, policies, ways, contracts, interfaces, prompts. */
import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isLeafType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { didYouMean } from '../../lib/index.ts';
import type { AccessRules, FieldSources, RequiredFields, RowRule } from '../../supergraph/index.ts';
import { type DescribedRowRule, rowRulesOf } from '../rows/rules-of-fields.ts';
import { AccessTable } from '../rules/access-table.ts';
import { ruleText } from '../rules/explain-fields.ts';
import { policiesOf } from '../rules/operation-rules.ts';
import { findWays, masksOfSources, type Way, type Ways, waysToField } from './find-ways.ts';

export interface ReachOptions {
  readonly schema: GraphQLSchema;
  readonly rules: AccessRules;
  /** What the values of AI fields are made from. @default nothing that has rules */
  readonly fieldSources?: FieldSources | undefined;
  /** @default none */
  readonly rowRules?: readonly RowRule[] | undefined;
  readonly required: RequiredFields;
  /** The prompts of AI fields, by the field's coordinate. */
  readonly prompts: ReadonlyMap<string, string>;
  readonly contracts: readonly ContractView[];
}

/** A contract, or the whole schema where none holds. */
export interface ContractView {
  /** Null: the whole schema. */
  readonly contract: string | null;
  /** The requests that it is for, in the words of the configuration; none: every other one of the endpoint. */
  readonly conditions: readonly string[];
  readonly schema: GraphQLSchema;
}

export interface Reach {
  readonly coordinate: string;
  /** Whether a way of it takes an identified caller. */
  readonly authenticated: boolean;
  /** All that some way of it names. */
  readonly scopes: readonly string[];
  readonly policies: readonly string[];
  /** None: no client reaches it. Each takes all of its rules. */
  readonly ways: readonly {
    readonly path: readonly string[];
    readonly rules: readonly { readonly on: string; readonly rule: string }[];
  }[];
  /** Whether a way of it is left by each contract; none is configured where there are none. */
  readonly contracts: readonly {
    readonly contract: string | null;
    readonly conditions: readonly string[];
    readonly isReached: boolean;
  }[];
  /** The rules by which objects with it may be left out, by their data; missing where there are none. */
  readonly rows?: readonly DescribedRowRule[];
  /** Fields of interfaces, and types, through which it is selected as well. */
  readonly interfaces: readonly string[];
  /** The object types that lead to it, over any number of fields. */
  readonly types: readonly string[];
  /** The fields that read it by `@requires`, one that requires such a field included, with the prompt of an AI field. */
  readonly requiredBy: readonly {
    readonly field: string;
    readonly prompt?: string;
    readonly rules: readonly string[];
  }[];
  /** False where there are more ways than these. */
  readonly isComplete: boolean;
}

/** @returns what describes a coordinate: with a sentence where the schema has no such field or type */
export function createReach(options: ReachOptions): (coordinate: string) => Reach | string {
  const { schema, rules, fieldSources } = options;
  const table = new AccessTable(schema, rules, fieldSources);
  const ways = findWays(table);
  const views = options.contracts.map(({ schema: ofContract, ...view }) => {
    const ofView = ofContract === schema ? { table, ways } : tableAndWays(ofContract, rules, fieldSources);
    return { ...view, reach: (coordinate: string) => reached(coordinate, ofView.table, ofView.ways) };
  });

  return (coordinate) => {
    const [typeName = '', fieldName, ...rest] = coordinate.split('.');
    const type = schema.getType(typeName);
    if (type === undefined || !isReadable(type))
      return `clients see no type ${typeName}${didYouMean(typeName, readableNames(schema))}`;
    const fields = 'getFields' in type ? Object.keys(type.getFields()) : [];
    if (fieldName !== undefined && (rest.length > 0 || !fields.includes(fieldName)))
      return `clients see no field ${coordinate}${didYouMean(
        coordinate,
        fields.map((name) => `${typeName}.${name}`),
      )}`;
    const objects = objectsOf(type, schema);
    const reachedBy = reached(coordinate, table, ways);
    const required = reachedBy.flatMap((way) => way.rules.map(({ rule }) => rule));
    const elements = objects.map(({ name }) => (fieldName === undefined ? name : `${name}.${fieldName}`));
    const rows = rowRulesOf(schema, options.rowRules ?? [], elements);
    return {
      coordinate,
      authenticated: required.some(({ kind }) => kind === 'authenticated'),
      scopes: namesOf(required.flatMap((rule) => (rule.kind === 'scopes' ? rule.anyOf.flat() : []))),
      policies: namesOf(required.flatMap(policiesOf)),
      ways: reachedBy.map(({ path, rules: ofWay }) => ({
        path,
        rules: ofWay.map(({ on, rule }) => ({ on, rule: ruleText(rule) })),
      })),
      contracts: views.map(({ reach, ...view }) => ({ ...view, isReached: reach(coordinate).length > 0 })),
      ...(rows.length === 0 ? {} : { rows }),
      interfaces: namesOf(objects.flatMap((object) => interfacesOf(object, fieldName))).filter(
        (name) => name !== coordinate,
      ),
      types: typesLeadingTo(schema, new Set(isLeafType(type) ? [type.name] : objects.map(({ name }) => name))),
      requiredBy: fieldsRequiring(coordinate, options, table),
      isComplete: ways.isComplete,
    };
  };
}

function tableAndWays(schema: GraphQLSchema, rules: AccessRules, sources: FieldSources | undefined) {
  const table = new AccessTable(schema, rules, sources);
  return { table, ways: findWays(table) };
}

/** The ways to a field or type of a schema; none where the schema does not have it. */
function reached(coordinate: string, table: AccessTable, ways: Ways): readonly Way[] {
  const [typeName = '', fieldName] = coordinate.split('.');
  const type = table.schema.getType(typeName);
  if (type === undefined) return [];
  const objects = objectsOf(type, table.schema);
  if (fieldName === undefined) return waysToType(ways, table, type, objects);
  const having = objects.filter((object) => object.getFields()[fieldName] !== undefined);
  return having.flatMap(({ name }) => waysToField(ways, table, name, fieldName));
}

function objectsOf(type: GraphQLNamedType, schema: GraphQLSchema): readonly GraphQLObjectType[] {
  if (isAbstractType(type)) return schema.getPossibleTypes(type);
  return isObjectType(type) ? [type] : [];
}

/** Types that a selection can lead to; those of the language itself are everywhere. */
function isReadable(type: GraphQLNamedType): boolean {
  return !isInputObjectType(type) && !isSpecifiedScalarType(type) && !type.name.startsWith('__');
}

function readableNames(schema: GraphQLSchema): readonly string[] {
  return Object.values(schema.getTypeMap())
    .filter(isReadable)
    .map(({ name }) => name);
}

/** To a scalar or enum, by the fields that return it. */
function waysToType(
  ways: Ways,
  table: AccessTable,
  type: GraphQLNamedType,
  objects: readonly GraphQLObjectType[],
): readonly Way[] {
  if (!isLeafType(type)) return objects.flatMap(({ name }) => ways.byType.get(name) ?? []);
  return Object.values(table.schema.getTypeMap()).flatMap((parent) =>
    isObjectType(parent)
      ? Object.values(parent.getFields())
          .filter((field) => getNamedType(field.type) === type)
          .flatMap((field) => waysToField(ways, table, parent.name, field.name))
      : [],
  );
}

function interfacesOf(object: GraphQLObjectType, field: string | undefined): readonly string[] {
  if (field === undefined) return object.getInterfaces().map(({ name }) => name);
  const having = object.getInterfaces().filter((of) => of.getFields()[field] !== undefined);
  return having.map(({ name }) => `${name}.${field}`);
}

const namesOf = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();

/** @param targets the object types that are to be reached */
function typesLeadingTo(schema: GraphQLSchema, targets: ReadonlySet<string>): readonly string[] {
  const leading = new Set<string>();
  let grown = true;
  while (grown) {
    grown = false;
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || type.name.startsWith('__') || leading.has(type.name)) continue;
      const leads = Object.values(type.getFields()).some((field) =>
        returnedObjects(schema, field.type).some((name) => targets.has(name) || leading.has(name)),
      );
      if (!leads) continue;
      leading.add(type.name);
      grown = true;
    }
  }
  return [...leading].sort();
}

function returnedObjects(schema: GraphQLSchema, type: GraphQLOutputType): readonly string[] {
  const returned = getNamedType(type);
  return isAbstractType(returned) ? schema.getPossibleTypes(returned).map(({ name }) => name) : [returned.name];
}

/** Those that read the field, or any field of the type, and those that read them in turn. */
function fieldsRequiring(
  coordinate: string,
  { required, prompts }: ReachOptions,
  table: AccessTable,
): Reach['requiredBy'] {
  const isTarget = (name: string): boolean => name === coordinate || name.startsWith(`${coordinate}.`);
  const requiring = new Set<string>();
  let grown = true;
  while (grown) {
    grown = false;
    for (const [field, names] of required) {
      if (requiring.has(field) || ![...names].some((name) => isTarget(name) || requiring.has(name))) continue;
      requiring.add(field);
      grown = true;
    }
  }
  return [...requiring].map((field) => {
    const [typeName = '', name = ''] = field.split('.');
    const object = table.objectType(typeName);
    const ofField = object === undefined ? [] : table.ofField(object, name);
    const rules = [...ofField, ...masksOfSources(table, typeName, name).map(({ rule }) => rule)];
    const prompt = prompts.get(field);
    return { field, ...(prompt === undefined ? {} : { prompt }), rules: rules.map(ruleText) };
  });
}

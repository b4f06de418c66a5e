/**
 * What of an operation `@constraint` is about, compiled once: the rules that its literals break, and the variables whose
 * values are checked with each request. Every fragment is read once, however often it is spread.
 */
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { fragmentsOf } from '../../documents/index.ts';
import { argumentCoordinate, type BrokenRule, type CompiledConstraint } from '../../supergraph/index.ts';
import type { ValueCheck, ValueChecks, ValuePath } from './value-checks.ts';

/** The argument of a field, where the operation selects it. */
export interface ArgumentPlace {
  /** `Query.products`. */
  readonly field: string;
  /** The response keys that lead to the field. */
  readonly path: readonly string[];
}

export interface Violation extends ArgumentPlace {
  /** From the argument's name to the value: `['filter', 'ids', 3]`. */
  readonly argument: ValuePath;
  readonly broken: BrokenRule;
}

export interface VariableCheck extends ArgumentPlace {
  readonly name: string;
  /** Where the variable stands. */
  readonly argument: ValuePath;
  readonly check: ValueCheck;
}

export interface OperationChecks {
  readonly violations: readonly Violation[];
  readonly variables: readonly VariableCheck[];
  /** The defaults of the variables that are checked. */
  readonly defaults: ReadonlyMap<string, unknown>;
}

export function compileOperationChecks(
  schema: GraphQLSchema,
  checks: ValueChecks,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationChecks {
  const violations: Violation[] = [];
  const variables: VariableCheck[] = [];
  const fragments = fragmentsOf(document);
  const visited = new Set<FragmentDefinitionNode>();
  collect(operation.selectionSet, schema.getRootType(operation.operation)?.name, []);
  const names = new Set(variables.map(({ name }) => name));
  const defaults = new Map(
    (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
      defaultValue !== undefined && names.has(variable.name.value)
        ? [[variable.name.value, valueFromASTUntyped(defaultValue)] as const]
        : [],
    ),
  );
  return { violations, variables, defaults };

  function collect({ selections }: SelectionSetNode, typeName: string | undefined, path: readonly string[]): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value);
        if (fragment === undefined || visited.has(fragment)) continue;
        visited.add(fragment);
        collect(fragment.selectionSet, fragment.typeCondition.name.value, path);
        continue;
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.selectionSet, selection.typeCondition?.name.value ?? typeName, path);
        continue;
      }
      const { name, alias, arguments: nodes = [], selectionSet } = selection;
      const type = schema.getType(typeName ?? '');
      const field = type !== undefined && 'getFields' in type ? type.getFields()[name.value] : undefined;
      if (field === undefined || !('args' in field)) continue;
      const at = { field: `${typeName}.${name.value}`, path: [...path, (alias ?? name).value] };
      for (const { name: argument, value } of nodes) {
        const input = field.args.find((definition) => definition.name === argument.value);
        if (input === undefined) continue;
        const constraint = checks.constraintOf(argumentCoordinate(typeName ?? '', name.value, argument.value));
        if (constraint === undefined && checks.fieldsOf(input.type).length === 0) continue;
        checkNode(value, input.type, constraint, at, [argument.value]);
      }
      if (selectionSet !== undefined) collect(selectionSet, getNamedType(field.type).name, at.path);
    }
  }

  function checkNode(
    node: ValueNode,
    type: GraphQLInputType,
    constraint: CompiledConstraint | undefined,
    at: ArgumentPlace,
    argument: ValuePath,
    isItem = false,
  ): void {
    const report = (path: ValuePath, broken: BrokenRule): void => {
      violations.push({ ...at, argument: path, broken });
    };
    const nullable = isNonNullType(type) ? type.ofType : type;
    if (node.kind === Kind.VARIABLE) {
      const name = node.name.value;
      const check: ValueCheck = (value, path, reportValue) =>
        checks.check(value, type, constraint, path, reportValue, isItem);
      if (constraint !== undefined || checks.fieldsOf(type).length > 0)
        variables.push({ ...at, name, argument, check });
    } else if (node.kind === Kind.LIST && isListType(nullable)) {
      if (!isItem && constraint !== undefined)
        for (const broken of constraint.items(node.values.length)) report(argument, broken);
      for (const [index, item] of node.values.entries())
        checkNode(item, nullable.ofType, constraint, at, [...argument, index], true);
    } else if (node.kind === Kind.OBJECT && isInputObjectType(getNamedType(nullable))) {
      const fields = checks.fieldsOf(nullable);
      for (const { name, value } of node.fields) {
        const field = fields.find((candidate) => candidate.name === name.value);
        if (field !== undefined) checkNode(value, field.type, field.constraint, at, [...argument, name.value]);
      }
    } else {
      // An ID keeps all digits of its literal.
      const value = node.kind === Kind.INT && getNamedType(type).name === 'ID' ? node.value : valueFromASTUntyped(node);
      checks.check(value, type, constraint, argument, report, isItem);
    }
  }
}

/**
 * What an outcome means for each field of an operation, in the operation's order: for the modes `reject` and `audit`, for
 * `isthmus-explain: access`, and for `isthmus access can`.
 */
import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getVariableValues,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { withPlainNumbers } from '../../lib/index.ts';
import { isIncluded } from '../../supergraph/index.ts';
import type { AccessTable } from './access-table.ts';
import type { OperationRules, RuleVerdict } from './operation-rules.ts';

/** A field, or an object type that a field of an interface or union may return. */
export interface FieldVerdict {
  /** The response keys that lead to it; `@` is any item of a list. */
  readonly path: readonly string[];
  /** Such as `User.email`; of an object type, `User`. */
  readonly coordinate: string;
  readonly isDenied: boolean;
  /** The denied field above it; only of `all`. */
  readonly within: readonly string[] | undefined;
  /** The form that it is masked by, as in `@mask(as:)`, or that it is made from; undefined: it is whole, or denied. */
  readonly as: string | undefined;
  /** Every rule that it takes; none: anyone may read it. */
  readonly rules: readonly RuleVerdict[];
}

export interface Judgement {
  readonly table: AccessTable;
  /** What the operation was validated against: objects of other types are not told of. */
  readonly apiSchema: GraphQLSchema;
  readonly rules: OperationRules;
  readonly outcome: string;
  /** As the client sent them: they decide `@skip` and `@include`. */
  readonly variables: Readonly<Record<string, unknown>>;
}

type Path = FieldVerdict['path'];

/** More tell neither a client nor an operator anything. */
const maxVerdicts = 1_000;

/** Fragments can give a document of a few lines millions of places; 10,000 take 25 ms. */
const maxVisits = 10_000;

export interface FieldVerdicts {
  readonly fields: readonly FieldVerdict[];
  /** False where there are more than these. */
  readonly isComplete: boolean;
}

/**
 * @param listed which fields are returned: those that are denied or masked, or all; the selections of a denied field are of
 *   `all` only
 */
export function judgeFields(judgement: Judgement, listed: 'restricted' | 'all'): FieldVerdicts {
  const { table, apiSchema: schema, rules, outcome, variables } = judgement;
  const definitions = rules.operation.variableDefinitions ?? [];
  const plain = withPlainNumbers(variables) as typeof variables;
  const values = getVariableValues(schema, definitions, plain).coerced ?? variables;
  const verdicts = new Map<string, FieldVerdict>();
  const visited = new Map<SelectionSetNode, Set<string>>();
  let visits = 0;
  const root = schema.getRootType(rules.operation.operation);
  if (root != null) visit([root], rules.operation.selectionSet, []);
  return { fields: [...verdicts.values()], isComplete: visits <= maxVisits && verdicts.size < maxVerdicts };

  function visit(objects: readonly GraphQLObjectType[], set: SelectionSetNode, path: Path, within?: Path): void {
    const at = `${objects.map(({ name }) => name).join()} ${path.join('.')}`;
    const places = visited.get(set);
    if (places?.has(at) === true || ++visits > maxVisits) return;
    if (places === undefined) visited.set(set, new Set([at]));
    else places.add(at);
    for (const selection of set.selections) {
      if (verdicts.size >= maxVerdicts) return;
      if (!isIncluded(selection.directives, values)) continue;
      if (selection.kind === Kind.FIELD) {
        visitField(objects, selection, path, within);
        continue;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : rules.fragments.get(selection.name.value);
      const condition = fragment?.typeCondition?.name.value;
      const narrowed = condition === undefined ? undefined : schema.getType(condition);
      if (fragment === undefined || (condition !== undefined && !isCompositeType(narrowed))) continue;
      // Only objects that fulfil every condition on the way: what an inner one widens to is not reached.
      const reached = isCompositeType(narrowed)
        ? objects.filter((object) => objectsOf(narrowed).includes(object))
        : objects;
      if (reached.length > 0) visit(reached, fragment.selectionSet, path, within);
    }
  }

  function objectsOf(type: GraphQLCompositeType): readonly GraphQLObjectType[] {
    return isObjectType(type) ? [type] : schema.getPossibleTypes(type);
  }

  function visitField(objects: readonly GraphQLObjectType[], node: FieldNode, above: Path, within?: Path): void {
    const name = node.name.value;
    if (name.startsWith('__')) return;
    const path = [...above, (node.alias ?? node.name).value];
    for (const object of objects) {
      const field = object.getFields()[name];
      if (field === undefined) continue;
      const isDenied = within !== undefined || rules.denialOf(object, node, outcome) !== undefined;
      const form = isDenied ? undefined : rules.formOf(object, node, outcome);
      const as = isDenied ? undefined : (form ?? rules.formOfSources(object, node, outcome))?.as;
      const coordinate = `${object.name}.${name}`;
      add({ path, coordinate, isDenied, within, as }, () => rules.verdictsOf(object, node, outcome));
      const returned = getNamedType(field.type);
      if ((isDenied && listed === 'restricted') || !isCompositeType(returned) || node.selectionSet === undefined)
        continue;
      for (const member of table.protectedMembers(field.type)) {
        if (isDenied) break;
        if (schema.getType(member.name) === undefined) continue;
        const isMemberDenied = rules.denialOfType(member.name, outcome) !== undefined;
        const verdict = { path, coordinate: member.name, isDenied: isMemberDenied, within, as: undefined };
        add(verdict, () => rules.verdictsOfType(member.name, outcome));
      }
      const below = [...path, ...itemSteps(field.type)];
      visit(objectsOf(returned), node.selectionSet, below, within ?? (isDenied ? path : undefined));
    }
  }

  function add(verdict: Omit<FieldVerdict, 'rules'>, rulesOf: () => readonly RuleVerdict[]): void {
    if (!verdict.isDenied && verdict.as === undefined && listed === 'restricted') return;
    const key = `${verdict.path.join('.')} ${verdict.coordinate}`;
    if (!verdicts.has(key)) verdicts.set(key, { ...verdict, rules: rulesOf() });
  }
}

function itemSteps(type: GraphQLOutputType): readonly string[] {
  const nullable = getNullableType(type);
  return isListType(nullable) ? ['@', ...itemSteps(nullable.ofType)] : [];
}

/**
 * The distinct rules of an operation, collected once: each is a clause, and a request evaluates the clauses to a string with a
 * character for each, the outcome.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  type InlineFragmentNode,
  isCompositeType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
} from 'graphql';
import { fragmentsOf } from '../../documents/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { AccessRule, FieldSource, MaskForm } from '../../supergraph/index.ts';
import type { Policy } from '../policies/policy.ts';
import type { AccessTable } from './access-table.ts';
import { formOf } from './masks.ts';

/** A rule of the operation. Rules of policies that read arguments are one clause for each distinct set of arguments. */
export interface Clause {
  readonly rule: AccessRule;
  /** Where the rule's policies read arguments: the field that is selected; without its definition where clients see none. */
  readonly selected:
    | { readonly field: GraphQLField<unknown, unknown> | undefined; readonly node: FieldNode }
    | undefined;
}

/** Whether one rule of a field holds for a caller. */
export interface RuleVerdict {
  readonly rule: AccessRule;
  /** Undefined: it has not been decided, and so does not hold. */
  readonly clause: Clause | undefined;
  readonly holds: boolean;
}

/** How a field is read that another one's value is made from. */
export interface SourceReading {
  /** Whether no rule denies it, of whichever type its object is. */
  readonly isReadable: boolean;
  /** By the object type that the field may be of. */
  readonly forms: ReadonlyMap<string, 'whole' | 'none' | MaskForm>;
}

/** Rules that are decided together. */
export interface DecidedRules {
  readonly clauses: readonly Clause[];
  /** The policies that the clauses name. */
  readonly policyNames: ReadonlySet<string>;
  /** Has the definitions of the variables in the clauses' arguments. */
  readonly operation: OperationDefinitionNode;
}

/** The most selection sets that are visited for rules: as many as the planner takes. */
const maxVisits = 50_000;

export class OperationRules implements DecidedRules {
  readonly clauses: readonly Clause[];
  readonly policyNames: ReadonlySet<string>;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #table: AccessTable;
  /** The clauses of each field, by its type and what `selectionKey` makes of it: the nodes of another parse have the same. */
  readonly #ofFields: ClausesOfFields;
  readonly #policies: ReadonlyMap<string, Policy>;
  readonly #ofTypes: ReadonlyMap<string, readonly number[]>;

  /** @throws GatewayError `PLAN_DEADLINE_EXCEEDED` for an operation that is too large to be planned */
  constructor(
    table: AccessTable,
    policies: ReadonlyMap<string, Policy>,
    document: DocumentNode,
    operation: OperationDefinitionNode,
  ) {
    this.#table = table;
    this.#policies = policies;
    this.operation = operation;
    this.fragments = fragmentsOf(document);
    const collected = collect(table, policies, operation, this.fragments);
    this.clauses = collected.clauses;
    this.policyNames = new Set(collected.clauses.flatMap(({ rule }) => policiesOf(rule)));
    this.#ofFields = collected.ofFields;
    this.#ofTypes = collected.ofTypes;
  }

  /** The first rule that denies the field of objects of this type; undefined where the field may be read. */
  denialOf(type: GraphQLObjectType, node: FieldNode, outcome: string): AccessRule | undefined {
    const rules = this.#table.ofField(type, node.name.value);
    if (rules.length > 0) {
      const clauses = this.#clausesOf(rules, type.name, node);
      if (clauses === undefined) return rules[0]; // what has not been decided is denied
      for (const clause of clauses) if (outcome[clause] === '0') return this.clauses[clause]?.rule;
    }
    for (const { rule, holds } of this.#masksOfSources(type.name, node.name.value, outcome)) if (!holds) return rule;
    // Where every object that the field may return is denied, the field is: nothing is fetched to be dropped.
    const field = type.getFields()[node.name.value];
    const members = field === undefined ? [] : this.#table.protectedMembers(field.type);
    const denials = members.map((member) => this.denialOfType(member.name, outcome));
    return denials.every((denial) => denial !== undefined) ? denials[0] : undefined;
  }

  /** Every rule that the field of objects of this type takes. */
  verdictsOf(type: GraphQLObjectType, node: FieldNode, outcome: string): readonly RuleVerdict[] {
    const rules = this.#table.ofField(type, node.name.value);
    const ofField = [
      ...this.#verdicts(rules, rules.length === 0 ? [] : this.#clausesOf(rules, type.name, node), outcome),
      ...this.#masksOfSources(type.name, node.name.value, outcome),
    ];
    const field = type.getFields()[node.name.value];
    const members = field === undefined ? [] : this.#table.protectedMembers(field.type);
    const [first] = members;
    const isEveryMemberDenied = members.every(({ name }) => this.denialOfType(name, outcome) !== undefined);
    return first === undefined || !isEveryMemberDenied
      ? ofField
      : [...ofField, ...this.verdictsOfType(first.name, outcome)];
  }

  /** Every rule that objects of this type take. */
  verdictsOfType(name: string, outcome: string): readonly RuleVerdict[] {
    return this.#verdicts(this.#table.ofType(name), this.#ofTypes.get(name), outcome);
  }

  #verdicts(rules: readonly AccessRule[], numbers: readonly number[] | undefined, outcome: string) {
    return rules.map((rule, index): RuleVerdict => {
      const number = numbers?.[index];
      const clause = number === undefined ? undefined : this.clauses[number];
      return { rule, clause, holds: number !== undefined && outcome[number] !== '0' };
    });
  }

  /** The masks of what a field's value is made from: none of a form, and the field is denied. */
  #masksOfSources(type: string, field: string, outcome: string): readonly RuleVerdict[] {
    const verdicts = new Map<AccessRule, RuleVerdict>();
    for (const source of this.#table.sourcesOf(type, field)) {
      for (const object of source.objects)
        for (const verdict of this.#sourceVerdicts(object, source, outcome))
          if (verdict.rule.kind === 'mask') verdicts.set(verdict.rule, verdict);
    }
    return [...verdicts.values()];
  }

  #sourceVerdicts(object: string, source: FieldSource, outcome: string): readonly RuleVerdict[] {
    const rules = this.#table.ofSource(object, source);
    if (rules.length === 0) return [];
    return this.#verdicts(rules, this.#clausesOf(rules, object, source.node), outcome);
  }

  #clausesOf(rules: readonly AccessRule[], type: string, node: FieldNode): readonly number[] | undefined {
    return this.#ofFields.get(type)?.get(selectionKey(this.#policies, rules, node));
  }

  /** The form in which the outcome shows a field that it does not deny; undefined: whole. */
  formOf(type: GraphQLObjectType, node: FieldNode, outcome: string): MaskForm | undefined {
    return this.#formOf(this.#table.ofField(type, node.name.value), type.name, node, outcome);
  }

  #formOf(rules: readonly AccessRule[], type: string, node: FieldNode, outcome: string): MaskForm | undefined {
    if (!rules.some(({ kind }) => kind === 'mask')) return undefined;
    for (const number of this.#clausesOf(rules, type, node) ?? []) {
      const rule = this.clauses[number]?.rule;
      const form = rule?.kind === 'mask' ? formOf(rule, outcome[number]) : undefined;
      if (form !== undefined) return form;
    }
    return undefined;
  }

  /** The first form that the outcome shows of what a field's value is made from. */
  formOfSources(type: GraphQLObjectType, node: FieldNode, outcome: string): MaskForm | undefined {
    for (const source of this.#table.sourcesOf(type.name, node.name.value))
      for (const object of source.objects) {
        const form = this.#formOf(this.#table.ofSource(object, source), object, source.node, outcome);
        if (form !== undefined) return form;
      }
    return undefined;
  }

  /** How the outcome shows what the values of the operation's fields are made from. */
  readingOf(source: FieldSource, outcome: string): SourceReading {
    let isReadable = true;
    const forms = new Map<string, 'whole' | 'none' | MaskForm>();
    for (const object of source.objects) {
      const form = this.#formOf(this.#table.ofSource(object, source), object, source.node, outcome);
      forms.set(object, form ?? 'whole');
      for (const { rule, holds } of this.#sourceVerdicts(object, source, outcome)) {
        if (holds) continue;
        isReadable = false;
        if (rule.kind === 'mask') forms.set(object, 'none');
      }
    }
    return { isReadable, forms };
  }

  /** The first rule that denies objects of this type. */
  denialOfType(name: string, outcome: string): AccessRule | undefined {
    const clauses = this.#ofTypes.get(name);
    if (clauses === undefined) return this.#table.ofType(name)[0];
    for (const clause of clauses) if (outcome[clause] === '0') return this.clauses[clause]?.rule;
    return undefined;
  }
}

type ClausesOfFields = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

interface Collected {
  readonly clauses: readonly Clause[];
  readonly ofFields: ClausesOfFields;
  readonly ofTypes: ReadonlyMap<string, readonly number[]>;
}

function collect(
  table: AccessTable,
  policies: ReadonlyMap<string, Policy>,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Collected {
  const { schema } = table;
  const clauses: Clause[] = [];
  const numbers = new Map<string, number>();
  const ofFields = new Map<string, Map<string, readonly number[]>>();
  const ofTypes = new Map<string, readonly number[]>();
  const visited = new Map<SelectionSetNode, Set<string>>();
  let visits = 0;
  const root = schema.getRootType(operation.operation);
  if (root != null) visit(root, operation.selectionSet);
  return { clauses, ofFields, ofTypes };

  function visit(type: GraphQLCompositeType, set: SelectionSetNode): void {
    const types = visited.get(set);
    if (types?.has(type.name) === true) return;
    if (++visits > maxVisits) throw new GatewayError('PLAN_DEADLINE_EXCEEDED');
    if (types === undefined) visited.set(set, new Set([type.name]));
    else types.add(type.name);
    const objects = isObjectType(type) ? [type] : schema.getPossibleTypes(type);
    for (const { name } of objects) addType(name);
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) visitField(type, objects, selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) visitFragment(type, selection);
      else {
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) visitFragment(type, fragment);
      }
    }
  }

  function addType(name: string): void {
    const rules = table.ofType(name);
    if (rules.length === 0 || ofTypes.has(name)) return;
    ofTypes.set(
      name,
      rules.map((rule) => numberOf(rule, undefined)),
    );
  }

  function visitFragment(type: GraphQLCompositeType, fragment: InlineFragmentNode | FragmentDefinitionNode): void {
    const condition = fragment.typeCondition?.name.value;
    const narrowed = condition === undefined ? type : schema.getType(condition);
    // Every object that a selection applies to is one of the innermost condition's.
    if (isCompositeType(narrowed)) visit(narrowed, fragment.selectionSet);
  }

  function visitField(type: GraphQLCompositeType, objects: readonly GraphQLObjectType[], node: FieldNode): void {
    const name = node.name.value;
    if (name.startsWith('__')) return;
    for (const object of objects) {
      addField(table.ofField(object, name), object.name, node);
      for (const source of table.sourcesOf(object.name, name)) addSource(source);
    }
    if (node.selectionSet === undefined) return;
    const field = 'getFields' in type ? type.getFields()[name] : undefined;
    const returned = new Set(
      [field, ...objects.map((object) => object.getFields()[name])].map((of) => of && getNamedType(of.type)),
    );
    for (const composite of returned) if (isCompositeType(composite)) visit(composite, node.selectionSet);
  }

  function addField(rules: readonly AccessRule[], type: string, node: FieldNode): void {
    if (rules.length === 0) return;
    const key = selectionKey(policies, rules, node);
    let ofType = ofFields.get(type);
    if (ofType === undefined) {
      ofType = new Map();
      ofFields.set(type, ofType);
    }
    if (ofType.has(key)) return;
    ofType.set(
      key,
      rules.map((rule) => numberOf(rule, node, type)),
    );
  }

  function addSource(source: FieldSource): void {
    const { node } = source;
    for (const object of source.objects) addField(table.ofSource(object, source), object, node);
  }

  /**
   * @param node the field that the rule is one of; a rule of an object's type reads no arguments
   * @param typeName of the field: a field of the same name may have other defaults elsewhere
   */
  function numberOf(rule: AccessRule, node: FieldNode | undefined, typeName = ''): number {
    const ofSelection = readsArguments(policies, rule) ? node : undefined;
    const text = textOf(rule);
    const key = ofSelection === undefined ? text : `${text} ${typeName}.${argumentsText(ofSelection)}`;
    let number = numbers.get(key);
    if (number === undefined) {
      number = clauses.length;
      numbers.set(key, number);
      clauses.push({ rule, selected: ofSelection && selectedField(typeName, ofSelection) });
    }
    return number;
  }

  function selectedField(typeName: string, node: FieldNode): Clause['selected'] {
    return { field: table.objectType(typeName)?.getFields()[node.name.value], node };
  }
}

/** The texts of rules, which are objects of a generation: every operation compares them. */
const texts = new WeakMap<AccessRule, string>();

function textOf(rule: AccessRule): string {
  let text = texts.get(rule);
  if (text === undefined) {
    text = JSON.stringify(rule);
    texts.set(rule, text);
  }
  return text;
}

/** Selections of one type with one key have the same clauses: those of a field, with its arguments where a policy reads them. */
function selectionKey(policies: ReadonlyMap<string, Policy>, rules: readonly AccessRule[], node: FieldNode): string {
  for (const rule of rules) if (readsArguments(policies, rule)) return argumentsText(node);
  return node.name.value;
}

function readsArguments(policies: ReadonlyMap<string, Policy>, rule: AccessRule): boolean {
  return policiesOf(rule).some((name) => policies.get(name)?.readsArguments === true);
}

/** The policies that a rule names. */
export function policiesOf(rule: AccessRule): readonly string[] {
  switch (rule.kind) {
    case 'policies':
      return rule.anyOf.flat();
    case 'mask':
      return rule.forms.map(({ policy }) => policy);
    default:
      return none;
  }
}

const none: readonly string[] = [];

function argumentsText({ name, arguments: values = [] }: FieldNode): string {
  return `${name.value}(${values.map(print).sort().join()})`;
}

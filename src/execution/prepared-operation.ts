/**
 * What is made once per operation and kept: its fragments, the variables its `@skip` and `@include` depend on, and for
 * each of their outcomes a variant: the normalised operation, its plan, and the shape of its answer.
 */
import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  valueFromASTUntyped,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { invariant } from '../lib/index.ts';
import { type NormalisedOperation, normaliseOperation } from '../planning/index.ts';
import type { CompiledPlan } from './compile-plan.ts';
import { compileShape, type OperationShape } from './compile-shape.ts';

export type Variables = Readonly<Record<string, unknown>>;

export interface Variant {
  readonly normalised: NormalisedOperation;
  readonly shape: OperationShape;
  /** Plans by the active override labels; one entry where the schema has none. */
  readonly plans: Map<string, CompiledPlan>;
  /** How long its last answer was: what the next one is given room for. */
  answerBytes: number;
}

/** Outcomes of conditions kept per operation: a client cannot make more than this of one document. */
const maxVariants = 32;

export class PreparedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  uses = 0;
  readonly #schema: GraphQLSchema;
  readonly #strictFields: ReadonlySet<string> | undefined;
  readonly #conditionNames: readonly string[];
  readonly #defaults: Variables;
  readonly #variants = new LRUCache<string, Variant>({ max: maxVariants });

  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    strictFields?: ReadonlySet<string>,
  ) {
    this.#schema = schema;
    this.#strictFields = strictFields;
    this.document = document;
    this.operation = operation;
    this.fragments = new Map(
      document.definitions.flatMap((one) =>
        one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [],
      ),
    );
    this.#conditionNames = conditionNames(document);
    this.#defaults = Object.fromEntries(
      (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
        defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)] as const],
      ),
    );
  }

  /** The part of `variables` that decides which variant runs. */
  conditions(variables: Variables): Variables {
    return Object.fromEntries(this.#conditionNames.map((name) => [name, this.#value(variables, name)]));
  }

  variant(variables: Variables): Variant {
    let key = '';
    for (const name of this.#conditionNames) key += this.#value(variables, name) === true ? '1' : '0';
    const known = this.#variants.get(key);
    if (known !== undefined) return known;
    const variant = this.#make(this.conditions(variables));
    this.#variants.set(key, variant);
    return variant;
  }

  #make(conditions: Variables): Variant {
    const included = (selection: SelectionNode): boolean => isIncluded(selection.directives ?? [], conditions);
    const { operation, fragments } = this;
    const normalised = normaliseOperation({
      schema: this.#schema,
      operation,
      fragments,
      included,
      strictFields: this.#strictFields,
    });
    const rootType = this.#schema.getRootType(operation.operation);
    invariant(rootType != null, 'a validated operation has a root type');
    const options = { schema: this.#schema, fragments, included, keyOf: normalised.keyOf };
    return {
      normalised,
      shape: compileShape(options, rootType, operation.selectionSet),
      plans: new Map(),
      answerBytes: 0,
    };
  }

  #value(variables: Variables, name: string): unknown {
    // Own properties only: a variable may be called `constructor`.
    return Object.hasOwn(variables, name) ? variables[name] : this.#defaults[name];
  }
}

function isIncluded(directives: readonly DirectiveNode[], conditions: Variables): boolean {
  for (const { name, arguments: given } of directives) {
    if (name.value !== 'skip' && name.value !== 'include') continue;
    const value = given?.find((argument) => argument.name.value === 'if')?.value;
    const holds =
      value?.kind === Kind.VARIABLE
        ? conditions[value.name.value] === true
        : value?.kind === Kind.BOOLEAN && value.value;
    if (holds === (name.value === 'skip')) return false;
  }
  return true;
}

function conditionNames(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ name, arguments: given }) {
      if (name.value !== 'skip' && name.value !== 'include') return;
      for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}

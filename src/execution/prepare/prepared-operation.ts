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
  type ValueNode,
  valueFromASTUntyped,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { invariant } from '../../lib/index.ts';
import { infiniteDefaults, type NormalisedOperation, normaliseOperation } from '../../planning/index.ts';
import type { CompiledPlan } from '../compile/compile-plan.ts';
import { compileShape, type OperationShape } from '../shape/compile-shape.ts';

export type Variables = Readonly<Record<string, unknown>>;

export interface Variant {
  readonly normalised: NormalisedOperation;
  readonly shape: OperationShape;
  /** Plans by the active override labels; one entry where the schema has none. */
  readonly plans: Map<string, CompiledPlan>;
  /** How long its last answer was: what the next one is given room for. */
  answerBytes: number;
  /** What it has come to retain. */
  retainedBytes: number;
}

/** Outcomes of conditions kept per operation: a client cannot make more than this of one document. */
const maxVariants = 32;

/** The entry of a field in the normalised operation, and its compiled shape: see the test of what is retained. */
const bytesPerKey = 90;
const bytesPerCompiledField = 460;
const bytesPerVariant = 4_500;

export class PreparedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  uses = 0;
  readonly #schema: GraphQLSchema;
  readonly #strictFields: ReadonlySet<string> | undefined;
  readonly #conditionNames: readonly string[];
  readonly #defaults: Variables;
  readonly #infiniteDefaults: ReadonlyMap<string, ValueNode>;
  readonly #variants = new LRUCache<string, Variant>({
    max: maxVariants,
    dispose: (variant) => {
      this.#retainedBytes -= variant.retainedBytes;
    },
  });
  readonly #fieldCount: number;
  #retainedBytes = 3_000;
  #reportedBytes = 0;

  /** @param fieldCount how many fields the document has */
  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    fieldCount: number,
    strictFields?: ReadonlySet<string>,
  ) {
    this.#fieldCount = fieldCount;
    this.#schema = schema;
    this.#strictFields = strictFields;
    this.document = document;
    this.operation = operation;
    this.fragments = new Map(
      document.definitions.flatMap((one) =>
        one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [],
      ),
    );
    this.#infiniteDefaults = infiniteDefaults(schema, operation.variableDefinitions ?? []);
    this.#conditionNames = conditionNames(document);
    this.#defaults = Object.fromEntries(
      (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
        defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)] as const],
      ),
    );
  }

  /** How much more it retains than when this was last asked, its document and plans aside. */
  takeGrowth(): number {
    const growth = this.#retainedBytes - this.#reportedBytes;
    this.#reportedBytes = this.#retainedBytes;
    return growth;
  }

  /** The part of `variables` that decides which variant runs. */
  conditions(variables: Variables): Variables {
    return Object.fromEntries(this.#conditionNames.map((name) => [name, this.#value(variables, name)]));
  }

  variant(variables: Variables): Variant {
    let key = '';
    for (const name of this.#conditionNames) key += conditionKey(this.#value(variables, name));
    for (const name of this.#infiniteDefaults.keys()) key += Object.hasOwn(variables, name) ? 'g' : 'd';
    const known = this.#variants.get(key);
    if (known !== undefined) return known;
    const variant = this.#make(this.conditions(variables), variables);
    this.#variants.set(key, variant);
    return variant;
  }

  #make(conditions: Variables, variables: Variables): Variant {
    const defaults = new Map([...this.#infiniteDefaults].filter(([name]) => !Object.hasOwn(variables, name)));
    const included = (selection: SelectionNode): boolean => outcomeOf(selection.directives ?? [], conditions) === 'yes';
    const failing = (selection: SelectionNode): boolean =>
      outcomeOf(selection.directives ?? [], conditions) === 'failed';
    const { operation, fragments } = this;
    const normalised = normaliseOperation({
      schema: this.#schema,
      operation,
      fragments,
      included,
      failing,
      defaults,
      strictFields: this.#strictFields,
    });
    const rootType = this.#schema.getRootType(operation.operation);
    invariant(rootType != null, 'a validated operation has a root type');
    const { keyOf, refusalOf } = normalised;
    const onCompiled = (fields: number): void => this.#grow(variant, fields * bytesPerCompiledField);
    const options = { schema: this.#schema, fragments, included, failing, keyOf, refusalOf, onCompiled };
    const variant: Variant = {
      normalised,
      shape: compileShape(options, rootType, operation.selectionSet),
      plans: new Map(),
      answerBytes: 0,
      retainedBytes: 0,
    };
    this.#grow(variant, bytesPerVariant + this.#fieldCount * bytesPerKey + normalised.text.length * 2);
    return variant;
  }

  #grow(variant: Variant, bytes: number): void {
    variant.retainedBytes += bytes;
    this.#retainedBytes += bytes;
  }

  #value(variables: Variables, name: string): unknown {
    // Own properties only: a variable may be called `constructor`.
    if (Object.hasOwn(variables, name)) return variables[name];
    return Object.hasOwn(this.#defaults, name) ? this.#defaults[name] : undefined;
  }
}

function conditionKey(value: unknown): string {
  if (value === true) return '1';
  return value === null ? 'n' : '0';
}

/** A condition may be null where a variable's default let it stand there: then what it is on cannot be decided. */
type Outcome = 'yes' | 'no' | 'failed';

/** `@skip` is asked first, wherever it stands: what it leaves out no `@include` can fail. */
function outcomeOf(directives: readonly DirectiveNode[], conditions: Variables): Outcome {
  if (directives.length === 0) return 'yes';
  const skipped = conditionOf('skip', directives, conditions);
  if (skipped === null) return 'failed';
  if (skipped === true) return 'no';
  const included = conditionOf('include', directives, conditions);
  if (included === null) return 'failed';
  return included === false ? 'no' : 'yes';
}

function conditionOf(
  name: string,
  directives: readonly DirectiveNode[],
  conditions: Variables,
): boolean | null | undefined {
  const directive = directives.find((one) => one.name.value === name);
  const value = directive?.arguments?.find((argument) => argument.name.value === 'if')?.value;
  if (value?.kind === Kind.BOOLEAN) return value.value;
  if (value?.kind !== Kind.VARIABLE) return undefined;
  const given = Object.hasOwn(conditions, value.name.value) ? conditions[value.name.value] : undefined;
  return given === null ? null : given === true;
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

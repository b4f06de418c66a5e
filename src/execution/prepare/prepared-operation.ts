/**
 * What is prepared once per operation: its fragments, the variables that its `@skip` and `@include` depend on, and for each
 * outcome of these a variant: the normalised operation, its plans, and the shape of its answer.
 */

import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Denials } from '../../access/index.ts';
import { fragmentsOf } from '../../documents/index.ts';
import { invariant } from '../../lib/index.ts';
import { infiniteDefaults, type NormalisedOperation, normaliseOperation } from '../../planning/index.ts';
import { conditionsOutcome } from '../../supergraph/index.ts';
import type { CompiledPlan } from '../compile/compile-plan.ts';
import { compileShape, type OperationShape } from '../shape/compile-shape.ts';
import { conditionKey, conditionNames } from './conditions.ts';

export type Variables = Readonly<Record<string, unknown>>;

export interface Variant {
  readonly normalised: NormalisedOperation;
  readonly shape: OperationShape;
  /** Plans by the active override labels; one entry where the schema has none. */
  readonly plans: Map<string, CompiledPlan>;
  /** What it leaves out because the caller may not read it. */
  readonly denials: Denials | undefined;
  /** The values of the variables that its `@skip` and `@include` depend on. */
  readonly conditions: Variables;
  uses: number;
  /** The length of its last answer: the size of the next one's buffer. */
  answerBytes: number;
  /** The memory it retains. */
  retainedBytes: number;
}

/** The most variants cached per operation: a client cannot make one document retain more. */
const maxVariants = 32;

/** Of a field's entry in the normalised operation, and of its compiled shape: measured by the test of retained memory. */
const bytesPerKey = 90;
const bytesPerCompiledField = 540;
const bytesPerVariant = 4_500;

export interface PreparedSchemas {
  /** The whole API schema: operations are planned by it, so that contracts share plans. */
  readonly schema: GraphQLSchema;
  /** What the operation was validated against: its answer has nothing else. */
  readonly answerSchema: GraphQLSchema;
  /** The fields, as `Type.field`, that may be null in the API schema and not in some subgraph. */
  readonly strictFields?: ReadonlySet<string> | undefined;
}

export class PreparedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #schemas: PreparedSchemas;
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
    schemas: PreparedSchemas,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    fieldCount: number,
  ) {
    this.#fieldCount = fieldCount;
    this.#schemas = schemas;
    this.document = document;
    this.operation = operation;
    this.fragments = fragmentsOf(document);
    this.#infiniteDefaults = infiniteDefaults(schemas.schema, operation.variableDefinitions ?? []);
    this.#conditionNames = conditionNames(document);
    this.#defaults = Object.fromEntries(
      (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
        defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)] as const],
      ),
    );
  }

  /** The memory it has come to retain since the last call, without its document and plans. */
  takeGrowth(): number {
    const growth = this.#retainedBytes - this.#reportedBytes;
    this.#reportedBytes = this.#retainedBytes;
    return growth;
  }

  /** Those that are cached. */
  variants(): readonly Variant[] {
    return [...this.#variants.values()];
  }

  /** The part of `variables` that decides which variant runs. */
  #conditions(variables: Variables): Variables {
    return Object.fromEntries(this.#conditionNames.map((name) => [name, this.#value(variables, name)]));
  }

  variant(variables: Variables, denials?: Denials): Variant {
    let key = denials === undefined ? '' : `${denials.outcome} `;
    for (const name of this.#conditionNames) key += conditionKey(this.#value(variables, name));
    for (const name of this.#infiniteDefaults.keys()) key += Object.hasOwn(variables, name) ? 'g' : 'd';
    const cached = this.#variants.get(key);
    if (cached !== undefined) return cached;
    const variant = this.#make(this.#conditions(variables), variables, denials);
    this.#variants.set(key, variant);
    return variant;
  }

  #make(conditions: Variables, variables: Variables, denials: Denials | undefined): Variant {
    const defaults = new Map([...this.#infiniteDefaults].filter(([name]) => !Object.hasOwn(variables, name)));
    const included = (selection: SelectionNode): boolean =>
      conditionsOutcome(selection.directives ?? [], conditions) === 'yes';
    const failing = (selection: SelectionNode): boolean =>
      conditionsOutcome(selection.directives ?? [], conditions) === 'failed';
    const { operation, fragments } = this;
    const { schema, answerSchema, strictFields } = this.#schemas;
    const normalised = normaliseOperation({
      schema,
      operation,
      fragments,
      included,
      failing,
      defaults,
      strictFields,
      denied: denials && ((type, field) => denials.isDenied(type, field)),
    });
    const rootType = answerSchema.getRootType(operation.operation);
    invariant(rootType != null, 'a validated operation has a root type');
    const { keyOf, refusalOf } = normalised;
    const onCompiled = (fields: number): void => this.#grow(variant, fields * bytesPerCompiledField);
    const options = { schema: answerSchema, fragments, included, failing, keyOf, refusalOf, onCompiled, denials };
    const variant: Variant = {
      normalised,
      shape: compileShape(options, rootType, operation.selectionSet),
      plans: new Map(),
      denials,
      conditions,
      uses: 0,
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

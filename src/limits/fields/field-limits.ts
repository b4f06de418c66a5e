/**
 * `@rateLimit`: how often each caller may read a field. Decided for a request before anything of its operation is
 * planned, by `graphql-rate-limit` over counters of ours (window-store.ts); what is refused leaves the operation.
 *
 * An operation without such a field is looked at once.
 */
import {
  BREAK,
  type DocumentNode,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  type OperationDefinitionNode,
  type SelectionNode,
  visit,
} from 'graphql';
import type { getGraphQLRateLimiter } from 'graphql-rate-limit';
import type { Principal } from '../../access/principal.ts';
import type { LimitsConfig } from '../../config/index.ts';
import type { LocalCounters } from '../../counters/index.ts';
import { fragmentsOf } from '../../documents/index.ts';
import {
  canonicalJson,
  clientNetwork,
  invariant,
  onDemand,
  packageOnDemand,
  stableHash,
  withPlainNumbers,
} from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import { type FieldRates, isIncluded } from '../../supergraph/index.ts';
import type { JointRates } from '../rates/joint-rates.ts';
import {
  hasRatedField,
  numberFields,
  type RatedOperation,
  type RatedPlace,
  ratedPlaces,
  selectionKey,
} from './rated-fields.ts';
import { FieldRead, WindowStore } from './window-store.ts';

/** Thrown with the charge of an operation: other gateways allow less of it than this one did. */
export class FieldsRefused extends Error {
  override name = 'FieldsRefused';
  readonly refusals: FieldRefusals;

  constructor(refusals: FieldRefusals) {
    super('other gateways allow less of the operation');
    this.refusals = refusals;
  }
}

export interface FieldLimitsOptions {
  readonly schema: GraphQLSchema;
  readonly rates: FieldRates;
  readonly counters: LocalCounters;
  /** What several gateways count together; undefined: this one counts its own. */
  readonly joint?: JointRates | undefined;
  readonly mode: LimitsConfig['mode'];
  readonly log: Logger;
}

export interface LimitedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: {
    readonly requestId: string;
    readonly principal: Principal;
    readonly clientAddress?: string | undefined;
    readonly charges?: Charges | undefined;
    readonly noteRetry?: ((inMs: number) => void) | undefined;
  };
}

/** What the operation is charged with: other gateways are asked then. */
interface Charges {
  postpone(counts: { ask(): Promise<void>; giveBack(): void }): void;
}

/** A place that was counted here. */
interface CountedPlace {
  readonly place: RatedPlace;
  readonly read: FieldRead;
}

/** What a request may not read now. */
export interface FieldRefusals {
  /** Distinguishes the refusals of one operation. */
  readonly outcome: string;
  isRefused(type: GraphQLObjectType, field: FieldNode): boolean;
}

export interface FieldDecision {
  /** Undefined where nothing is refused. */
  readonly refusals: FieldRefusals | undefined;
  /** Where nothing is read after all. */
  giveBack(): void;
}

const unlimited: FieldDecision = { refusals: undefined, giveBack: () => undefined };

type Values = Readonly<Record<string, unknown>>;
type ReadsField = (type: GraphQLObjectType, node: FieldNode) => boolean;

/** An operation that has a limited field. */
interface Prepared {
  readonly rated: RatedOperation;
  /** Whether `@skip` or `@include` decide what is read. */
  readonly isConditional: boolean;
  /** Its places, where they are the same for every request. */
  places: readonly RatedPlace[] | undefined;
}

type Limiter = ReturnType<typeof getGraphQLRateLimiter>;
type Info = Parameters<Limiter>[0]['info'];

const rateLimitPackage = packageOnDemand<{ readonly getGraphQLRateLimiter: typeof getGraphQLRateLimiter }>(
  'graphql-rate-limit',
);

export class FieldLimits {
  readonly #options: FieldLimitsOptions;
  readonly #names: RegExp;
  readonly #limiter = onDemand((): Limiter => {
    const store = new WindowStore();
    return rateLimitPackage().getGraphQLRateLimiter({ identifyContext: store.identify, store });
  });
  readonly #operations = new WeakMap<OperationDefinitionNode, Prepared | 'unlimited'>();

  /** @returns undefined where the schema has no `@rateLimit` */
  static of(options: FieldLimitsOptions): FieldLimits | undefined {
    return options.rates.size === 0 ? undefined : new FieldLimits(options);
  }

  private constructor(options: FieldLimitsOptions) {
    this.#options = options;
    const names = new Set([...options.rates.keys()].map((coordinate) => coordinate.slice(coordinate.indexOf('.') + 1)));
    this.#names = new RegExp(`\\b(?:${[...names].join('|')})\\b`);
  }

  /** Whether several gateways count together. */
  get isJoint(): boolean {
    return this.#options.joint !== undefined;
  }

  /** Whether the text of a document may select a limited field. */
  mayLimit(text: string): boolean {
    return this.#names.test(text);
  }

  /** Whether an operation has a limited field. Its document is prepared for refusals. */
  limits({ document, operation }: Pick<LimitedOperation, 'document' | 'operation'>): boolean {
    return this.#prepare(document, operation) !== 'unlimited';
  }

  /**
   * Counts what a request reads. Other gateways are asked with its charge, which throws `FieldsRefused` where they allow less;
   * a request that is not charged waits for them here.
   *
   * @param reads whether the caller may read a field at all: what is denied is not counted; undefined: all of them
   */
  async decide(request: LimitedOperation, reads: ReadsField | undefined): Promise<FieldDecision> {
    const prepared = this.#prepare(request.document, request.operation);
    if (prepared === 'unlimited') return unlimited;
    const values = onDemand(() => this.#valuesOf(request));
    const refused = new Set<string>();
    const countedHere: CountedPlace[] = [];
    const { counters, joint, mode } = this.#options;
    const caller = callerOf(request);
    for (const place of placesOf(prepared, values, reads)) {
      const read = new FieldRead(caller, counters, place.rate, joint);
      const message = await this.#limiter()(limiterCallOf(place, values, read), oneInWindow);
      if (message === undefined) countedHere.push({ place, read });
      else this.#note(request, { place, read }, refused);
    }
    let counted: readonly CountedPlace[] = countedHere;
    const giveBack = (): void => {
      for (const { read } of counted) read.giveBack();
    };
    const { charges } = request.context;
    const isPostponed = joint !== undefined && counted.length > 0 && charges !== undefined;
    if (isPostponed) {
      const ask = async (): Promise<void> => {
        const before = refused.size;
        counted = await this.#askOthers(request, counted, refused);
        if (mode === 'measure') this.#measure(request, refused.size);
        else if (refused.size > before) throw new FieldsRefused(refusalsOf(counted, refused));
      };
      charges.postpone({ ask, giveBack });
    } else if (joint !== undefined && counted.length > 0) counted = await this.#askOthers(request, counted, refused);
    // What is postponed is measured once others have been asked.
    if (mode === 'measure' && !isPostponed) this.#measure(request, refused.size);
    const refusals = mode === 'measure' || refused.size === 0 ? undefined : refusalsOf(counted, refused);
    return { refusals, giveBack };
  }

  /** All places in one wave, which keeps their order. @returns those that others allow; those of the rest are refused */
  async #askOthers(
    request: LimitedOperation,
    counted: readonly CountedPlace[],
    refused: Set<string>,
  ): Promise<readonly CountedPlace[]> {
    const answers = await Promise.allSettled(counted.map(({ read }) => read.askOthers()));
    for (const answer of answers) {
      if (answer.status === 'fulfilled') continue;
      for (const { read } of counted) read.giveBack();
      throw answer.reason;
    }
    const isAllowed = (index: number): boolean => {
      const answer = answers[index];
      return answer?.status === 'fulfilled' && answer.value;
    };
    for (const [index, place] of counted.entries()) if (!isAllowed(index)) this.#note(request, place, refused);
    return counted.filter((_place, index) => isAllowed(index));
  }

  #note({ context }: LimitedOperation, { place, read }: CountedPlace, refused: Set<string>): void {
    for (const selection of place.selections) refused.add(selection);
    if (read.roomInMs !== undefined && this.#options.mode === 'enforce') context.noteRetry?.(read.roomInMs);
  }

  #valuesOf({ operation, variables }: LimitedOperation): Values {
    const plain = withPlainNumbers(variables) as LimitedOperation['variables'];
    return getVariableValues(this.#options.schema, operation.variableDefinitions ?? [], plain).coerced ?? {};
  }

  #prepare(document: DocumentNode, operation: OperationDefinitionNode): Prepared | 'unlimited' {
    let prepared = this.#operations.get(operation);
    if (prepared === undefined) {
      const { schema, rates } = this.#options;
      const rated = { schema, rates, operation, fragments: fragmentsOf(document) };
      prepared = hasRatedField(rated)
        ? { rated, isConditional: isConditional(document), places: undefined }
        : 'unlimited';
      if (prepared !== 'unlimited') numberFields(document);
      this.#operations.set(operation, prepared);
    }
    return prepared;
  }

  #measure({ context: { requestId, principal }, operation }: LimitedOperation, fields: number): void {
    if (fields === 0) return;
    this.#options.log.info(
      { requestId, principal: principal.id, operation: operation.name?.value, fields },
      'rates of fields would be exceeded (limits.mode: measure)',
    );
  }
}

function refusalsOf(counted: readonly CountedPlace[], refused: ReadonlySet<string>): FieldRefusals {
  // Another place or another rate of the same selection refuses it.
  for (const { place, read } of counted) {
    if ([...place.selections].every((selection) => refused.has(selection))) read.giveBack();
  }
  // Compiled operations keep it, and what is refused later belongs to another outcome.
  const selections = new Set(refused);
  return {
    outcome: stableHash([...selections].sort()),
    isRefused: (type, node) => {
      const selection = selectionKey(type, node);
      invariant(selection !== undefined, 'the document was numbered');
      return selections.has(selection);
    },
  };
}

function placesOf(prepared: Prepared, values: () => Values, reads: ReadsField | undefined): readonly RatedPlace[] {
  const { rated, isConditional } = prepared;
  if (isConditional || reads !== undefined) {
    const includes = ({ directives }: SelectionNode): boolean => isIncluded(directives, values());
    return ratedPlaces(rated, includes, reads ?? always);
  }
  prepared.places ??= ratedPlaces(rated, always, always);
  return prepared.places;
}

const always = (): boolean => true;

function isConditional(document: DocumentNode): boolean {
  let hasCondition = false;
  visit(document, {
    Directive({ name: { value } }) {
      if (value !== 'skip' && value !== 'include') return undefined;
      hasCondition = true;
      return BREAK;
    },
  });
  return hasCondition;
}

function limiterCallOf(
  { rate, field, node }: RatedPlace,
  variables: () => Values,
  context: FieldRead,
): Parameters<Limiter>[0] {
  const args = { identity: identityOf(rate.identityArgs, () => argumentsOf(field, node, variables())) };
  return { parent: undefined, args, context, info: { fieldName: rate.id } as Info };
}

/** Of the package; how many there may be, and how long they count, is the store's. */
const oneInWindow = { max: 1, identityArgs: ['identity'] };

function identityOf(paths: readonly string[], args: () => Readonly<Record<string, unknown>>): string {
  if (paths.length === 0) return '';
  const values = args();
  return canonicalJson(
    paths.map((path) => {
      let value: unknown = values;
      for (const step of path.split('.'))
        value =
          typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? Reflect.get(value, step) : null;
      return value ?? null;
    }),
  );
}

/** Arguments that are invalid fail the field anyway. */
function argumentsOf(
  field: RatedPlace['field'],
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  try {
    return getArgumentValues(field, node, variables);
  } catch {
    return {};
  }
}

function callerOf({ context: { principal, clientAddress = '' } }: LimitedOperation): string {
  const { kind, tenant, id } = principal;
  return kind === 'anonymous' ? clientNetwork(clientAddress) : `${kind} ${tenant} ${id}`;
}

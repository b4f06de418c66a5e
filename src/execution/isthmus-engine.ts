/**
 * The engine: an operation is prepared once (normalised, planned, its answer's shape compiled) and then run by plain
 * functions. The hot path of a known operation is one look-up, the fetches, and one pass that writes the answer.
 */
import { type GraphQLFormattedError, type GraphQLSchema, getOperationAST, validate } from 'graphql';
import type { ErrorPolicy } from '../config/index.ts';
import { errorTable } from '../errors/index.ts';
import type { CacheGroup } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import { PlanCache, type PlanCacheEntry, type Planner } from '../planning/index.ts';
import type { SubgraphClient } from '../transport/index.ts';
import { missingSource } from './answer/missing-source.ts';
import { type CompiledPlan, compilePlan } from './compile/compile-plan.ts';
import type { DataPath, TypeMemberships } from './data/data.ts';
import type {
  ExecutionEngine,
  ExecutionOutcome,
  ExecutionResult,
  OperationRequest,
  UsedOperation,
} from './execution-engine.ts';
import { JsonText } from './json-text.ts';
import { PreparedOperation, type Variables, type Variant } from './prepare/prepared-operation.ts';
import { retainedDocument } from './prepare/retained-document.ts';
import { covers } from './run/failure.ts';
import { type RunResult, runPlan } from './run/run-plan.ts';
import { AnswerWriter } from './shape/answer-writer.ts';
import { clientPath, clientPaths } from './shape/client-path.ts';
import { type Introspect, introspector } from './shape/introspect.ts';

export interface IsthmusEngineOptions {
  readonly apiSchema: GraphQLSchema;
  /** Which types an object type or interface also is, inaccessible ones included. */
  readonly types: TypeMemberships;
  /** The fields, as `Type.field`, that may be null in the API schema and not in some subgraph. @default none */
  readonly strictFields?: ReadonlySet<string>;
  readonly planner: Planner;
  readonly clients: ReadonlyMap<string, SubgraphClient>;
  readonly log: Logger;
  /** How long planning one operation may take. */
  readonly planDeadlineMs: number;
  readonly errorPolicy: ErrorPolicy;
  /** The named labels of progressive overrides that are on. */
  readonly overrideLabels: readonly string[];
  /** Where prepared operations and plans are kept. */
  readonly caches: CacheGroup;
}

export function createIsthmusEngine(options: IsthmusEngineOptions): ExecutionEngine {
  const { apiSchema, types, planner, clients, log, planDeadlineMs, errorPolicy } = options;
  const namedLabels = new Set(options.overrideLabels);
  const operations = options.caches.cache<PreparedOperation>();
  const plans = new PlanCache<CompiledPlan>({
    planner,
    deadlineMs: planDeadlineMs,
    cache: options.caches.cache<PlanCacheEntry<CompiledPlan>>(),
    compile: (plan) => compilePlan(apiSchema, types, plan),
  });

  function prepare({ documentHash, document, operationName }: UsedOperation): PreparedOperation | undefined {
    const key = keyOf(documentHash, operationName);
    const known = operations.get(key);
    if (known !== undefined) return known;
    const operation = getOperationAST(document, operationName);
    if (operation == null) return undefined;
    const { bytes, fields } = retainedDocument(document);
    const prepared = new PreparedOperation(apiSchema, document, operation, fields, options.strictFields);
    operations.set(key, prepared, prepared.takeGrowth(), [{ object: document, bytes }]);
    return prepared;
  }

  async function planOf({ normalised, plans: known }: Variant, client?: string): Promise<CompiledPlan> {
    const labels = activeLabels(planner.overrideLabels, namedLabels);
    const key = labels.join(',');
    const plan = known.get(key);
    if (plan !== undefined) return plan;
    const made = normalised.text === '' ? nothingToFetch : await plans.plan(normalised.text, labels, client);
    known.set(key, made);
    return made;
  }

  /** What an operation has come to retain: variants, the types its answers had, plans. */
  function account(prepared: PreparedOperation, plan: CompiledPlan, request: Named): void {
    const growth = prepared.takeGrowth();
    if (growth === 0) return;
    operations.grow(keyOf(request.documentHash, request.operationName), growth, plans.partsOf(plan));
  }

  return {
    async execute(request) {
      const { variables, context } = request;
      const prepared = prepare({ ...request, conditions: {} });
      if (prepared === undefined) throw new TypeError('the operation is part of its document');
      prepared.uses++;
      const variant = prepared.variant(variables);
      const plan =
        variant.plans.size === 1 && planner.overrideLabels.length === 0
          ? firstOf(variant.plans)
          : await planOf(variant, context.client);
      context.signal.throwIfAborted();
      const result = await runPlan({
        plan,
        clients,
        types,
        context,
        log,
        errorPolicy,
        variableJson: variableWriter(variant, variables),
      });
      const introspect = introspector(apiSchema, prepared, variables);
      const blame = errorPolicy.serviceName
        ? (path: DataPath) => missingSource(plan, types, result.data, path)
        : () => undefined;
      const outcome = shapeAnswer(variant, result, introspect, request, log, blame);
      account(prepared, plan, request);
      return outcome;
    },

    mostUsed(count) {
      const used = [...operations.entries()].map(([key, prepared]) => ({ key, prepared }));
      used.sort((a, b) => b.prepared.uses - a.prepared.uses);
      return used.slice(0, count).map(({ key, prepared }) => {
        const [documentHash = '', operationName] = key.split(' ');
        return { documentHash, document: prepared.document, operationName, conditions: prepared.conditions({}) };
      });
    },

    async warm(used, signal) {
      for (const operation of used) {
        // One at a time, with the loop free in between: this runs while another generation serves.
        await new Promise((resolve) => setImmediate(resolve));
        if (signal?.aborted === true) return;
        if (validate(apiSchema, operation.document).length > 0) continue;
        try {
          const prepared = prepare(operation);
          if (prepared === undefined) continue;
          account(prepared, await planOf(prepared.variant(operation.conditions)), operation);
        } catch (error) {
          log.debug({ error }, 'an operation could not be planned ahead');
        }
      }
    },

    isAvailable: () => planner.isAvailable(),

    close: async () => planner.close(),
  };
}

/** What an operation is cached under. */
type Named = Pick<UsedOperation, 'documentHash' | 'operationName'>;

function keyOf(documentHash: string, operationName: string | undefined): string {
  return operationName === undefined ? documentHash : `${documentHash} ${operationName}`;
}

const nothingToFetch: CompiledPlan = { fetches: [], placeMatters: false };

function firstOf(plans: ReadonlyMap<string, CompiledPlan>): CompiledPlan {
  for (const plan of plans.values()) return plan;
  return nothingToFetch;
}

/** `percent(n)` is decided anew for each request; other labels by `override_labels` of supergraph.yaml. */
function activeLabels(labels: readonly string[], named: ReadonlySet<string>): readonly string[] {
  return labels.filter((label) => {
    const percent = /^percent\((\d+(?:\.\d+)?)\)$/.exec(label)?.[1];
    return percent === undefined ? named.has(label) : Math.random() * 100 < Number(percent);
  });
}

/** The normalised operation's variables as JSON text: literals as they stand, the client's printed once. */
function variableWriter({ normalised }: Variant, variables: Variables): (name: string) => string | undefined {
  const written = new Map<string, string | undefined>();
  return (name) => {
    const source = normalised.variables.get(name);
    if (source === undefined) return undefined;
    if (source.kind === 'literal') return source.json;
    if (!written.has(name)) {
      const value = Object.hasOwn(variables, source.name) ? variables[source.name] : undefined;
      written.set(name, value === undefined ? source.fallbackJson : JSON.stringify(value));
    }
    return written.get(name);
  };
}

function shapeAnswer(
  variant: Variant,
  result: RunResult,
  introspect: Introspect,
  request: OperationRequest,
  log: Logger,
  /** The subgraph to name with a value that does not fit its type. */
  blame: (path: DataPath) => string | undefined,
): ExecutionOutcome {
  const { shape } = variant;
  const { data, failures, shared } = result;
  const out = new AnswerWriter(introspect, shared, variant.answerBytes);
  out.text = JsonText.head;
  shape.write(data, out);
  out.text += '}';
  const text = new JsonText(out.finish());
  variant.answerBytes = text.whole.length;
  const extensions = extensionsOf(result, variant);
  if (failures.length === 0 && out.violations.length === 0)
    return { kind: 'single', result: { data: text, ...extensions } };

  const errors: GraphQLFormattedError[] = [];
  for (const { message, extensions, path, further = [] } of failures) {
    if (path === undefined) errors.push({ message, extensions: { ...extensions } });
    for (const one of path === undefined ? [] : [path, ...further]) {
      if (errors.length >= maxErrors) break;
      for (const place of errorPaths(variant, result, one))
        errors.push({ message, path: place, extensions: { ...extensions } });
    }
  }
  // One for each field of the operation, at its first place: a thousand items of a list are wrong for one reason.
  const wrong = new Set<string>();
  for (const { responsePath, dataPath, refusal } of out.violations) {
    if (refusal !== undefined) {
      const place = responsePath.length === 0 ? {} : { path: responsePath };
      errors.push({ message: refusal, ...place, extensions: { code: 'BAD_USER_INPUT' } });
      continue;
    }
    const field = responsePath.map((step) => (typeof step === 'number' ? '@' : step)).join('.');
    if (wrong.has(field)) continue;
    if (failures.some((failure) => covers(failure.covers, dataPath))) continue;
    if (failures.length > 0 && covers(result.unfilled(), dataPath)) continue;
    wrong.add(field);
    const service = blame(dataPath);
    log.warn(
      { requestId: request.context.requestId, path: dataPath, subgraph: service },
      'a subgraph gave a value its type does not allow',
    );
    errors.push({
      message: errorTable.SUBREQUEST_MALFORMED_RESPONSE.client,
      path: responsePath,
      extensions: { code: 'SUBREQUEST_MALFORMED_RESPONSE', ...(service === undefined ? {} : { service }) },
    });
  }
  const distinct = new Map(errors.map((error) => [JSON.stringify(error), error]));
  return {
    kind: 'single',
    result: { data: text, ...(errors.length === 0 ? {} : { errors: [...distinct.values()] }), ...extensions },
  };
}

/** Errors of places; a client that gets so many reads no more. */
const maxErrors = 1_000;

/** Aliases of one field that each have an error for it. */
const maxAliases = 100;

/**
 * Where a client sees a failure: under each alias it has for the place. What only the plan asked for has no place of its
 * own in the answer: the failure then stands at the field it kept empty, where there is one.
 */
function errorPaths({ shape }: Variant, result: RunResult, path: DataPath): readonly (string | number)[][] {
  const seen = clientPaths(shape.root, result.data, path, maxAliases);
  if (seen[0]?.length === path.length) return seen;
  for (const place of result.unfilled()) {
    const above = place.slice(0, -1);
    const isHere = above.every((step, index) => step === (typeof path[index] === 'number' ? '@' : path[index]));
    if (!isHere || above.length >= path.length) continue;
    const empty = [...path.slice(0, above.length), place.at(-1) as string];
    const shown = clientPaths(shape.root, result.data, empty, maxAliases);
    if (shown[0]?.length === empty.length) return shown;
  }
  return seen.slice(0, 1);
}

/**
 * Notes under the client's own paths, steps joined by dots: `products.0.reviewSummary`. A field that the client did not
 * select, and that another field required, has none: it stands beside that one as `products.0.sentiment (required)`, so
 * that what it cost is told too, and is never taken for a selected field's.
 */
function extensionsOf({ data, notes }: RunResult, { shape }: Variant): Pick<ExecutionResult, 'extensions'> {
  if (notes.length === 0) return {};
  const extensions: Record<string, Record<string, unknown>> = {};
  for (const { extension, path, value } of notes) {
    extensions[extension] ??= {};
    const told = extensions[extension];
    const shown = clientPath(shape.root, data, path);
    told[shown.length === path.length ? shown.join('.') : requiredPlace(told, shown, path)] = value;
  }
  return { extensions };
}

/** @returns the place's name, with a number where a field is required with several arguments */
function requiredPlace(told: Readonly<Record<string, unknown>>, shown: DataPath, path: DataPath): string {
  // A field with arguments has its own name and theirs as its key in the data.
  const rest = path.slice(shown.length).map((step) => (typeof step === 'string' ? step.replace(/__.*$/, '') : step));
  const place = [...shown, ...rest].join('.');
  for (let count = 1; ; count++) {
    const name = `${place} (required${count === 1 ? '' : ` ${count}`})`;
    if (!Object.hasOwn(told, name)) return name;
  }
}

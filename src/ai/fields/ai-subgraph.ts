/**
 * An AI subgraph, in-process: SDL and prompts behind the interface of any other subgraph. Representations bring the
 * inputs that @requires names, a model call gives each @generate field its value. Free of gateway internals, so that
 * it can be served over HTTP later.
 *
 * All entities of one request are answered concurrently; field-answers.ts lists where answers come from.
 */
import {
  type DocumentNode,
  execute,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNullableType,
  isObjectType,
  Kind,
  parse,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { EntryStore } from '../../cache/index.ts';
import type { AiFieldsConfig } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { abortSignalOf, formatUsd, invariant } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { Signals } from '../../signals/index.ts';
import { linkOwnDirectives } from '../../supergraph/index.ts';
import type { ReaderView, RequestContext, SubgraphClient, SubgraphError, SubgraphNote } from '../../transport/index.ts';
import { BudgetExceeded } from '../model-call/index.ts';
import type { ModelClient } from '../models/index.ts';
import { type AiField, aiFieldsOf } from './ai-field.ts';
import { FieldAnswers } from './answers/field-answers.ts';
import { endItem, FieldEvents, failItem } from './answers/field-events.ts';
import type { FieldAnswer } from './answers/field-question.ts';
import { fitVariables } from './answers/fit-variables.ts';
import { questionWriter } from './answers/question-writer.ts';
import { type RestorableTexts, restoreTexts } from './answers/restorable-texts.ts';
import type { Inputs, SensitiveFields } from './answers/sensitive.ts';
import { apolloSubgraph } from './apollo-subgraph.ts';
import { entityTypes, modelWrittenTypes } from './checks/model-written-types.ts';
import { CodeRun, logStrayFailures } from './code/code-run.ts';
import { type SubgraphCode, withinCallBounds } from './code/field-code.ts';
import { fieldOutput } from './output/field-output.ts';
import { PromptError } from './prompts/prompt.ts';
import type { PromptFolder } from './prompts/prompt-folder.ts';

export interface AiSubgraphOptions {
  readonly name: string;
  readonly sdl: string;
  readonly prompts: PromptFolder;
  readonly models: ModelClient;
  readonly config: AiFieldsConfig;
  /** The cache of answers; `undefined`: none. */
  readonly cache: EntryStore | undefined;
  /** The `@sensitive` fields of the whole supergraph. */
  readonly sensitive: SensitiveFields;
  /** Of the tags of placeholders: gateways that share a cache of answers share it. */
  readonly placeholderKey: Uint8Array;
  readonly code: SubgraphCode | undefined;
  /** How other workers hear that an answer could not be renewed. */
  readonly signals: Signals;
  readonly log: Logger;
}

/** What the resolvers of one subgraph request share. */
interface Execution {
  readonly request: RequestContext;
  /** Undefined where nobody looks at the operation. */
  readonly events: FieldEvents | undefined;
  /** The provenance of the values; `undefined`: not requested. */
  readonly notes: SubgraphNote[] | undefined;
  /** The answers in which masked values may be put back. */
  readonly restorable: { readonly path: Path; readonly texts: () => RestorableTexts }[];
}

type Path = GraphQLResolveInfo['path'];

/** What parsed operations may take; a tree without locations takes up to 40 bytes for a character of its text. */
const maxDocumentBytes = 16_000_000;
const documentBytesPerCharacter = 40;

/** @throws an invariant's error for a subgraph that `checkAiSubgraph` would have refused */
export function createAiSubgraph(options: AiSubgraphOptions): SubgraphClient {
  const document = parse(options.sdl);
  const fields = aiFieldsOf(document);
  const schema = apolloSubgraph().buildSubgraphSchema([
    { typeDefs: linkOwnDirectives(document), resolvers: referenceResolvers(fields) },
  ]);
  const answers = new FieldAnswers(options);
  if (options.code !== undefined) logStrayFailures(options.log);
  for (const field of fields) {
    const definition = objectType(schema, field.typeName).getFields()[field.fieldName];
    invariant(definition !== undefined, `${field.typeName}.${field.fieldName} is a field`);
    definition.resolve = resolverOf(field, schema, options, answers);
  }
  openPlainTypes(schema, fields);
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: maxDocumentBytes,
    sizeCalculation: (_document, text) => 1_000 + text.length * documentBytesPerCharacter,
  });

  return {
    name: options.name,
    kind: 'in-process',
    async execute(request, context) {
      let document = documents.get(request.query);
      if (document === undefined) {
        document = parse(request.query, { noLocation: true });
        documents.set(request.query, document);
      }
      const notes: SubgraphNote[] | undefined = context.explain?.has('ai') === true ? [] : undefined;
      const restorable: Execution['restorable'][number][] = [];
      const { event } = context;
      const events = event && request.event && new FieldEvents(event, request.event);
      const { data, errors } = await execute({
        schema,
        document,
        contextValue: { request: context, events, notes, restorable } satisfies Execution,
        variableValues: fitVariables(schema, document, request.variables ?? {}),
        operationName: request.operationName ?? null,
      });
      context.signal.throwIfAborted();
      for (const { path, texts } of restorable) restoreAt(data, stepsOf(path), texts, context.reader);
      return {
        data: data ?? null,
        ...(errors === undefined ? {} : { errors: toSubgraphErrors(errors, context, options) }),
        ...(notes === undefined ? {} : { notes }),
      };
    },
    close: async () => answers.close(),
  };
}

function referenceResolvers(fields: readonly AiField[]) {
  const byReference = { __resolveReference: (reference: unknown) => reference };
  return Object.fromEntries(
    [...new Set(fields.map((field) => field.typeName))]
      .filter((typeName) => typeName !== 'Query' && typeName !== 'Mutation')
      .map((typeName) => [typeName, byReference]),
  );
}

/**
 * A field without a resolver whose plain type has AI fields only groups them: it resolves to its parent object, so that they
 * get the parent's identity. Objects that a model generates are excluded: the model generates their nested fields too.
 */
function openPlainTypes(schema: GraphQLSchema, fields: readonly AiField[]): void {
  const entities = entityTypes(schema);
  const modelTypes = modelWrittenTypes(schema, fields);
  const open = new Set(fields.map(({ typeName }) => typeName));
  // Grouping types may be nested: each iteration finds the next level up.
  for (let size = 0; size < open.size; ) {
    size = open.size;
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || type.name.startsWith('__') || (modelTypes.has(type) && !entities.has(type))) continue;
      for (const field of Object.values(type.getFields())) {
        const below = getNullableType(field.type);
        if (!isObjectType(below) || entities.has(below) || !open.has(below.name) || field.resolve !== undefined)
          continue;
        open.add(type.name);
        field.resolve = (object: Inputs | undefined) =>
          object !== undefined && Object.hasOwn(object, field.name) ? object[field.name] : (object ?? noInputs);
      }
    }
  }
}

function objectType(schema: GraphQLSchema, name: string): GraphQLObjectType {
  const type = schema.getType(name);
  invariant(isObjectType(type), `${name} is an object type`);
  return type;
}

function resolverOf(field: AiField, schema: GraphQLSchema, options: AiSubgraphOptions, answers: FieldAnswers) {
  const parent = objectType(schema, field.typeName);
  const definition = parent.getFields()[field.fieldName];
  const choice = options.prompts.find(field.prompt);
  invariant(definition !== undefined && !(choice instanceof PromptError), `${field.fieldName} has been checked`);
  const writer = questionWriter({ ...options, schema, field, parent, choice });
  const outputName = `${field.typeName}_${field.fieldName}`;
  const coordinate = `${field.typeName}.${field.fieldName}`;
  const code = options.code?.fields.get(coordinate);

  return (entity: Inputs | undefined, args: Inputs, execution: Execution, info: GraphQLResolveInfo): unknown => {
    const inputs = writer.read(entity ?? {}, execution.request.reader);
    // Required data failed elsewhere, with an error of its own: the field is null, and no model is called.
    if (inputs === undefined) return null;
    const output = fieldOutput({
      schema,
      name: outputName,
      type: definition.type,
      selection: { nodes: info.fieldNodes, fragments: info.fragments, variables: info.variableValues },
    });
    const { request } = execution;
    const events = execution.events?.begin(coordinate);
    const fail = (error: unknown): never => {
      if (events !== undefined) failItem(events.field, error);
      throw error;
    };
    const report = (settled: FieldAnswer): unknown => {
      const { cached } = settled.provenance;
      if (events !== undefined) endItem(events.field, settled);
      // No call was made for it.
      if (cached !== false) request.account?.spare(coordinate, cached !== 'shared');
      if (inputs.texts !== undefined) execution.restorable.push({ path: info.path, texts: inputs.texts });
      return reportedValue(settled, execution, info.path, options);
    };
    const answer = (supplied: Inputs): unknown => {
      const fieldAnswer = answers.answer(writer.write(inputs, args, supplied, output, request), request, events);
      return fieldAnswer instanceof Promise ? fieldAnswer.then(report, fail) : report(fieldAnswer);
    };
    if (code?.inputs === undefined) return answer(noInputs);
    const { signal, deadline } = request;
    const run = new CodeRun(coordinate);
    const supplied = run.call(
      () => code.inputs?.({ entity: inputs.entity, args, signal: abortSignalOf(signal) }) ?? noInputs,
    );
    const bounds = { signal, deadline: deadline.within(options.config.deadlineMs) };
    return run.until(withinCallBounds(supplied, bounds).then(answer, fail));
  };
}

const noInputs: Inputs = {};

function reportedValue(answer: FieldAnswer, { notes }: Execution, path: Path, { config }: AiSubgraphOptions): unknown {
  notes?.push({ extension: 'ai', path: stepsOf(path), value: explanationOf(answer, config) });
  return answer.value;
}

/** A null above it may have removed the answer. */
function restoreAt(
  data: unknown,
  steps: readonly (string | number)[],
  texts: () => RestorableTexts,
  reader: ReaderView | undefined,
): void {
  let object = data as Record<string | number, unknown> | null | undefined;
  for (const step of steps.slice(0, -1)) object = object?.[step] as typeof object;
  const last = steps.at(-1);
  if (object === null || object === undefined || last === undefined) return;
  object[last] = restoreTexts(object[last], texts, reader);
}

function explanationOf({ provenance }: FieldAnswer, { explain }: AiFieldsConfig): Record<string, unknown> {
  const { model, prompt, cached, usage, attempts, durationMs, batch, repaired, texts } = provenance;
  return {
    model,
    prompt,
    cached,
    costUsd: formatUsd(provenance.costNanoUsd),
    ...(usage === undefined ? {} : { usage: { ...usage, source: undefined }, usageSource: usage.source }),
    attempts,
    durationMs: Math.round(durationMs * 10) / 10,
    ...(batch === undefined ? {} : { batch }),
    ...(repaired === undefined ? {} : { repaired }),
    ...(explain.texts && texts !== undefined ? texts : {}),
  };
}

function stepsOf(path: Path): (string | number)[] {
  const steps: (string | number)[] = [];
  for (let step: Path | undefined = path; step !== undefined; step = step.prev) steps.unshift(step.key);
  return steps;
}

/** One line in the log for each way a field failed, however many entities it failed for. */
function toSubgraphErrors(
  errors: readonly GraphQLError[],
  context: RequestContext,
  { name, log }: AiSubgraphOptions,
): SubgraphError[] {
  const failures = new Map<string, { error: GraphQLError; cause: GatewayError; count: number }>();
  const subgraphErrors = errors.map((error): SubgraphError => {
    const cause = error.originalError;
    const path = error.path === undefined ? {} : { path: error.path };
    if (cause instanceof GatewayError) {
      if (cause.retryAfterMs !== undefined) context.noteRetry?.(cause.retryAfterMs);
      const key = `${fieldOf(error)} ${cause.code} ${cause.detail}`;
      const failure = failures.get(key);
      if (failure === undefined) failures.set(key, { error, cause, count: 1 });
      else failure.count++;
      const isOwnMessage = cause instanceof BudgetExceeded || cause.code === 'AI_INPUT_TOO_LONG';
      return { message: cause.message, ...path, extensions: cause.extensions, isOwnMessage };
    }
    log.error({ requestId: context.requestId, subgraph: name, error: cause ?? error }, 'AI field failed unexpectedly');
    // The message of an unexpected error may contain anything: it is only logged.
    const { message } = new GatewayError('INTERNAL_SERVER_ERROR');
    return { message, ...path, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
  });
  for (const { error, cause, count } of failures.values()) {
    const { code, detail: reason } = cause;
    const field = fieldOf(error);
    const fields = { requestId: context.requestId, subgraph: name, field, path: error.path, code, reason };
    log.warn(count === 1 ? fields : { ...fields, count }, 'AI field failed');
  }
  return subgraphErrors;
}

/** The name of the field that failed; its path has the aliases of the subgraph's request. */
function fieldOf({ nodes, path }: GraphQLError): string | undefined {
  const node = nodes?.[0];
  if (node?.kind === Kind.FIELD) return node.name.value;
  return path?.filter((step) => typeof step === 'string').join('.');
}

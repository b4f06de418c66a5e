import {
  type ExecutionOutcome,
  type ExecutionResult,
  JsonText,
  type OperationRequest,
  type PlanHook,
} from '../execution/index.ts';
import { abortSignalOf } from '../lib/index.ts';
import type { RequestContext } from '../transport/index.ts';
import { callPlugin, type Hooks } from './compile-hooks.ts';
import type { OperationAnswer, OperationEvent, OperationResult, PlanEvent } from './plugin.ts';

/** An operation as the pipeline has it. */
export type HookedOperation = Pick<
  OperationRequest,
  'document' | 'operation' | 'operationName' | 'variables' | 'context'
>;

type Finish = { readonly plugin: string; readonly call: (answer: OperationAnswer) => unknown };

/**
 * Runs an operation between the plugins' `onOperation` hooks and their functions for its answer.
 * @param execute runs it with the variables that the hooks left
 */
export async function runOperationHooks(
  hooks: Hooks,
  request: HookedOperation,
  execute: (variables: Record<string, unknown>) => Promise<ExecutionOutcome>,
): Promise<ExecutionOutcome> {
  const { log, onOperation = [] } = hooks;
  const { context, operation, operationName, document } = request;
  const { requestId, signal } = context;
  const event: OperationEvent = {
    requestId,
    context: valuesOf(context),
    signal: abortSignalOf(signal),
    operationName: operationName ?? operation.name?.value,
    operationType: operation.operation,
    document,
    headers: context.clientHeaders ?? {},
    variables: request.variables,
  };
  const finishes: Finish[] = [];
  let pluginResult: OperationResult | undefined;
  for (const { plugin, call } of onOperation) {
    const result = await callPlugin({ plugin, log, requestId, signal }, () => call(event));
    if (typeof result === 'function') finishes.push({ plugin, call: result });
    else if (result !== undefined) {
      pluginResult = result;
      break;
    }
  }
  const outcome = pluginResult === undefined ? await execute({ ...event.variables }) : pluginOutcome(pluginResult);
  return finish(hooks, context, finishes, outcome);
}

/** Calls the functions for the answer, the last plugin's first. */
async function finish(
  { log }: Hooks,
  { requestId, signal }: RequestContext,
  finishes: readonly Finish[],
  outcome: ExecutionOutcome,
): Promise<ExecutionOutcome> {
  if (finishes.length === 0 || outcome.kind !== 'single') return outcome;
  const answer = new Answer(outcome.result);
  for (const { plugin, call } of [...finishes].reverse()) {
    await callPlugin({ plugin, log, requestId, signal }, () => call(answer) as undefined);
  }
  return { ...outcome, result: answer.result() };
}

function pluginOutcome({ status, ...result }: OperationResult): ExecutionOutcome {
  return { kind: 'single', result, status };
}

/** Runs `onPlan`; undefined where no plugin has it. */
export function planHook(hooks: Hooks | undefined): PlanHook | undefined {
  const { onPlan } = hooks ?? {};
  if (hooks === undefined || onPlan === undefined) return undefined;
  const { log } = hooks;
  return async (fetches, { context, document, operation, operationName, variables }) => {
    const { requestId, signal } = context;
    const event: PlanEvent = {
      requestId,
      context: valuesOf(context),
      signal: abortSignalOf(signal),
      operationName: operationName ?? operation.name?.value,
      document,
      headers: context.clientHeaders ?? {},
      variables,
      fetches,
    };
    const finishes: Finish[] = [];
    for (const { plugin, call } of onPlan) {
      const result = await callPlugin({ plugin, log, requestId, signal }, () => call(event));
      if (typeof result === 'function') finishes.push({ plugin, call: result });
      else if (result !== undefined) return { outcome: await finish(hooks, context, finishes, pluginOutcome(result)) };
    }
    return finishes.length === 0 ? {} : { finish: (outcome) => finish(hooks, context, finishes, outcome) };
  };
}

/** The values that plugins hand on within one request. */
export function valuesOf({ pluginValues }: RequestContext): Map<string, unknown> {
  return pluginValues ?? new Map();
}

class Answer implements OperationAnswer {
  #data: ExecutionResult['data'];
  errors: OperationAnswer['errors'];
  extensions: OperationAnswer['extensions'];

  constructor({ data, errors, extensions }: ExecutionResult) {
    this.#data = data;
    this.errors = errors;
    this.extensions = extensions;
  }

  get data(): OperationAnswer['data'] {
    if (this.#data instanceof JsonText) this.#data = this.#data.toJSON() as OperationAnswer['data'];
    return this.#data as OperationAnswer['data'];
  }

  set data(data: OperationAnswer['data']) {
    this.#data = data;
  }

  result(): ExecutionResult {
    const { errors, extensions } = this;
    return {
      ...(this.#data === undefined ? {} : { data: this.#data }),
      ...(errors === undefined || errors.length === 0 ? {} : { errors }),
      ...(extensions === undefined ? {} : { extensions }),
    };
  }
}

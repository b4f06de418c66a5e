/** What of an operation is summed: computed for each one, kept or not. */
import { parseUsd } from '../lib/index.ts';
import type { ModelCallRecord, OperationEvent, RequestEvent } from '../observability/index.ts';
import { cleanName, operationName } from './clean-name.ts';

export interface OperationFacts {
  readonly name: string | undefined;
  readonly client: string | undefined;
  readonly tenant: string | undefined;
  readonly durationMs: number;
  readonly errors: number;
  readonly nanoUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** @param operation undefined: the request was refused before it had one */
export function factsOfOperation(request: RequestEvent, operation: OperationEvent | undefined): OperationFacts {
  let nanoUsd = 0;
  let inputTokens = 0;
  let outputTokens = 0;
  for (const call of operation?.modelCalls ?? []) {
    nanoUsd += nanoUsdOf(call);
    inputTokens += call.usage?.inputTokens ?? 0;
    outputTokens += call.usage?.outputTokens ?? 0;
  }
  const { began, ended } = operation ?? request;
  return {
    name: operation && nameOf(operation),
    client: cleanName(request.clientName),
    tenant: cleanName(request.principal?.tenant),
    durationMs: Math.max(0, ended - began),
    errors: Math.max(operation?.errorCount ?? 0, request.code === undefined ? 0 : 1),
    nanoUsd,
    inputTokens,
    outputTokens,
  };
}

export function nanoUsdOf({ costUsd }: ModelCallRecord): number {
  return costUsd === '0' ? 0 : Number(parseUsd(costUsd) ?? 0n);
}

/** On /v1 an alias or a prompt that answered: what else clients write there may be anything. */
function nameOf({ kind, name, modelCalls }: OperationEvent): string | undefined {
  if (kind === 'query' || kind === 'mutation' || kind === 'subscription' || kind === undefined)
    return operationName(name);
  const isServed = modelCalls.some(
    ({ alias, prompt }) => name === alias || prompt === name || prompt?.startsWith(`${name}@`),
  );
  return isServed ? cleanName(name) : undefined;
}

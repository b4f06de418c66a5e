/** Plans and prices the same operations by two supergraphs. Nothing runs. */
import { GatewayError } from '../../../errors/index.ts';
import type { DocumentPrice, Pricer } from '../../../open-pricer.ts';

export interface PriceableOperation {
  readonly name: string;
  readonly document: string;
  readonly operationName: string | undefined;
  /** Undefined: it is a trusted document. */
  readonly requests: number | undefined;
}

export interface OperationPrices {
  readonly operation: PriceableOperation;
  readonly before: DocumentPrice;
  /** What is wrong, where it has no plan any more. */
  readonly after: DocumentPrice | string;
}

export interface PricingOptions {
  readonly before: Pricer;
  readonly after: Pricer;
  readonly signal?: AbortSignal | undefined;
  /** After this no further operation is planned. @default 60_000 */
  readonly timeoutMs?: number | undefined;
}

export interface PricedOperations {
  readonly prices: readonly OperationPrices[];
  /** How many were left out, because the others took so long. */
  readonly late: number;
}

const noVariables = {};
/** The same each time for the same operation; any other error is one of this machine. */
const unplannable: ReadonlySet<string> = new Set(['PLAN_DEADLINE_EXCEEDED', 'PLAN_UNSOUND']);

/** Those that are valid in both; lists have their assumed sizes. */
export async function priceOperations(
  operations: readonly PriceableOperation[],
  { before, after, signal, timeoutMs = 60_000 }: PricingOptions,
): Promise<PricedOperations> {
  const prices: OperationPrices[] = [];
  const start = performance.now();
  for (const [index, operation] of operations.entries()) {
    signal?.throwIfAborted();
    if (performance.now() - start > timeoutMs) return { prices, late: operations.length - index };
    const earlier = await priceOf(operation, before);
    if (earlier === undefined || typeof earlier === 'string') continue;
    const later = await priceOf(operation, after);
    if (later !== undefined) prices.push({ operation, before: earlier, after: later });
  }
  return { prices, late: 0 };
}

/** Undefined: it is not valid; the reason, where it cannot be planned. */
async function priceOf(
  { document, operationName }: PriceableOperation,
  pricer: Pricer,
): Promise<DocumentPrice | string | undefined> {
  try {
    const prices = await pricer.price(document, noVariables);
    if (typeof prices === 'string') return undefined;
    return prices.find(({ operation }) => operationName === undefined || operation === operationName);
  } catch (error) {
    if (error instanceof GatewayError && unplannable.has(error.code)) return error.detail ?? error.message;
    throw error;
  }
}

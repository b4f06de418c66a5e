/** Plans and prices the same operations by two supergraphs. Nothing runs. */
import { messageOf } from '../../../errors/index.ts';
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

const noVariables = {};

/** Those that are valid in both; lists have their assumed sizes. */
export async function priceOperations(
  operations: readonly PriceableOperation[],
  before: Pricer,
  after: Pricer,
  signal?: AbortSignal,
): Promise<readonly OperationPrices[]> {
  const priced: OperationPrices[] = [];
  for (const operation of operations) {
    signal?.throwIfAborted();
    const earlier = await priceOf(operation, before);
    if (earlier === undefined || typeof earlier === 'string') continue;
    const later = await priceOf(operation, after);
    if (later !== undefined) priced.push({ operation, before: earlier, after: later });
  }
  return priced;
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
    return messageOf(error);
  }
}

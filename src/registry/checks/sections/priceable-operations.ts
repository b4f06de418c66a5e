import type { OperationUsage } from '../usage-reader.ts';
import type { CheckedDocument } from './documents-section.ts';
import type { PriceableOperation } from './price-operations.ts';
import { withAssumedSizes } from './with-assumed-sizes.ts';

/** Those of traffic; where none are known, trusted documents. */
export function priceableOperations(
  mostUsed: readonly OperationUsage[],
  documents: readonly CheckedDocument[],
  limit: number,
  listSize: number,
): readonly PriceableOperation[] {
  if (mostUsed.length > 0)
    return mostUsed.map(({ operationName, signature, document, requests }) => {
      const name = operationName ?? signature.slice(0, 12);
      return { name, document: withAssumedSizes(document, listSize), operationName, requests };
    });
  return documents.slice(0, limit).map(({ ids, text }) => {
    return { name: ids[0] ?? '', document: text, operationName: undefined, requests: undefined };
  });
}

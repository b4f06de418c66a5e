import type { CoordinateUsage, OperationUsage, UsageReader } from '../../../../src/registry/checks/index.ts';

export const window = { from: 0, to: 1_000_000, excludedClients: [] };

/** Usage by a fixed table: requests by coordinate, or with clients. */
export function fixedUsage(
  requests: number,
  table: Readonly<Record<string, number | Partial<CoordinateUsage>>>,
  operations: readonly OperationUsage[] = [],
): UsageReader {
  const usageOf = (entry: number | Partial<CoordinateUsage>): CoordinateUsage => {
    const given = typeof entry === 'number' ? { requests: entry } : entry;
    const client = { name: 'web', version: '1.2', requests: given.requests ?? 1 };
    return { requests: 1, operations: 1, clients: [client], lastUsed: 500_000, ...given };
  };
  return {
    requests: async () => requests,
    coordinates: async (coordinates) =>
      new Map(
        coordinates.flatMap((coordinate) => {
          const entry = table[coordinate];
          return entry === undefined ? [] : [[coordinate, usageOf(entry)] as const];
        }),
      ),
    mostUsed: async (limit) => operations.slice(0, limit),
  };
}

export function usedOperation(operationName: string, document: string, requests: number): OperationUsage {
  const clients = [{ name: 'web', version: '1.2', requests }];
  return { signature: `${operationName}-signature`, document, operationName, requests, clients, lastUsed: 500_000 };
}

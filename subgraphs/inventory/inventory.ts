import { fileURLToPath } from 'node:url';
import { badUserInput } from '../coded-input.ts';
import type { Resolvers } from '../create-subgraph-server.ts';
import type { Identify } from '../current-user.ts';
import type { ListenOptions, RunningService } from '../listen.ts';
import { serveSubgraph } from '../serve-subgraph.ts';
import { shippingEstimate } from './shipping-estimate.ts';
import { type StockLevel, WarehouseSource } from './warehouse-source.ts';

interface Context {
  readonly warehouse: WarehouseSource;
}

/** A representation: priceCents and weightGrams come with it only where shippingEstimate is asked for. */
interface ProductReference {
  readonly id: unknown;
  readonly priceCents?: unknown;
  readonly weightGrams?: unknown;
}

interface Product extends ProductReference {
  readonly level: StockLevel;
}

const resolvers: Resolvers<Context> = {
  Product: {
    async __resolveReference(reference: ProductReference, { warehouse }: Context): Promise<Product | null> {
      const level = await warehouse.byId(reference.id);
      return level === null ? null : { ...reference, level };
    },
    inStock: ({ level }: Product) => level.in_stock,
    stock: ({ level }: Product) => level.stock,
    shippingEstimate({ priceCents, weightGrams }: Product, { zip }: { zip?: string | null }) {
      if (typeof priceCents !== 'number') throw badUserInput('The representation has no priceCents.');
      if (weightGrams !== undefined && weightGrams !== null && typeof weightGrams !== 'number') {
        throw badUserInput('The representation has a weightGrams that is not a number.');
      }
      return shippingEstimate({ priceCents, weightGrams: weightGrams ?? null, zip: zip ?? null });
    },
  },
};

export interface InventoryOptions extends ListenOptions {
  /** The base URL of the warehouse REST service. */
  readonly warehouseUrl: string;
  /** Another schema file than the subgraph's own. */
  readonly schemaFile?: string;
  /** @default by the header `x-user-id`: for tests */
  readonly identify?: Identify;
}

/** The subgraph `inventory`, over the warehouse REST service. */
export function startInventory({ warehouseUrl, schemaFile, ...listening }: InventoryOptions): Promise<RunningService> {
  return serveSubgraph({
    name: 'inventory',
    schemaFile: schemaFile ?? fileURLToPath(new URL('schema.graphql', import.meta.url)),
    resolvers,
    context: () => ({ warehouse: new WarehouseSource(warehouseUrl) }),
    ...listening,
  });
}

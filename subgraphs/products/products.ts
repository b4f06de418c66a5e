import { fileURLToPath } from 'node:url';
import { badUserInput, boundedFirst } from '../coded-input.ts';
import type { Resolvers } from '../create-subgraph-server.ts';
import type { Identify } from '../current-user.ts';
import type { ListenOptions, RunningService } from '../listen.ts';
import { serveSubgraph } from '../serve-subgraph.ts';
import { type CatalogProduct, CatalogSource } from './catalog-source.ts';

/** Units of a currency for one US dollar. */
const rates: ReadonlyMap<string, number> = new Map([
  ['USD', 1],
  ['EUR', 0.92],
  ['GBP', 0.79],
]);

interface Context {
  readonly catalog: CatalogSource;
}

interface ProductsArguments {
  readonly first: number | null;
  readonly after?: string | null;
  readonly category?: string | null;
}

const resolvers: Resolvers<Context> = {
  Query: {
    product: (_source, { id }: { id: string }, { catalog }) => catalog.byId(id),
    products: (_source, { first, after, category }: ProductsArguments, { catalog }) =>
      catalog.products({ first: boundedFirst(first), after: after ?? null, category: category ?? null }),
  },
  Product: {
    __resolveReference: ({ id }: { id: unknown }, { catalog }: Context) => catalog.byId(id),
    category: ({ category }: CatalogProduct) => category.toUpperCase(),
    priceCents: (product: CatalogProduct) => product.price_cents,
    weightGrams: (product: CatalogProduct) => product.weight_grams,
    price: (product: CatalogProduct, { currency }: { currency: string | null }) => {
      const rate = rates.get(currency ?? 'USD');
      if (rate === undefined) throw badUserInput('There is no rate for this currency.');
      return Math.round(product.price_cents * rate) / 100;
    },
  },
};

export interface ProductsOptions extends ListenOptions {
  /** The base URL of the catalog REST service. */
  readonly catalogUrl: string;
  /** Another schema file than the subgraph's own. */
  readonly schemaFile?: string;
  /** @default by the header `x-user-id`: for tests */
  readonly identify?: Identify;
}

/** The subgraph `products`, over the catalog REST service. */
export function startProducts({ catalogUrl, schemaFile, ...listening }: ProductsOptions): Promise<RunningService> {
  return serveSubgraph({
    name: 'products',
    schemaFile: schemaFile ?? fileURLToPath(new URL('schema.graphql', import.meta.url)),
    resolvers,
    context: () => ({ catalog: new CatalogSource(catalogUrl) }),
    ...listening,
  });
}

import { fileURLToPath } from 'node:url';
import type { ListenOptions, RunningService } from '../../listen.ts';
import { type PageQuery, pageParameters, readPage } from '../../rest-page.ts';
import { Problem, startRestService } from '../../rest-service.ts';
import products from './products.json' with { type: 'json' };

interface ProductsQuery extends PageQuery {
  readonly category?: string;
  readonly min_price_cents?: number;
  readonly max_price_cents?: number;
}

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...pageParameters,
    category: { type: 'string', enum: ['audio', 'camera', 'home', 'kitchen', 'outdoor', 'wearable'] },
    min_price_cents: { type: 'integer', minimum: 0 },
    max_price_cents: { type: 'integer', minimum: 0 },
  },
} as const;

const byId = new Map(products.map((product) => [product.id, product]));

/** The catalog REST service: what the shop sells. openapi.yaml describes it. */
export function startCatalog(listening: ListenOptions): Promise<RunningService> {
  return startRestService({
    ...listening,
    openApiFile: fileURLToPath(new URL('openapi.yaml', import.meta.url)),
    addRoutes(app) {
      app.get<{ Querystring: ProductsQuery }>('/products', { schema: { querystring } }, async ({ query }) => {
        const { category, min_price_cents: min = 0, max_price_cents: max = Number.POSITIVE_INFINITY } = query;
        return readPage({
          all: products,
          idOf: ({ id }) => id,
          query,
          path: '/products',
          fits: (product) =>
            (category === undefined || product.category === category) &&
            product.price_cents >= min &&
            product.price_cents <= max,
        });
      });
      app.get<{ Params: { id: string } }>('/products/:id', async ({ params }) => {
        const product = byId.get(params.id);
        if (product === undefined) throw new Problem(404, 'There is no product of this id.');
        return product;
      });
    },
  });
}

import { fileURLToPath } from 'node:url';
import type { ListenOptions, RunningService } from '../../listen.ts';
import { type PageQuery, pageParameters, readPage } from '../../rest-page.ts';
import { Problem, startRestService } from '../../rest-service.ts';
import stored from './stock.json' with { type: 'json' };

interface StockQuery extends PageQuery {
  readonly in_stock?: boolean;
}

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: { ...pageParameters, in_stock: { type: 'boolean' } },
} as const;

const levels = stored.map((level) => ({ ...level, in_stock: level.stock > 0 }));
const byId = new Map(levels.map((level) => [level.product_id, level]));

/** The warehouse REST service: what can be sent today. openapi.yaml describes it. */
export function startWarehouse(listening: ListenOptions): Promise<RunningService> {
  return startRestService({
    ...listening,
    openApiFile: fileURLToPath(new URL('openapi.yaml', import.meta.url)),
    addRoutes(app) {
      app.get<{ Querystring: StockQuery }>('/stock', { schema: { querystring } }, async ({ query }) =>
        readPage({
          all: levels,
          idOf: (level) => level.product_id,
          query,
          path: '/stock',
          fits: (level) => query.in_stock === undefined || level.in_stock === query.in_stock,
        }),
      );
      app.get<{ Params: { id: string } }>('/stock/:id', async ({ params }) => {
        const level = byId.get(params.id);
        if (level === undefined) throw new Problem(404, 'There is no product of this id.');
        return level;
      });
    },
  });
}

/** The subgraph stock, over a REST service: STOCK_API_URL, or the one beside this file. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';
import { startRestService } from './rest-service.mjs';

const api = process.env.STOCK_API_URL ?? (await startRestService());
const timeoutMs = 2_000;

async function stockOf(id) {
  const response = await fetch(`${api}/stock/${encodeURIComponent(id)}`, { signal: AbortSignal.timeout(timeoutMs) });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`the stock service answered ${response.status}`);
  return response.json();
}

const resolvers = {
  Product: {
    __resolveReference: ({ id }) => ({ id }),
    inStock: async ({ id }) => {
      const stock = await stockOf(id);
      return stock === null ? null : stock.pieces > 0;
    },
  },
};

const typeDefs = parse(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'));
const schema = buildSubgraphSchema([{ typeDefs, resolvers }]);
const port = Number(process.env.STOCK_PORT ?? 4002);
const server = createServer(createHandler({ schema }));
server.on('error', ({ message }) => {
  console.error(`stock cannot listen: ${message}; STOCK_PORT names another port, here and in supergraph.yaml`);
  process.exit(2);
});
server.listen(port, '127.0.0.1', () => console.log(`stock: http://127.0.0.1:${port}/graphql`));

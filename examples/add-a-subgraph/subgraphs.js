/** Two subgraphs, /products and /inventory, as any server that speaks federation would serve them. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';

const products = [
  { id: 'p1', name: 'Kettle' },
  { id: 'p2', name: 'Lamp' },
];
const stock = new Map([['p1', 3]]);

const schemas = {
  '/products': subgraph('products.graphql', {
    Query: { products: () => products },
    Product: { __resolveReference: ({ id }) => products.find((product) => product.id === id) },
  }),
  '/inventory': subgraph('inventory.graphql', {
    // The gateway sends what `@key` names, once for each product of the answer.
    Product: { __resolveReference: ({ id }) => ({ id, inStock: (stock.get(id) ?? 0) > 0 }) },
  }),
};

function subgraph(file, resolvers) {
  return buildSubgraphSchema([{ typeDefs: parse(readFileSync(new URL(file, import.meta.url), 'utf8')), resolvers }]);
}

const server = createServer(async (request, response) => {
  const schema = schemas[request.url];
  if (schema === undefined) return response.writeHead(404).end();
  const { query, variables } = await json(request);
  const result = await graphql({ schema, source: query, variableValues: variables });
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
});
server.listen(Number(process.env.SUBGRAPHS_PORT ?? 4101), '127.0.0.1', () => {
  console.log(`subgraphs on http://127.0.0.1:${server.address().port}`);
});

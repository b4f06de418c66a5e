/** The subgraph products, from its own data. `node subgraphs/products/main.mjs` runs it alone. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';

const products = [
  {
    id: 'p1',
    name: 'Kettle',
    description: 'Boils a litre in two minutes. It switches itself off, and the handle stays cool.',
    priceCents: 3900,
  },
  {
    id: 'p2',
    name: 'Desk lamp',
    description: 'Warm light, dimmed with one turn. The arm holds wherever it is left.',
    priceCents: 5400,
  },
  {
    id: 'p3',
    name: 'Headphones',
    description: 'The battery lasts two days. Noise cancelling is excellent on trains.',
    priceCents: 12900,
  },
];
const byId = (id) => products.find((product) => product.id === id);

const resolvers = {
  Query: { products: () => products, product: (_source, { id }) => byId(id) },
  Product: { __resolveReference: ({ id }) => byId(id) },
};

const typeDefs = parse(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'));
const schema = buildSubgraphSchema([{ typeDefs, resolvers }]);
const port = Number(process.env.PRODUCTS_PORT ?? 4001);
const server = createServer(createHandler({ schema }));
server.on('error', ({ message }) => {
  console.error(`products cannot listen: ${message}; PRODUCTS_PORT names another port, here and in supergraph.yaml`);
  process.exit(2);
});
server.listen(port, '127.0.0.1', () => console.log(`products: http://127.0.0.1:${port}/graphql`));

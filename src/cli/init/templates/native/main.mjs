/** The subgraph __name__, from its own data. `node subgraphs/__name__/main.mjs` runs it alone. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';

const objects = [
  { id: '1', name: 'The first' },
  { id: '2', name: 'The second' },
];

const resolvers = {
  Query: { __field__: () => objects },
  // Called where another subgraph names one of these by its key.
  __Type__: { __resolveReference: ({ id }) => objects.find((object) => object.id === id) },
};

const typeDefs = parse(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'));
const schema = buildSubgraphSchema([{ typeDefs, resolvers }]);
const port = Number(process.env.__NAME___PORT ?? '__port__');
const server = createServer(createHandler({ schema }));
server.on('error', ({ message }) => {
  console.error(`__name__ cannot listen: ${message}; __NAME___PORT names another port, here and in supergraph.yaml`);
  process.exit(2);
});
server.listen(port, '127.0.0.1', () => console.log(`__name__: http://127.0.0.1:${port}/graphql`));

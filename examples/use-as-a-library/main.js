/** A gateway in this process: asked once without a socket, then listening. */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createGateway } from 'isthmus';
import { countOperations } from './count-operations.js';

const users = new Map([['1', { id: '1', name: 'Ada' }]]);

const accounts = buildSubgraphSchema([
  {
    typeDefs: parse(`
      type Query { me: User }
      type User @key(fields: "id") { id: ID!  name: String }
    `),
    resolvers: {
      // The context has the client's headers, and a signal that aborts when the client leaves.
      Query: { me: (_parent, _arguments, { headers }) => users.get(headers['x-user-id']) },
      User: { __resolveReference: ({ id }) => users.get(id) },
    },
  },
]);

const gateway = await createGateway({
  config: { server: { host: '127.0.0.1', port: Number(process.env.PORT ?? 4000) } },
  subgraphs: { accounts },
  plugins: [countOperations()],
});

const response = await gateway.fetch(
  new Request('http://localhost/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-user-id': '1' },
    body: JSON.stringify({ query: '{ me { name } }' }),
  }),
);
console.log(await response.text());

const { url } = await gateway.listen();
console.log(`serving ${url}/graphql`);
process.once('SIGTERM', () => void gateway.close());

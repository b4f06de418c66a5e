/** A subgraph as you have one: reviews, and nothing about models. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';

const reviews = [
  { id: 'r1', body: 'I was unsure at first. The sound is excellent and the battery lasts two days. I love it.' },
  { id: 'r2', body: 'It arrived broken. Support was terrible, and the second one was a disappointment too.' },
];

const schema = buildSubgraphSchema([
  {
    typeDefs: parse(readFileSync(new URL('reviews.graphql', import.meta.url), 'utf8')),
    resolvers: {
      Query: { reviews: () => reviews },
      Review: { __resolveReference: ({ id }) => reviews.find((review) => review.id === id) },
    },
  },
]);

const server = createServer(async (request, response) => {
  const { query, variables } = await json(request);
  const result = await graphql({ schema, source: query, variableValues: variables });
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
});
server.listen(Number(process.env.SUBGRAPH_PORT ?? 4102), '127.0.0.1', () => {
  console.log(`subgraph on http://127.0.0.1:${server.address().port}`);
});

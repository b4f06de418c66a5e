/** The subgraph __name__, over a REST service: __NAME___API_URL, or the one beside this file. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';
import { startRestService } from './rest-service.mjs';

const api = process.env.__NAME___API_URL ?? (await startRestService());
const timeoutMs = 2_000;

/** What the service has at a path; null where it has nothing there. */
async function read(path) {
  const response = await fetch(`${api}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`the service of __name__ answered ${response.status}`);
  return response.json();
}

const resolvers = {
  Query: { __field__: () => read('/objects') },
  // Called where another subgraph names one of these by its key.
  __Type__: { __resolveReference: ({ id }) => read(`/objects/${encodeURIComponent(id)}`) },
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

/**
 * Every subgraph of one graph in one process, and `/whole`, which answers what the graph as a whole answers. Each
 * distinct request is computed once and then answered from memory, so that this is never what is measured.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type DocumentNode, execute, type GraphQLSchema, parse } from 'graphql';
import { type GraphName, loadGraph, schemaFileOf } from '../graphs/graph.ts';
import { answerParent } from './answer-parent.ts';

const graph = loadGraph(process.argv[2] as GraphName);
const answers = new Map<string, Buffer>();
const documents = new Map<string, DocumentNode>();
let requests = 0;

type SchemaModule = Extract<Parameters<typeof buildSubgraphSchema>[0], readonly unknown[]>[number];

const schemas = new Map<string, GraphQLSchema>();
for (const [name, resolvers] of Object.entries(graph.subgraphs)) {
  const typeDefs = parse(readFileSync(schemaFileOf(graph.name, name), 'utf8'));
  schemas.set(`/${name}`, buildSubgraphSchema([{ typeDefs, resolvers } as SchemaModule]));
}

async function compute(path: string, body: string): Promise<Buffer> {
  const schema = schemas.get(path);
  if (schema === undefined) throw new Error(`nothing answers ${path}`);
  const { query, variables } = JSON.parse(body) as { query: string; variables?: Record<string, unknown> };
  let document = documents.get(query);
  if (document === undefined) {
    document = parse(query, { noLocation: true });
    documents.set(query, document);
  }
  return Buffer.from(JSON.stringify(await execute({ schema, document, variableValues: variables ?? null })));
}

const server = createServer((request, response) => {
  const path = request.url ?? '/';
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    requests++;
    const body = Buffer.concat(chunks).toString();
    const key = path + body;
    let answer = answers.get(key);
    let status = 200;
    if (answer === undefined) {
      try {
        answer = await compute(path, body);
        answers.set(key, answer);
      } catch (error) {
        status = 400;
        answer = Buffer.from(JSON.stringify({ errors: [{ message: String(error) }] }));
      }
    }
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
  });
});
server.keepAliveTimeout = 600_000;

answerParent({
  async listen() {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  },
  requests: () => requests,
  /** What `/whole` answers, by the body of the request. */
  whole(bodies: ReadonlyMap<string, string>) {
    for (const [body, answer] of bodies) answers.set(`/whole${body}`, Buffer.from(answer));
  },
});

// The probe lets go of the channel, so that a gateway ends as it would alone; this process has nothing else to live for.
process.channel?.ref();

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';
import { linkOwnDirectives } from '../../src/supergraph/index.ts';

export type TestResolvers = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface TestSubgraph {
  readonly url: string;
  /** Every operation it was sent, in order. */
  readonly requests: { readonly query: string; readonly variables?: Record<string, unknown> }[];
  /** Of its answers, beside the content type. */
  headers: Readonly<Record<string, string>>;
  /** Of its answers’ bodies; undefined: none. */
  extensions: Readonly<Record<string, unknown>> | undefined;
  /** Answers instead of the schema while it is set. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  close(): Promise<void>;
}

/** A real subgraph over real sockets, on a free port. */
export async function startSubgraph(sdl: string, resolvers: TestResolvers, port = 0): Promise<TestSubgraph> {
  const schema = buildSubgraphSchema([{ typeDefs: linkOwnDirectives(parse(sdl)), resolvers } as never]);
  const server = createServer(async (request, response) => {
    if (subgraph.intercept !== undefined) {
      subgraph.intercept(request, response);
      return;
    }
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const operation = JSON.parse(text) as TestSubgraph['requests'][number];
    subgraph.requests.push(operation);
    const result = await graphql({ schema, source: operation.query, variableValues: operation.variables ?? {} });
    const { extensions } = subgraph;
    const body = JSON.stringify(extensions === undefined ? result : { ...result, extensions });
    response.writeHead(200, { 'content-type': 'application/json', ...subgraph.headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const subgraph: TestSubgraph = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    requests: [],
    headers: {},
    extensions: undefined,
    intercept: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return subgraph;
}

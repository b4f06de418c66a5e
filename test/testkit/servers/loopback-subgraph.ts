/** Subgraphs on loopback sockets for transport tests, and what tests need around them. */

import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { beforeAll, describe } from 'vitest';
import { anonymous } from '../../../src/access/principal.ts';
import { GatewayError } from '../../../src/errors/index.ts';
import { Deadline } from '../../../src/lib/index.ts';
import {
  createHttpSubgraph,
  type HttpSubgraphOptions,
  type RequestContext,
  type SubgraphClient,
} from '../../../src/transport/index.ts';

const cleanups: (() => Promise<unknown> | unknown)[] = [];

/** Call in afterEach. */
export async function closeSubgraphs(): Promise<void> {
  for (const cleanup of cleanups.splice(0)) await cleanup();
}

export interface ReceivedRequest {
  readonly headers: IncomingMessage['headers'];
  readonly body: {
    readonly query?: string;
    readonly variables?: Record<string, unknown>;
    readonly extensions?: { readonly persistedQuery?: { readonly sha256Hash: string } };
  };
}

/** A server whose requests are answered by `listener`. @returns its URL */
export async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () => server.closeAllConnections(),
    () => void server.close(),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

/** A GraphQL subgraph: bodies are read and parsed first; every request is recorded. */
export async function listenGraphQL(
  answer: (request: ReceivedRequest, response: ServerResponse, count: number) => void,
): Promise<{ readonly url: string; readonly received: ReceivedRequest[] }> {
  const received: ReceivedRequest[] = [];
  const url = await listen((request, response) => {
    let text = '';
    request
      .on('data', (chunk) => (text += chunk))
      .on('end', () => {
        const requestRead: ReceivedRequest = {
          headers: request.headers,
          body: JSON.parse(text) as ReceivedRequest['body'],
        };
        received.push(requestRead);
        answer(requestRead, response, received.length);
      });
  });
  return { url, received };
}

/** Bare TCP, for what no HTTP server would do. */
export async function listenTcp(connected: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    connected(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

/** The defaults of {@link connect}. */
let chosenClient: 'lean' | 'undici' = 'lean';

/** Runs the same tests over each of the clients that send requests. */
export function describeEachClient(tests: () => void): void {
  describe.each(['lean', 'undici'] as const)('over the client %s', (client) => {
    beforeAll(() => {
      chosenClient = client;
    });
    tests();
  });
}

export function connect(url: string, options: Partial<HttpSubgraphOptions> = {}): SubgraphClient {
  const client = createHttpSubgraph({ name: 'shop', url, timeoutMs: 2_000, client: chosenClient, ...options });
  cleanups.push(() => client.close());
  return client;
}

export function contextOf(overrides: Partial<RequestContext> = {}): RequestContext {
  return {
    requestId: 'r-1',
    principal: anonymous,
    signal: new AbortController().signal,
    deadline: Deadline.in(10_000),
    ...overrides,
  };
}

/** The code of the error that `work` rejects with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  const failure: unknown = await work.catch((error: unknown) => error);
  if (failure instanceof GatewayError) return failure.code;
  throw failure instanceof Error ? failure : new Error('it succeeded');
}

export const json = (
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

export const query = { kind: 'query', query: '{ a }' } as const;
export const mutation = { kind: 'mutation', query: 'mutation { a }' } as const;

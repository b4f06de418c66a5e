/**
 * Serves one subgraph: Apollo Server behind a plain node:http server with a single path, `/graphql`.
 *
 * The schema file is watched, so that its owner can edit it while it runs: a valid edit is served by a new Apollo
 * Server while requests in flight finish on the old one; an invalid edit costs one line on stderr and changes nothing.
 * `executeHTTPGraphQLRequest` and not `startStandaloneServer`, which is slower and reads bodies of 50 MB.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { type ApolloServer, HeaderMap } from '@apollo/server';
import { createSubgraphServer, type Resolvers } from './create-subgraph-server.ts';
import { type CurrentUser, type Identify, identifyByHeader } from './current-user.ts';
import { listen, type RunningService } from './listen.ts';
import { BodyTooLarge, readBody } from './read-body.ts';
import { watchFile } from './watch-file.ts';

/** `_entities` requests carry a representation of every entity they ask for. */
const maxBodyBytes = 10 * 1024 * 1024;

export interface SubgraphOptions<Context extends object> {
  readonly name: string;
  /** The path of its schema.graphql. */
  readonly schemaFile: string;
  readonly resolvers: Resolvers<Context>;
  /** Made anew for every request. */
  readonly context: (user: CurrentUser) => Context;
  /** Requests of nobody are refused (401). @default by the header `x-user-id`, which refuses none */
  readonly identify?: Identify | undefined;
  /** 0 takes a free one. */
  readonly port: number;
  /** @default 127.0.0.1 */
  readonly host?: string | undefined;
}

/** One Apollo Server with the requests it is answering; it is stopped when it is replaced and the last has ended. */
interface Served<Context extends object> {
  readonly sdl: string;
  readonly apollo: ApolloServer<Context>;
  inFlight: number;
}

/**
 * @throws Error where the schema is invalid at the start
 * @throws Error with `code` EADDRINUSE or EACCES where it cannot listen
 */
export async function serveSubgraph<Context extends object>(
  options: SubgraphOptions<Context>,
): Promise<RunningService> {
  const { name, schemaFile, resolvers, context, identify = identifyByHeader, port, host } = options;
  const started = Promise.withResolvers<void>();
  const watched = await watchFile(schemaFile, async (sdl) => {
    await started.promise;
    await takeUp(sdl);
  });
  let served: Served<Context>;
  try {
    served = { sdl: watched.text, apollo: await createSubgraphServer(watched.text, resolvers), inFlight: 0 };
    started.resolve();
  } catch (error) {
    await watched.close();
    throw error;
  }

  async function takeUp(sdl: string): Promise<void> {
    if (sdl === served.sdl) return;
    try {
      const replaced = served;
      served = { sdl, apollo: await createSubgraphServer(sdl, resolvers), inFlight: 0 };
      if (replaced.inFlight === 0) await replaced.apollo.stop();
    } catch (error) {
      const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
      process.stderr.write(`${basename(schemaFile)} refused, the schema before it still serves: ${reason}\n`);
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://subgraph');
    if (url.pathname !== '/graphql') return refuse(response, 404, `${name} serves /graphql`);
    const user = await identify(request.headers);
    if (user === undefined) return refuse(response, 401, 'Only the gateway may ask this subgraph.', 'UNAUTHENTICATED');
    const using = served;
    using.inFlight++;
    try {
      const body = request.method === 'POST' ? parseJson(await readBody(request, maxBodyBytes)) : '';
      if (body === undefined) return refuse(response, 400, 'The body is not JSON.');
      const headers = new HeaderMap();
      for (const [header, value] of Object.entries(request.headers)) {
        if (value !== undefined) headers.set(header, Array.isArray(value) ? value.join(', ') : value);
      }
      const result = await using.apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method: request.method ?? 'GET', headers, search: url.search, body },
        context: async () => context(user),
      });
      for (const [header, value] of result.headers) response.setHeader(header, value);
      response.statusCode = result.status ?? 200;
      if (result.body.kind === 'complete') {
        response.end(result.body.string);
        return;
      }
      for await (const chunk of result.body.asyncIterator) response.write(chunk);
      response.end();
    } finally {
      using.inFlight--;
      if (using !== served && using.inFlight === 0) await using.apollo.stop();
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent || request.destroyed) response.destroy();
      else if (error instanceof BodyTooLarge) refuse(response, 413, `A body has at most ${maxBodyBytes} bytes.`);
      else refuse(response, 500, 'Something went wrong in the subgraph.');
    });
  });
  let origin: string;
  try {
    origin = await listen(server, { port, host });
  } catch (error) {
    await Promise.all([watched.close(), served.apollo.stop()]);
    throw error;
  }
  return {
    url: `${origin}/graphql`,
    async close() {
      await watched.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const cutOff = setTimeout(() => server.closeAllConnections(), 1_000);
      await closed;
      clearTimeout(cutOff);
      await served.apollo.stop();
    },
  };
}

/** The parsed body, or undefined where it is not JSON; JSON's own values are never undefined. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, message: string, code = 'BAD_REQUEST'): void {
  // Whatever is still arriving of the body is not read: the connection cannot be used again.
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ errors: [{ message, extensions: { code } }] }));
}

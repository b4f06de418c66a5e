/** A registry on a real socket that serves one supergraph: at a URL with an ETag, and in the form of Hive's CDN. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SupergraphRegistry extends AsyncDisposable {
  readonly url: string;
  /** Of the CDN, without `/supergraph`. */
  readonly endpoint: string;
  readonly key: string;
  sdl: string;
  /** Every request is answered with 503 while it is true. */
  isDown: boolean;
  /** The status of each answer, in order. */
  readonly answered: number[];
}

export async function startSupergraphRegistry(sdl: string): Promise<SupergraphRegistry> {
  const server = createServer((request, response) => {
    const etag = `"${createHash('sha256').update(registry.sdl).digest('hex')}"`;
    const isHive = request.url === '/artifacts/v1/target/supergraph';
    const isKnown = isHive ? request.headers['x-hive-cdn-key'] === key : request.url === '/supergraph.graphql';
    const status = registry.isDown ? 503 : !isKnown ? 403 : request.headers['if-none-match'] === etag ? 304 : 200;
    registry.answered.push(status);
    response.writeHead(status, { etag }).end(status === 200 ? registry.sdl : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const key = 'hv-secret';
  const registry: SupergraphRegistry = {
    url: `${origin}/supergraph.graphql`,
    endpoint: `${origin}/artifacts/v1/target`,
    key,
    sdl,
    isDown: false,
    answered: [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return registry;
}

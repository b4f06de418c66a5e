import type { HttpServer, HttpServerOptions } from './server.ts';

/**
 * The server with its routes, ready for the current generation; `listen` opens its port. Its code and Fastify are loaded here: a main
 * thread whose workers serve does without them.
 */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { openHttpServer } = await import('./server.ts');
  return openHttpServer(options);
}

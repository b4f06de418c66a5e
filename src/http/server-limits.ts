import type { Server } from 'node:http';
import type { FastifyHttpOptions } from 'fastify';
import type { ResolvedConfig } from '../config/index.ts';

const maxHeaderBytes = 16_384;
/** Longer than balancers keep idle connections (60 s), so that the balancer is the side that closes. */
const keepAliveTimeoutMs = 65_000;
/** Node's own check of its timeouts runs every 30 s, so that a limit of 10 s would act after up to 40. */
const maxCheckIntervalMs = 1_000;

/** The bounds of every request: body size, header size, and the time for headers and for the whole request. */
export function serverLimits({ server, limits }: ResolvedConfig) {
  // Node exchanges the two timeouts where the one for headers is longer.
  const headersTimeoutMs = Math.min(server.headersTimeoutMs, server.requestTimeoutMs);
  return {
    bodyLimit: limits.bodyBytes,
    requestTimeout: server.requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: {
      maxHeaderSize: maxHeaderBytes,
      requireHostHeader: false, // Node would answer without a body
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: Math.min(maxCheckIntervalMs, headersTimeoutMs),
    },
  } satisfies Pick<FastifyHttpOptions<Server>, 'bodyLimit' | 'requestTimeout' | 'keepAliveTimeout' | 'http'>;
}

import type { FastifyInstance } from 'fastify';
import { GatewayError } from '../errors/index.ts';
import type { ServingRuntime } from '../runtime/index.ts';

/** `/.well-known/jwks.json`: the keys that verify what the gateway states to subgraphs; 404 where it states nothing. */
export function addJwksRoute(app: FastifyInstance, gateway: ServingRuntime): void {
  app.get('/.well-known/jwks.json', async (_request, reply) => {
    const statements = gateway.generations.current?.statements;
    if (statements === undefined) throw new GatewayError('NOT_FOUND');
    return reply.header('cache-control', 'public, max-age=300').send(statements.keys());
  });
}

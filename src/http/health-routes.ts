import type { FastifyInstance } from 'fastify';
import type { GatewayRuntime } from '../runtime/index.ts';

/**
 * `/health/live`: the process answers. `/health/ready`: it should be sent requests, that is, a generation is loaded and
 * it is not draining, and operations can be planned. A refused change does not make it unready: the previous generation serves.
 */
export function addHealthRoutes(app: FastifyInstance, gateway: GatewayRuntime, isDraining: () => boolean): void {
  app.get('/health/live', async () => ({ status: 'live' }));
  app.get('/health/ready', async (_request, reply) => {
    if (isDraining()) return reply.code(503).send({ status: 'draining' });
    const generation = gateway.generations.current;
    if (generation === undefined) return reply.code(503).send({ status: 'loading' });
    if (!generation.engine.isAvailable()) {
      return reply.code(503).send({ status: 'planning unavailable', generation: generation.id });
    }
    return { status: 'ready', generation: generation.id };
  });
}

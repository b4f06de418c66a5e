import type { FastifyInstance } from 'fastify';
import type { GatewayGeneration, ServingRuntime, WorkerCount } from '../runtime/index.ts';

/**
 * `/health/live`: the process answers. `/health/ready`: it should be sent requests, that is, a generation is loaded and
 * it is not draining, and operations can be planned. A refused change does not make it unready: the previous generation serves.
 * Of several workers, any one answers for all, and says how many serve.
 */
export function addHealthRoutes(app: FastifyInstance, gateway: ServingRuntime, isDraining: () => boolean): void {
  const workers = (): { workers?: WorkerCount } =>
    gateway.workers === undefined ? {} : { workers: gateway.workers.count() };
  app.get('/health/live', async () => ({ status: 'live', ...workers() }));
  app.get('/health/ready', async (_request, reply) => {
    if (isDraining()) return reply.code(503).send({ status: 'draining', ...workers() });
    const generation = gateway.generations.current;
    if (generation === undefined) return reply.code(503).send({ status: 'loading', ...workers() });
    if (!generation.engine.isAvailable()) {
      return reply.code(503).send({ status: 'planning unavailable', generation: generation.id, ...workers() });
    }
    return { status: 'ready', generation: generation.id, ...workers(), ...countersOf(generation) };
  });
}

/** Where budgets and rates are counted together with other gateways: whether they can be, and what is done otherwise. */
function countersOf({ budgets, jointRates }: GatewayGeneration): {
  readonly budgets?: object;
  readonly rates?: object;
} {
  return {
    ...(budgets.joint === undefined ? {} : { budgets: stateOf(budgets.joint) }),
    ...(jointRates === undefined ? {} : { rates: stateOf(jointRates) }),
  };
}

function stateOf(joint: { readonly isAvailable: boolean; readonly whenDown: string }): object {
  return joint.isAvailable ? { counters: 'ready' } : { counters: 'unavailable', whenDown: joint.whenDown };
}

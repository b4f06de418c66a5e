/** Plugins' `onRequest` for requests of /v1; their answers pass `onModelCall` alone. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../observability/index.ts';
import { type Hooks, runRequestHooks } from '../plugins/index.ts';
import type { GatewayRuntime } from '../runtime/index.ts';
import { jsonType } from './request/coded-answer.ts';
import { refuseV1 } from './v1/index.ts';

export function addV1Plugins(app: FastifyInstance, gateway: Pick<GatewayRuntime, 'generations'>, log: Logger): void {
  // With a callback: without plugins, no request waits for a promise.
  app.addHook('preHandler', (request, reply, done) => {
    const hooks = gateway.generations.current?.hooks;
    if (hooks?.onRequest === undefined || !request.url.startsWith('/v1/')) return done();
    void runHooks(hooks, request, reply, log).then(() => done());
  });
}

async function runHooks(hooks: Hooks, request: FastifyRequest, reply: FastifyReply, log: Logger): Promise<void> {
  try {
    const hooked = await runRequestHooks(hooks, request);
    if (hooked.kind === 'answer') {
      const { status, headers = { 'content-type': jsonType }, body = '' } = hooked.answer;
      reply.code(status).headers(headers).send(body);
      return;
    }
    Object.assign(request.raw.headers, hooked.headers);
    request.body = hooked.body;
  } catch (error) {
    refuseV1(error, request, reply, log);
  }
}

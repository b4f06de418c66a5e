/**
 * How an endpoint of /v1 is served, whatever its wire: the request is read, a generation leased, the route run, and
 * whatever is thrown answered in the wire's form.
 */
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { Fields } from '../../ai/wires/shared/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { AllowedOrigins } from '../request/allowed-origins.ts';
import { jsonType } from '../request/coded-answer.ts';
import { toGatewayError } from '../request/fastify-errors.ts';
import { refuseCrossSite } from '../request/refuse-cross-site.ts';
import { withGeneration } from '../request/request-life.ts';
import { readBodyText, readJsonBody } from './read-json-body.ts';
import { refuseV1 } from './refuse-v1.ts';
import { RepeatedBodies } from './repeated-bodies.ts';
import { V1Call, type V1Generation, type V1Generations } from './v1-call.ts';

export interface V1RoutesOptions {
  readonly generations: V1Generations;
  /** Origins whose pages may read from a browser: server.allowed_origins. */
  readonly allowedOrigins: () => AllowedOrigins;
  readonly log: Logger;
  /** The largest body, in bytes: limits.v1_body. @default the server's own bound */
  readonly bodyLimit?: number | undefined;
}

/** What a route does with a call whose body has been read. */
type RunCall<Parsed> = (call: V1Call, parsed: Parsed, request: FastifyRequest) => Promise<void> | void;

export class V1Endpoints {
  readonly #app: FastifyInstance;
  readonly #options: V1RoutesOptions;
  /** The method of each path, for refusals of another one. */
  readonly #methods = new Map<string, string>();

  constructor(app: FastifyInstance, options: V1RoutesOptions) {
    this.#app = app;
    this.#options = options;
  }

  /** Adds a route by POST: `read` parses the body, `run` answers. */
  post<Parsed extends object>(path: string, read: (body: Fields) => Parsed, run: RunCall<Parsed>): void {
    const { generations, log, bodyLimit } = this.#options;
    const repeated = new RepeatedBodies<Parsed>();
    this.#methods.set(path, 'POST');
    this.#app.post(path, bodyLimit === undefined ? {} : { bodyLimit }, async (request, reply) => {
      let call: V1Call | undefined;
      try {
        const text = readBodyText(request.headers, request.body);
        const cached = repeated.find(text);
        const parsed = cached ?? read(readJsonBody(text));
        call = new V1Call(generations, request, reply, log);
        await run(call, parsed, request);
        if (cached === undefined && call.isFromCache) repeated.add(text, parsed);
      } catch (error) {
        refuseV1(call === undefined ? error : call.reasonOf(error), request, reply, log);
      } finally {
        call?.end();
      }
      return reply;
    });
  }

  /** Adds a route by GET, which waits for nothing. */
  get(path: string, read: (generation: V1Generation, params: unknown) => Readonly<Record<string, unknown>>): void {
    const { generations, allowedOrigins, log } = this.#options;
    this.#methods.set(path, 'GET');
    this.#app.get(path, async (request, reply) => {
      try {
        refuseCrossSite({ method: 'GET', headers: request.headers }, allowedOrigins());
        const answer = withGeneration(generations, (generation) => read(generation, request.params));
        return await reply.header('content-type', jsonType).send(JSON.stringify(answer));
      } catch (error) {
        return refuseV1(error, request, reply, log);
      }
    });
  }

  /** Answers paths and methods that no route has, and requests that Fastify refuses before their route runs. */
  refuseOthers(): void {
    const { log } = this.#options;
    this.#app.setNotFoundHandler((request, reply) => {
      const [path = ''] = request.url.split('?', 1);
      const allowed = this.#methodsOf(path.replace(/^\/v1/, '').replace(/\/$/, ''));
      if (allowed === undefined || allowed.split(', ').includes(request.method)) {
        return refuseV1(new GatewayError('NOT_FOUND'), request, reply, log);
      }
      reply.header('allow', allowed);
      return refuseV1(new GatewayError('METHOD_NOT_ALLOWED'), request, reply, log);
    });
    this.#app.setErrorHandler((error: FastifyError, request, reply) =>
      refuseV1(toGatewayError(error, 'AI_REQUEST_INVALID'), request, reply, log),
    );
  }

  #methodsOf(path: string): string | undefined {
    const exact = this.#methods.get(path);
    if (exact !== undefined) return exact;
    if (path.startsWith('/models/')) return 'GET';
    return path.startsWith('/prompts/') ? 'GET, POST' : undefined;
  }
}

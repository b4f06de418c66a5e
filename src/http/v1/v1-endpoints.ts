/** The endpoints of /v1, whatever their wire: each reads its request and answers it within `answerV1`. */
import type { FastifyError, FastifyInstance } from 'fastify';
import type { Principal } from '../../access/index.ts';
import type { Fields } from '../../ai/wires/shared/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { Overload } from '../../limits/index.ts';
import type { Logger, OperationKind } from '../../observability/index.ts';
import type { AllowedOrigins } from '../request/allowed-origins.ts';
import type { ClientReply } from '../request/client-reply.ts';
import type { ClientRequest } from '../request/client-request.ts';
import { jsonType } from '../request/coded-answer.ts';
import { toGatewayError } from '../request/fastify-errors.ts';
import { refuseCrossSite } from '../request/refuse-cross-site.ts';
import { beginOperation } from '../request/request-event.ts';
import { answerV1 } from './answer-v1.ts';
import type { AnswerV1Request } from './direct-v1.ts';
import { readBodyText, readJsonBody } from './read-json-body.ts';
import { refuseV1 } from './refuse-v1.ts';
import { RepeatedBodies } from './repeated-bodies.ts';
import { V1Call } from './v1-call.ts';
import type { V1Generation, V1Generations } from './v1-generation.ts';

export interface V1RoutesOptions {
  readonly generations: V1Generations;
  /** Origins whose pages may read from a browser: server.allowed_origins. */
  readonly allowedOrigins: () => AllowedOrigins;
  readonly log: Logger;
  /** The largest body, in bytes: limits.v1_body. @default the server's own bound */
  readonly bodyLimit?: number | undefined;
  /** Keeps the thread from taking on too much; undefined where that is off. */
  readonly overload?: Overload | undefined;
}

/** What a route does with a call whose body has been read. */
type RunCall<Parsed> = (call: V1Call, parsed: Parsed, request: RoutedRequest) => Promise<void> | void;

/** With the path's parameters, where it has any. */
type RoutedRequest = ClientRequest & { readonly params?: unknown };

export class V1Endpoints {
  readonly #app: FastifyInstance;
  readonly #options: V1RoutesOptions;
  /** The method of each path, for refusals of another one. */
  readonly #methods = new Map<string, string>();
  /** Routes by POST whose path has no parameters, by their whole path. */
  readonly posts = new Map<string, AnswerV1Request>();

  constructor(app: FastifyInstance, options: V1RoutesOptions) {
    this.#app = app;
    this.#options = options;
  }

  /**
   * Adds a route by POST: `read` parses the body, `run` answers.
   * @param kind of the operation that its requests ask for; undefined: they ask for none
   */
  post<Parsed extends object>(
    path: string,
    kind: OperationKind | undefined,
    read: (body: Fields) => Parsed,
    run: RunCall<Parsed>,
  ): void {
    const { generations, log, bodyLimit, overload } = this.#options;
    const repeated = new RepeatedBodies<Parsed>();
    this.#methods.set(path, 'POST');
    const answer = (request: RoutedRequest, reply: ClientReply): Promise<unknown> => {
      const event = kind && beginOperation(request);
      if (event !== undefined) event.kind = kind;
      return answerV1(generations, request, reply, log, async (exchange) => {
        const { life, principal, headers, body, responseHooks, charges } = exchange;
        const text = readBodyText(headers, body);
        const cached = repeated.find(text);
        const parsed = cached ?? read(readJsonBody(text));
        const call = new V1Call({ life, principal, request, reply, responseHooks, event, charges, log });
        try {
          if (overload === undefined) await run(call, parsed, request);
          else {
            const client = { requestId: request.id, principal, clientHeaders: headers };
            const priority = life.generation.limits?.priorityOf(client) ?? 'interactive';
            await overload.run(priority, life.signal, async () => run(call, parsed, request));
          }
        } catch (error) {
          throw call.reasonOf(error);
        }
        if (cached === undefined && call.isFromCache) repeated.add(text, parsed);
        return call.body;
      });
    };
    if (!path.includes('*')) this.posts.set(`/v1${path}`, answer);
    this.#app.post(path, bodyLimit === undefined ? {} : { bodyLimit }, answer);
  }

  /** Adds a route by GET, which waits for nothing. */
  get(
    path: string,
    read: (generation: V1Generation, params: unknown, principal: Principal) => Readonly<Record<string, unknown>>,
  ): void {
    const { generations, allowedOrigins, log } = this.#options;
    this.#methods.set(path, 'GET');
    this.#app.get(path, (request, reply) =>
      answerV1(generations, request, reply, log, ({ life, principal, headers }) => {
        refuseCrossSite({ method: 'GET', headers }, allowedOrigins());
        const answer = JSON.stringify(read(life.generation, request.params, principal));
        reply.header('content-type', jsonType);
        return answer;
      }),
    );
  }

  /** Answers paths and methods that no route has, and requests that Fastify refuses before their route runs. */
  refuseOthers(): void {
    const { generations, log } = this.#options;
    this.#app.setNotFoundHandler((request, reply) =>
      answerV1(generations, request, reply, log, () => {
        const [path = ''] = request.url.split('?', 1);
        const allowed = this.#methodsOf(path.replace(/^\/v1/, '').replace(/\/$/, ''));
        if (allowed === undefined || allowed.split(', ').includes(request.method)) throw new GatewayError('NOT_FOUND');
        reply.header('allow', allowed);
        throw new GatewayError('METHOD_NOT_ALLOWED');
      }),
    );
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

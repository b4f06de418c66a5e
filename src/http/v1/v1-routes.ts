/**
 * The models and prompts over HTTP, in the wires that applications already speak: OpenAI's chat completions, responses
 * and embeddings, Anthropic's messages, and each prompt as an API. Every answer under /v1, refusals included, is in its
 * wire's form.
 *
 * A request's headers choose nothing: who answers, at which host, with which key and for what price is configuration.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { CallSummary, Completion } from '../../ai/model-call/index.ts';
import { estimateInputTokens } from '../../ai/tokens/index.ts';
import { MessagesStream, readMessagesRequest, writeMessagesAnswer } from '../../ai/wires/anthropic-messages/index.ts';
import { ChatStream, readChatRequest, writeChatAnswer } from '../../ai/wires/openai-chat/index.ts';
import {
  CompletionsStream,
  readCompletionsRequest,
  writeCompletions,
} from '../../ai/wires/openai-completions/index.ts';
import { readEmbeddingsRequest, writeEmbeddings } from '../../ai/wires/openai-embeddings/index.ts';
import { readModerationsRequest, writeModerations } from '../../ai/wires/openai-moderations/index.ts';
import {
  isResponsesBody,
  ResponsesStream,
  readResponsesAsChat,
  readResponsesRequest,
  writeResponsesAnswer,
} from '../../ai/wires/openai-responses/index.ts';
import type { Fields } from '../../ai/wires/shared/index.ts';
import {
  agentToolsOf,
  forbidsRetry,
  retryAfterSeconds,
  statusOf,
  type WireErrorForm,
  wireErrorBody,
} from '../../ai/wires/shared/index.ts';
import { type ErrorCode, GatewayError, messageOf } from '../../errors/index.ts';
import { invariant } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { AllowedOrigins } from '../request/allowed-origins.ts';
import { jsonType } from '../request/coded-answer.ts';
import { refuseCrossSite } from '../request/refuse-cross-site.ts';
import { noteFacts } from '../request/request-facts.ts';
import { nameOf, promptNames } from './find-prompt.ts';
import { findModel, listModels, noSuchModel } from './list-models.ts';
import { listPrompts, writePrompt } from './list-prompts.ts';
import { moderationModel } from './moderation-model.ts';
import { writeOpenApi } from './openapi.ts';
import { readBodyText, readJsonBody } from './read-json-body.ts';
import { RepeatedBodies } from './repeated-bodies.ts';
import { PromptStream, readPromptCall, writePromptAnswer } from './run-prompt.ts';
import { toGatewayError, V1Call, type V1Generations } from './v1-call.ts';

export interface V1RoutesOptions {
  readonly generations: V1Generations;
  /** Origins whose pages may read from a browser: server.allowed_origins. */
  readonly allowedOrigins: () => AllowedOrigins;
  readonly log: Logger;
  /** The largest body, in bytes: limits.v1_body. @default the server's own bound */
  readonly bodyLimit?: number | undefined;
}

/** What a route does with a call whose body has been read. */
type Run<Asked> = (call: V1Call, asked: Asked, request: FastifyRequest) => Promise<void> | void;

/** Adds every route under /v1. */
export async function addV1Routes(app: FastifyInstance, options: V1RoutesOptions): Promise<void> {
  await app.register(async (v1) => addRoutes(v1, options), { prefix: '/v1' });
}

function addRoutes(app: FastifyInstance, options: V1RoutesOptions): void {
  const { generations, allowedOrigins, log, bodyLimit } = options;
  const bounds = bodyLimit === undefined ? {} : { bodyLimit };
  const methods = new Map<string, string>();

  /** Reads, leases, runs, and answers whatever was thrown in the wire's form. */
  const post = <Asked extends object>(path: string, read: (body: Fields) => Asked, run: Run<Asked>): void => {
    const repeated = new RepeatedBodies<Asked>();
    methods.set(path, 'POST');
    app.post(path, bounds, async (request, reply) => {
      let call: V1Call | undefined;
      try {
        const text = readBodyText(request.headers, request.body);
        const known = repeated.find(text);
        const asked = known ?? read(readJsonBody(text));
        call = new V1Call(generations, request, reply, log);
        await run(call, asked, request);
        if (known === undefined && call.isFromCache) repeated.add(text, asked);
      } catch (error) {
        refuse(call === undefined ? error : call.reasonOf(error), request, reply, log);
      } finally {
        call?.end();
      }
      return reply;
    });
  };
  const get = (path: string, read: (request: FastifyRequest) => Readonly<Record<string, unknown>>): void => {
    methods.set(path, 'GET');
    const handler: RouteHandlerMethod = async (request, reply) => {
      try {
        const { headers } = request;
        const bodyless = { method: 'GET' as const, headers, search: '', body: undefined };
        refuseCrossSite({ ...bodyless, mediaType: 'application/json' }, allowedOrigins());
        return await reply.header('content-type', jsonType).send(JSON.stringify(read(request)));
      } catch (error) {
        return refuse(error, request, reply, log);
      }
    };
    app.get(path, handler);
  };

  const readChat = (body: Fields) => (isResponsesBody(body) ? readResponsesAsChat(body) : readChatRequest(body));
  post('/chat/completions', readChat, async (call, { alias, request, stream, includeUsage, body }) => {
    const asked = { ...call.context(alias, request.user), request };
    if (stream) return call.stream(asked, new ChatStream(alias, includeUsage, body));
    return call.complete(asked, (answer) => writeChatAnswer(alias, answer, agentToolsOf(body)));
  });

  post('/responses', readResponsesRequest, async (call, { alias, request, stream, body: told }) => {
    const asked = { ...call.context(alias, request.user), request };
    if (stream) return call.stream(asked, new ResponsesStream(alias, told));
    return call.complete(asked, (answer) => writeResponsesAnswer(alias, told, answer));
  });

  post('/embeddings', readEmbeddingsRequest, async (call, read) => {
    const answer = await call.generation.models.embed({
      ...call.context(read.alias, read.request.user),
      request: read.request,
    });
    call.answer(answer, writeEmbeddings(read, answer));
  });

  post('/messages', readMessagesRequest, async (call, { alias, request, stream }, { id }) => {
    const asked = { ...call.context(alias, request.user), request };
    if (stream) return call.stream(asked, new MessagesStream(alias, id));
    return call.complete(asked, (answer) => writeMessagesAnswer(alias, answer));
  });

  const readCounted = (body: Fields) => readMessagesRequest(body, false);
  post('/messages/count_tokens', readCounted, (call, { alias, request }) => {
    call.requireModel(alias);
    call.send(JSON.stringify({ input_tokens: estimateInputTokens(request) }));
  });

  const asItIs = (body: Fields) => body;
  post('/prompts/*', asItIs, async (call, body, { params }) => {
    const prompt = promptNames(call.generation.prompts).get(wildcard(params));
    if (prompt === undefined) throw new GatewayError('NOT_FOUND', { message: 'There is no such prompt.' });
    const { request, stream } = await readPromptCall(prompt, body);
    const asked = { ...call.context(prompt.alias), prompt: nameOf(prompt), request };
    if (stream) return call.stream(asked, new PromptStream(prompt));
    return call.complete(asked, (answer) => writePromptAnswer(prompt, answer));
  });

  post('/completions', readCompletionsRequest, async (call, read) => {
    const context = call.context(read.alias, read.user);
    const [first, ...others] = read.requests;
    if (first === undefined) return;
    if (read.stream) return call.stream({ ...context, request: first }, new CompletionsStream(read));
    const answers = await call.completeAll([first, ...others].map((request) => ({ ...context, request })));
    call.answer(summaryOf(answers), writeCompletions(read, answers));
  });

  post('/moderations', readModerationsRequest, async (call, read) => {
    const { models } = call.generation;
    const alias = moderationModel(read, models);
    const { alias: _, ...context } = call.context(alias ?? '');
    if (models.moderate === undefined) throw new GatewayError('NOT_FOUND');
    const answer = await models.moderate({ ...context, alias, texts: read.texts });
    call.answer(answer, writeModerations(read, answer));
  });

  get('/prompts', () => leased(generations, ({ prompts }) => listPrompts(prompts)));
  get('/prompts/*', ({ params }) =>
    leased(generations, ({ prompts }) => {
      const prompt = promptNames(prompts).get(wildcard(params));
      if (prompt === undefined) throw new GatewayError('NOT_FOUND', { message: 'There is no such prompt.' });
      return writePrompt(prompt, prompts);
    }),
  );
  get('/models', () => leased(generations, ({ models, config }) => listModels(models, config.ai.exposeReferences)));
  get('/models/*', ({ params }) =>
    leased(generations, ({ models, config }) => {
      const { exposeReferences } = config.ai;
      const model = findModel(models, exposeReferences, wildcard(params));
      if (model === undefined) throw noSuchModel(models, exposeReferences, wildcard(params));
      return model;
    }),
  );
  get('/openapi.json', () => leased(generations, writeOpenApi));

  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?', 1);
    const allowed = methodOf(methods, path.replace(/^\/v1/, '').replace(/\/$/, ''));
    if (allowed === undefined || allowed.split(', ').includes(request.method)) {
      return refuse(new GatewayError('NOT_FOUND'), request, reply, log);
    }
    reply.header('allow', allowed);
    return refuse(new GatewayError('METHOD_NOT_ALLOWED'), request, reply, log);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => refuse(fromFastify(error), request, reply, log));
}

/** What several calls came to together. */
function summaryOf(answers: readonly Completion[]): CallSummary {
  const [first] = answers;
  invariant(first !== undefined, 'a call was made');
  let costNanoUsd = 0n;
  for (const answer of answers) costNanoUsd += answer.costNanoUsd;
  const isHit = answers.every(({ cache }) => cache === 'exact');
  return { ...first, costNanoUsd, cache: isHit || first.cache !== 'exact' ? first.cache : 'miss' };
}

function leased<T>(generations: V1Generations, read: (generation: V1Call['generation']) => T): T {
  const lease = generations.acquire();
  if (lease === undefined) throw new GatewayError('OVERLOADED');
  try {
    return read(lease.generation);
  } finally {
    lease.release();
  }
}

/** Names may hold a slash, written as it is or as %2F. */
function wildcard(params: unknown): string {
  return String((params as Readonly<Record<string, unknown>>)['*'] ?? '');
}

function methodOf(methods: ReadonlyMap<string, string>, path: string): string | undefined {
  const exact = methods.get(path);
  if (exact !== undefined) return exact;
  if (path.startsWith('/models/')) return 'GET';
  return path.startsWith('/prompts/') ? 'GET, POST' : undefined;
}

const fastifyCodes: ReadonlyMap<string, ErrorCode> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'CONTENT_TOO_LARGE'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'AI_REQUEST_INVALID'],
  ['FST_ERR_BAD_URL', 'AI_REQUEST_INVALID'],
  ['ECONNRESET', 'CLIENT_CLOSED_REQUEST'],
]);

/** What Fastify refused before a route ran. */
function fromFastify(error: FastifyError): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = fastifyCodes.get(error.code) ?? 'INTERNAL_SERVER_ERROR';
  return new GatewayError(code, { cause: error, detail: messageOf(error) });
}

/** Answers whatever was thrown in the form of the wire whose path was asked. */
export function refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply, log: Logger): FastifyReply {
  const error = toGatewayError(thrown);
  noteFacts(request, { code: error.code });
  if (error.code === 'INTERNAL_SERVER_ERROR') {
    log.error({ requestId: request.id, error: thrown }, 'a request failed unexpectedly');
  } else if (error.detail !== undefined) {
    log.warn({ requestId: request.id, code: error.code, reason: error.detail }, 'a request of /v1 failed');
  }
  const form: WireErrorForm = request.url.startsWith('/v1/messages') ? 'anthropic' : 'openai';
  const seconds = retryAfterSeconds(error);
  if (seconds !== undefined) reply.header('retry-after', String(seconds));
  if (forbidsRetry(error)) reply.header('x-should-retry', 'false');
  // A refused body may still be arriving: this connection cannot be used again.
  if (error.code === 'CONTENT_TOO_LARGE') reply.header('connection', 'close');
  return reply
    .code(statusOf(error))
    .header('content-type', jsonType)
    .send(wireErrorBody(form, error, request.id));
}

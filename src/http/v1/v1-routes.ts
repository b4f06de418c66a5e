/**
 * The models and prompts over HTTP, in the wires that applications already speak: OpenAI's chat completions, responses
 * and embeddings, Anthropic's messages, and each prompt as an API. Every answer under /v1, refusals included, is in its
 * wire's form.
 *
 * A request's headers choose nothing: the model, its host, its key and its price are configuration.
 */
import type { FastifyInstance } from 'fastify';
import type { PublishedPrompt } from '../../ai/fields/index.ts';
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
import { agentToolsOf, type Fields } from '../../ai/wires/shared/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { invariant } from '../../lib/index.ts';
import { nameOf, promptNames } from './find-prompt.ts';
import { findModel, listModels, noSuchModel } from './list-models.ts';
import { listPrompts, writePrompt } from './list-prompts.ts';
import { moderationModel } from './moderation-model.ts';
import { offeredModels } from './offered-models.ts';
import { writeOpenApi } from './openapi.ts';
import { boundOfEmbedding, boundOfModeration } from './price-calls.ts';
import { PromptStream, readPromptCall, writePromptAnswer } from './run-prompt.ts';
import { V1Endpoints, type V1RoutesOptions } from './v1-endpoints.ts';

/** Adds every route under /v1. @returns those that plain requests may take without Fastify */
export async function addV1Routes(app: FastifyInstance, options: V1RoutesOptions): Promise<V1Endpoints['posts']> {
  let posts: V1Endpoints['posts'] = new Map();
  await app.register(
    async (v1) => {
      posts = addRoutes(v1, options);
    },
    { prefix: '/v1' },
  );
  return posts;
}

function addRoutes(app: FastifyInstance, options: V1RoutesOptions): V1Endpoints['posts'] {
  const endpoints = new V1Endpoints(app, options);

  const readChat = (body: Fields) => (isResponsesBody(body) ? readResponsesAsChat(body) : readChatRequest(body));
  endpoints.post(
    '/chat/completions',
    'chat',
    readChat,
    async (call, { alias, request, stream, includeUsage, body }) => {
      const modelCall = { ...call.context(alias, request.user), request };
      if (stream) return call.stream(modelCall, new ChatStream(alias, includeUsage, body));
      return call.complete(modelCall, (answer) => writeChatAnswer(alias, answer, agentToolsOf(body)));
    },
  );

  endpoints.post('/responses', 'responses', readResponsesRequest, async (call, { alias, request, stream, body }) => {
    const modelCall = { ...call.context(alias, request.user), request };
    if (stream) return call.stream(modelCall, new ResponsesStream(alias, body));
    return call.complete(modelCall, (answer) => writeResponsesAnswer(alias, body, answer));
  });

  endpoints.post('/embeddings', 'embeddings', readEmbeddingsRequest, async (call, parsed) => {
    const { request } = parsed;
    const context = call.context(parsed.alias, request.user);
    if (await call.isPricedOnly(() => [{ ...context, ...boundOfEmbedding(request) }])) return;
    const answer = await call.generation.models.embed({ ...context, ...call.plannedCall(), request });
    call.answer(answer, writeEmbeddings(parsed, answer));
  });

  endpoints.post('/messages', 'messages', readMessagesRequest, async (call, { alias, request, stream }, { id }) => {
    const modelCall = { ...call.context(alias, request.user), request };
    if (stream) return call.stream(modelCall, new MessagesStream(alias, id));
    return call.complete(modelCall, (answer) => writeMessagesAnswer(alias, answer));
  });

  const readCounted = (body: Fields) => readMessagesRequest(body, false);
  endpoints.post('/messages/count_tokens', undefined, readCounted, (call, { alias, request }) => {
    call.requireModel(alias);
    call.send(JSON.stringify({ input_tokens: estimateInputTokens(request) }));
  });

  const readFields = (body: Fields) => body;
  endpoints.post('/prompts/*', 'prompt', readFields, async (call, body, { params }) => {
    const prompt = findPrompt(call.generation.prompts, params);
    call.name(nameOf(prompt));
    const { request, stream } = await readPromptCall(prompt, body);
    const modelCall = { ...call.context(prompt.alias), prompt: nameOf(prompt), request };
    if (stream) return call.stream(modelCall, new PromptStream(prompt));
    return call.complete(modelCall, (answer) => writePromptAnswer(prompt, answer));
  });

  endpoints.post('/completions', 'completions', readCompletionsRequest, async (call, parsed) => {
    const context = call.context(parsed.alias, parsed.user);
    const [first, ...further] = parsed.requests;
    if (first === undefined) return;
    if (parsed.stream) return call.stream({ ...context, request: first }, new CompletionsStream(parsed));
    const answers = await call.completeAll([first, ...further].map((request) => ({ ...context, request })));
    if (answers !== undefined) call.answer(summaryOf(answers), writeCompletions(parsed, answers));
  });

  endpoints.post('/moderations', 'moderations', readModerationsRequest, async (call, parsed) => {
    const { models } = call.generation;
    const alias = moderationModel(parsed, models);
    const { alias: _, ...context } = call.context(alias ?? '');
    if (models.moderate === undefined) throw new GatewayError('NOT_FOUND');
    const priced = (text: string) => ({ ...context, alias: alias ?? '', ...boundOfModeration(text) });
    if (await call.isPricedOnly(() => parsed.texts.map(priced))) return;
    const answer = await models.moderate({ ...context, alias, texts: parsed.texts });
    call.answer(answer, writeModerations(parsed, answer));
  });

  endpoints.get('/prompts', ({ prompts }) => listPrompts(prompts));
  endpoints.get('/prompts/*', ({ prompts }, params) => writePrompt(findPrompt(prompts, params), prompts));
  endpoints.get('/models', (generation, _params, principal) => listModels(offeredModels(generation, principal)));
  endpoints.get('/models/*', (generation, params, principal) => {
    const offered = offeredModels(generation, principal);
    const model = findModel(offered, wildcard(params));
    if (model === undefined) throw noSuchModel(offered, wildcard(params));
    return model;
  });
  endpoints.get('/openapi.json', (generation, _params, principal) =>
    writeOpenApi(generation, offeredModels(generation, principal).names),
  );
  endpoints.refuseOthers();
  return endpoints.posts;
}

/** @throws GatewayError `NOT_FOUND` */
function findPrompt(prompts: readonly PublishedPrompt[], params: unknown): PublishedPrompt {
  const prompt = promptNames(prompts).get(wildcard(params));
  if (prompt === undefined) throw new GatewayError('NOT_FOUND', { message: 'There is no such prompt.' });
  return prompt;
}

/** The summary of several calls: their cost together, and cached where all of them are. */
function summaryOf(answers: readonly Completion[]): CallSummary {
  const [first] = answers;
  invariant(first !== undefined, 'a call was made');
  let costNanoUsd = 0n;
  for (const answer of answers) costNanoUsd += answer.costNanoUsd;
  const isHit = answers.every(({ cache }) => cache === 'exact');
  return { ...first, costNanoUsd, cache: isHit || first.cache !== 'exact' ? first.cache : 'miss' };
}

/** Names may hold a slash, written as it is or as %2F. */
function wildcard(params: unknown): string {
  return String((params as Readonly<Record<string, unknown>>)['*'] ?? '');
}

/** What this gateway really serves under /v1, as OpenAPI 3.1: its aliases, its prompts with their input schemas. */
import type { PublishedPrompt } from '../../ai/fields/index.ts';
import { nameOf } from './find-prompt.ts';
import type { V1Generation } from './v1-generation.ts';

type Part = Readonly<Record<string, unknown>>;

const text = { type: 'string' };
const flag = { type: 'boolean' };
const count = { type: 'integer', minimum: 1 };
const object = { type: 'object' };
const list = { type: 'array', items: object, minItems: 1 };
const stops = { anyOf: [text, { type: 'array', items: text }] };
const nothing = { type: 'null' };

const usage: Part = {
  type: 'object',
  properties: {
    input_tokens: { type: 'integer' },
    input_tokens_details: object,
    output_tokens: { type: 'integer' },
    output_tokens_details: object,
    total_tokens: { type: 'integer' },
  },
  required: ['input_tokens', 'output_tokens', 'total_tokens'],
};

const schemas: Part = {
  OpenAiError: {
    type: 'object',
    properties: {
      error: {
        type: 'object',
        properties: {
          message: text,
          type: text,
          param: { anyOf: [text, nothing] },
          code: { ...text, description: 'A code of Isthmus’s error table.' },
        },
        required: ['message', 'type', 'param', 'code'],
      },
    },
    required: ['error'],
  },
  AnthropicError: {
    type: 'object',
    properties: {
      type: { const: 'error' },
      error: { type: 'object', properties: { type: text, message: text }, required: ['type', 'message'] },
      request_id: text,
    },
    required: ['type', 'error', 'request_id'],
  },
  Model: {
    type: 'object',
    properties: {
      ...{ id: text, object: { const: 'model' }, created: { type: 'integer' }, owned_by: text },
      operations: { type: 'array', items: { enum: ['chat', 'embeddings'] } },
      capabilities: { type: 'array', items: text, description: 'What it can do; missing: nothing is left out.' },
      available: { type: 'boolean', description: 'Whether a call would be sent to a provider now.' },
      unavailable_because: { type: 'array', items: { enum: ['no_key', 'no_price', 'failing'] } },
    },
    required: ['id', 'object', 'created', 'owned_by'],
  },
  Prompt: {
    type: 'object',
    properties: {
      ...{ id: text, object: { const: 'prompt' }, name: text, version: { anyOf: [{ type: 'integer' }, nothing] } },
      ...{ subgraph: text, model: text, max_output_tokens: { type: 'integer' }, url: text },
      ...{ input_schema: { anyOf: [object, nothing] }, output_schema: { anyOf: [object, nothing] } },
    },
    required: ['id', 'object', 'name', 'url'],
  },
};

/** Headers of every answer that a model gave. */
const modelHeaders: Part = {
  'isthmus-model': { description: 'The provider and model that answered.', schema: text },
  'isthmus-cost-usd': { description: 'What it cost, in US dollars; a trailer of streams.', schema: text },
  'isthmus-adapted': { description: 'What was changed of the request for the model to take it.', schema: text },
  'isthmus-cache': { schema: { enum: ['hit', 'semantic', 'shared', 'miss', 'off'] } },
  'x-request-id': { schema: text },
};

interface Route {
  readonly summary: string;
  readonly body: Part;
  readonly answer?: Part;
  readonly streams: boolean;
  readonly error?: 'OpenAiError' | 'AnthropicError';
  readonly operationId: string;
}

function postRoute({ summary, body, answer = object, streams, error = 'OpenAiError', operationId }: Route): Part {
  const events = streams ? { 'text/event-stream': { schema: text } } : {};
  return {
    post: {
      operationId,
      summary,
      requestBody: { required: true, content: { 'application/json': { schema: body } } },
      responses: {
        '200': {
          description: 'The answer.',
          headers: modelHeaders,
          content: { 'application/json': { schema: answer }, ...events },
        },
        default: refusal(error),
      },
    },
  };
}

function getRoute(operationId: string, summary: string, answer: Part, parameters: readonly Part[] = []): Part {
  return {
    get: {
      operationId,
      summary,
      parameters,
      responses: {
        '200': { description: 'The answer.', content: { 'application/json': { schema: answer } } },
        default: refusal('OpenAiError'),
      },
    },
  };
}

function refusal(name: string): Part {
  return {
    description: 'A refusal, or a failure. 429 and 503 say when to come back.',
    headers: { 'retry-after': { schema: { type: 'integer' } }, 'x-request-id': { schema: text } },
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  };
}

/** @param names the models that the caller may name */
export function writeOpenApi({ prompts }: V1Generation, names: readonly string[]): Part {
  const model: Part = names.length === 0 ? text : { type: 'string', enum: names };
  const paths: Record<string, Part> = {
    '/v1/chat/completions': postRoute({
      operationId: 'createChatCompletion',
      summary: 'OpenAI’s chat completions wire.',
      streams: true,
      body: body(['model', 'messages'], {
        ...{ model, messages: list, stream: flag, stream_options: object, max_completion_tokens: count },
        ...{ max_tokens: count, temperature: range(0, 2), top_p: range(0, 1), n: { ...count, maximum: 8 } },
        ...{ frequency_penalty: range(-2, 2), presence_penalty: range(-2, 2), seed: { type: 'integer' }, stop: stops },
        ...{ response_format: object, reasoning_effort: text, tools: { type: 'array', items: object } },
        ...{ tool_choice: { anyOf: [text, object] }, parallel_tool_calls: flag, user: text },
      }),
    }),
    '/v1/responses': postRoute({
      operationId: 'createResponse',
      summary: 'OpenAI’s responses wire; nothing is stored.',
      streams: true,
      body: body(['model', 'input'], {
        ...{ model, input: { anyOf: [text, list] }, instructions: text, stream: flag, max_output_tokens: count },
        ...{ temperature: range(0, 2), top_p: range(0, 1), text: object, reasoning: object, store: { const: false } },
        ...{
          tools: { type: 'array', items: object },
          tool_choice: { anyOf: [text, object] },
          parallel_tool_calls: flag,
        },
      }),
    }),
    '/v1/embeddings': postRoute({
      operationId: 'createEmbedding',
      summary: 'OpenAI’s embeddings wire.',
      streams: false,
      body: body(['model', 'input'], {
        model,
        input: { anyOf: [text, { type: 'array', items: text, minItems: 1, maxItems: 2_048 }] },
        dimensions: count,
        encoding_format: { enum: ['float', 'base64'] },
        user: text,
      }),
    }),
    '/v1/messages': postRoute({
      operationId: 'createMessage',
      summary: 'Anthropic’s messages wire.',
      streams: true,
      error: 'AnthropicError',
      body: messagesBody(model, ['model', 'max_tokens', 'messages']),
    }),
    '/v1/messages/count_tokens': postRoute({
      operationId: 'countTokens',
      summary: 'An estimate of a message’s input tokens; no model is asked.',
      streams: false,
      error: 'AnthropicError',
      body: messagesBody(model, ['model', 'messages']),
      answer: { type: 'object', properties: { input_tokens: { type: 'integer' } }, required: ['input_tokens'] },
    }),
    '/v1/completions': postRoute({
      operationId: 'createCompletion',
      summary: 'OpenAI’s legacy completions wire.',
      streams: true,
      body: body(['model', 'prompt'], {
        ...{ model, prompt: stops, max_tokens: count, n: { ...count, maximum: 16 }, stream: flag, echo: flag },
        ...{ stream_options: object, temperature: range(0, 2), top_p: range(0, 1), seed: { type: 'integer' } },
        ...{ frequency_penalty: range(-2, 2), presence_penalty: range(-2, 2), stop: stops, user: text },
      }),
    }),
    '/v1/moderations': postRoute({
      operationId: 'createModeration',
      summary: 'OpenAI’s moderations wire: by a moderation model, or the one of ai.guardrails.moderation.',
      streams: false,
      body: body(['input'], { model: text, input: { anyOf: [text, { type: 'array', minItems: 1, maxItems: 32 }] } }),
    }),
    '/v1/prompts': getRoute('listPrompts', 'The prompts that can be run.', {
      type: 'object',
      properties: {
        object: { const: 'list' },
        data: { type: 'array', items: { $ref: '#/components/schemas/Prompt' } },
      },
      required: ['object', 'data'],
    }),
    '/v1/models': getRoute('listModels', 'The models that can be named.', {
      type: 'object',
      properties: { object: { const: 'list' }, data: { type: 'array', items: { $ref: '#/components/schemas/Model' } } },
      required: ['object', 'data'],
    }),
    '/v1/models/{id}': getRoute('retrieveModel', 'One model.', { $ref: '#/components/schemas/Model' }, [
      { name: 'id', in: 'path', required: true, schema: text },
    ]),
    '/v1/openapi.json': getRoute('openapi', 'This document.', object),
  };
  for (const prompt of prompts) addPrompt(paths, prompt);
  return {
    openapi: '3.1.0',
    info: { title: 'Isthmus', version: '1', description: 'Models and prompts of this gateway.' },
    paths,
    components: { schemas },
  };
}

/** A prompt of a name that another subgraph has too is told under its subgraph's. */
function addPrompt(paths: Record<string, Part>, prompt: PublishedPrompt): void {
  const name = nameOf(prompt);
  const path = paths[`/v1/prompts/${name}`] === undefined ? name : `${prompt.subgraph}/${name}`;
  paths[`/v1/prompts/${path}`] = postRoute({
    operationId: `runPrompt_${path.replace(/\W/g, '_')}`,
    summary: `The prompt ${name} of ${prompt.subgraph}.`,
    streams: true,
    body: {
      type: 'object',
      properties: { input: prompt.inputSchema ?? object, stream: flag },
      required: prompt.inputSchema === undefined ? [] : ['input'],
      additionalProperties: false,
    },
    answer: {
      type: 'object',
      properties: { output: prompt.outputSchema ?? text, model: text, finish_reason: text, usage, cost_usd: text },
      required: ['output', 'model', 'finish_reason', 'usage', 'cost_usd'],
    },
  });
}

function body(required: readonly string[], properties: Part): Part {
  return { type: 'object', properties, required };
}

function range(minimum: number, maximum: number): Part {
  return { type: 'number', minimum, maximum };
}

function messagesBody(model: Part, required: readonly string[]): Part {
  return body(required, {
    ...{ model, messages: list, max_tokens: count, system: { anyOf: [text, list] }, stream: flag },
    ...{ temperature: range(0, 1), top_p: range(0, 1), top_k: count, stop_sequences: { type: 'array', items: text } },
    ...{ tools: { type: 'array', items: object }, tool_choice: object, thinking: object, output_config: object },
    metadata: object,
  });
}

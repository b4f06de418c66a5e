/** Every answer and every event of the OpenAI wires is held against OpenAI's own OpenAPI document. */
import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { GatewayError } from '../../src/errors/index.ts';
import {
  completion,
  start,
  startV1Server,
  streamOf,
  toolCallAnswer,
  toolCallDeltas,
  type V1Server,
} from '../integration/v1/v1-server.ts';

const path = '../shared/fixtures/api-schemas/openai.openapi.yaml';
const present = existsSync(path);

type Json = { [key: string]: unknown };

/** OpenAPI 3.0's `nullable`, and discriminators, as JSON schema 2020-12. */
function toJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJsonSchema);
  if (value === null || typeof value !== 'object') return value;
  const { nullable, discriminator: _discriminator, ...rest } = value as Json;
  const schema = Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, toJsonSchema(inner)]));
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema;
}

describe.skipIf(!present)(
  `/v1 beside OpenAI’s document (${present ? 'present' : `skipped: ${path} is not there`})`,
  () => {
    let server: V1Server;
    let ajv: Ajv2020;
    beforeAll(async () => {
      server = await startV1Server();
      ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });
      const document = parseYaml(readFileSync(path, 'utf8'), { maxAliasCount: -1 }) as Json;
      ajv.addSchema({ $id: 'openai', components: toJsonSchema(document.components) as object });
    });
    afterAll(() => server.close());

    function schema(name: string): ValidateFunction {
      const validate = ajv.getSchema(`openai#/components/schemas/${name}`);
      if (validate === undefined) throw new Error(`no schema ${name}`);
      return validate;
    }

    function expectFit(name: string, value: unknown): void {
      const validate = schema(name);
      const fits = validate(value);
      expect(
        fits ? [] : validate.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`),
        name,
      ).toEqual([]);
    }

    const messages = [{ role: 'user', content: 'Hi' }];
    const tools = [{ type: 'function', name: 'weather', parameters: { type: 'object' } }];
    const answers = [
      ['text', completion({})],
      ['tool calls', completion(toolCallAnswer)],
      ['a refusal', completion({ content: [], finishReason: 'refusal', refusal: 'No.' })],
      ['a cut answer', completion({ finishReason: 'length' })],
      ['a filtered answer', completion({ finishReason: 'content_filter', content: [] })],
      [
        'thinking',
        completion({
          content: [
            { type: 'reasoning', text: 'Hm.', opaque: { a: { b: 'c' } } },
            { type: 'text', text: 'Hi' },
          ],
        }),
      ],
    ] as const;
    const streams = [
      ['text', streamOf([{ type: 'text_delta', index: 0, text: 'Hi' }])],
      ['tool calls', streamOf(toolCallDeltas, toolCallAnswer)],
      [
        'thinking and a refusal',
        streamOf(
          [
            { type: 'reasoning_delta', index: 0, text: 'Hm.' },
            { type: 'refusal_delta', text: 'No.' },
          ],
          { content: [], finishReason: 'refusal', refusal: 'No.' },
        ),
      ],
      ['a cut answer', streamOf([{ type: 'text_delta', index: 0, text: 'Hi' }], { finishReason: 'length' })],
      ['nothing but an end', streamOf([], { content: [] })],
    ] as const;

    it('rejects invalid examples, so that the check can fail', () => {
      expect(schema('CreateChatCompletionResponse')({ id: 'x' })).toBe(false);
      expect(schema('ResponseStreamEvent')({ type: 'response.output_text.delta' })).toBe(false);
    });

    it.each(answers)('whole answers fit: %s', async (_name, answer) => {
      server.models.answer = answer;
      expectFit(
        'CreateChatCompletionResponse',
        await (await server.post('/chat/completions', { model: 'fast', messages })).json(),
      );
      const asked = {
        model: 'fast',
        input: 'Hi',
        tools,
        temperature: 1,
        metadata: { a: 'b' },
        reasoning: { effort: 'low' },
      };
      expectFit('Response', await (await server.post('/responses', asked)).json());
    });

    it.each(streams)('chunks fit: %s', async (_name, parts) => {
      server.models.parts = parts;
      for (const include_usage of [true, false]) {
        const asked = { model: 'fast', messages, stream: true, stream_options: { include_usage } };
        const chunks = await eventsOf(await server.post('/chat/completions', asked));
        expect(chunks.at(-1)).toBe('[DONE]');
        expect(chunks.length).toBeGreaterThan(2);
        for (const chunk of chunks.slice(0, -1)) expectFit('CreateChatCompletionStreamResponse', JSON.parse(chunk));
      }
    });

    it.each(streams)('events fit: %s', async (_name, parts) => {
      server.models.parts = parts;
      const events = await eventsOf(
        await server.post('/responses', { model: 'fast', input: 'Hi', stream: true, tools }),
      );
      expect(events.length).toBeGreaterThan(2);
      for (const event of events) expectFit(eventSchema(event), JSON.parse(event));
    });

    it('the events of a failed stream fit', async () => {
      server.models.parts = [
        start,
        { type: 'text_delta', index: 0, text: 'Hi' },
        { type: 'failed', error: new GatewayError('AI_STREAM_INCOMPLETE') },
      ];
      const events = await eventsOf(await server.post('/responses', { model: 'fast', input: 'Hi', stream: true }));
      for (const event of events) expectFit(eventSchema(event), JSON.parse(event));
    });

    it('embeddings, models and errors fit', async () => {
      server.models.vectors = [new Float32Array([0.5, 1])];
      expectFit(
        'CreateEmbeddingResponse',
        await (await server.post('/embeddings', { model: 'fast', input: 'a' })).json(),
      );
      expectFit('ListModelsResponse', await (await fetch(`${server.url}/models`)).json());
      expectFit('Model', await (await fetch(`${server.url}/models/fast`)).json());
      expectFit('ErrorResponse', await (await server.post('/chat/completions', { model: 7 })).json());
      expectFit('ErrorResponse', await (await fetch(`${server.url}/nothing`)).json());
    });
  },
);

async function eventsOf(response: Response): Promise<string[]> {
  const text = await response.text();
  return text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
}

const eventNames: Readonly<Record<string, string>> = {
  'response.output_text.delta': 'ResponseTextDeltaEvent',
  'response.output_text.done': 'ResponseTextDoneEvent',
};

/** `response.output_item.added` is ResponseOutputItemAddedEvent: one schema, whose complaints can be read. */
function eventSchema(event: string): string {
  const { type } = JSON.parse(event) as { type: string };
  const words = type.replace(/^response\./, '').split(/[._]/);
  return (
    eventNames[type] ?? `Response${words.map((word) => (word[0] ?? '').toUpperCase() + word.slice(1)).join('')}Event`
  );
}

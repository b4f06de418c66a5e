import { existsSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ScriptedAnswer, ScriptedProvider } from '../../../src/testing.ts';
import { start } from './provider.ts';

const openApi = '../shared/fixtures/api-schemas/openai.openapi.yaml';

/** A YAML reviver: what OpenAPI 3.0 calls nullable, in JSON schema's words. */
function orNull(_key: unknown, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('nullable' in value)) return value;
  const { nullable, ...rest } = value;
  return nullable === true ? { anyOf: [rest, { type: 'null' }] } : rest;
}

describe.skipIf(!existsSync(openApi))("OpenAI's OpenAPI document (skipped where it is not beside the project)", () => {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, discriminator: false });
  beforeAll(() => {
    ajv.addSchema(parse(readFileSync(openApi, 'utf8'), orNull, { maxAliasCount: -1 }) as object, 'openai');
  });
  const validate = (name: string, value: unknown) => {
    const isValid = ajv.validate({ $ref: `openai#/components/schemas/${name}` }, value);
    return isValid ? [] : ajv.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
  const post = async (provider: ScriptedProvider, path: string, body: object) => {
    const response = await fetch(provider.openAiBaseUrl + path, { method: 'POST', body: JSON.stringify(body) });
    return response.text();
  };
  const eventful: ScriptedAnswer = { text: 'Good.', reasoning: 'Hm.', toolCalls: [{ name: 'look' }] };

  it('accepts a chat completion and its chunks', async () => {
    const provider = await start({ respond: eventful });
    const whole = JSON.parse(await post(provider, '/chat/completions', { model: 'm' }));
    expect(validate('CreateChatCompletionResponse', whole)).toEqual([]);
    const stream = await post(provider, '/chat/completions', { model: 'm', stream: true });
    const chunks = stream.split('\n\n').filter((line) => line.startsWith('data: {'));
    expect(chunks.length).toBeGreaterThan(4);
    for (const chunk of chunks)
      expect(validate('CreateChatCompletionStreamResponse', JSON.parse(chunk.slice(6)))).toEqual([]);
  });

  it('accepts a response, embeddings, models and an error', async () => {
    const provider = await start({ respond: eventful });
    expect(validate('Response', JSON.parse(await post(provider, '/responses', { model: 'm' })))).toEqual([]);
    const embeddings = JSON.parse(await post(provider, '/embeddings', { model: 'm', input: 'a' }));
    expect(validate('CreateEmbeddingResponse', embeddings)).toEqual([]);
    const models: unknown = await (await fetch(`${provider.openAiBaseUrl}/models`)).json();
    expect(validate('ListModelsResponse', models)).toEqual([]);
    provider.script({ error: { status: 429 } });
    expect(validate('ErrorResponse', JSON.parse(await post(provider, '/responses', {})))).toEqual([]);
  });
});

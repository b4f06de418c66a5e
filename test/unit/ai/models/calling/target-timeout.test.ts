import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOpenAiProvider } from '../../../../../src/ai/providers/openai/index.ts';
import { type ScriptedProvider, startScriptedProvider } from '../../../../../src/testing.ts';
import { alias, call, clientOf, collect } from '../model-client-kit.ts';

let endpoint: ScriptedProvider;
beforeAll(async () => {
  endpoint = await startScriptedProvider();
});
afterAll(() => endpoint.close());

it('a target’s timeout ends with the first output of a stream', async () => {
  endpoint.respond({ text: 'a b c d e f g h i j k l m n', chunks: 14, faults: { chunkDelayMs: 40 } });
  const provider = createOpenAiProvider({ name: 'a', baseUrl: endpoint.openAiBaseUrl, keys: ['k'] });
  const { client } = clientOf({
    providers: [provider],
    models: { fast: alias(['a/m'], { targetTimeoutMs: 400 }) },
  });
  const parts = await collect(client.stream(call()));
  expect(parts.at(-1)).toMatchObject({ type: 'end' });
  await client.close();
});

/** A client that names an unknown model reads which models exist: those it could list, up to a bound. */
import { describe, expect, it } from 'vitest';
import { startV1Gateway, type V1Gateway, words } from './v1-gateway.ts';

const bodies: Readonly<Record<string, (model: string, stream: boolean) => object>> = {
  '/chat/completions': (model, stream) => ({ model, stream, messages: [{ role: 'user', content: words() }] }),
  '/responses': (model, stream) => ({ model, stream, input: words() }),
  '/embeddings': (model) => ({ model, input: words() }),
  '/messages': (model, stream) => ({ model, stream, max_tokens: 9, messages: [{ role: 'user', content: words() }] }),
  '/messages/count_tokens': (model) => ({ model, messages: [{ role: 'user', content: words() }] }),
};

const start = (models: string, more = ''): Promise<V1Gateway> =>
  startV1Gateway({
    ai: ({ openAiBaseUrl }) => `  providers: { p: { kind: openai, base_url: "${openAiBaseUrl}", api_key: k } }
  models: { ${models} }
  prices: { p/own: { free: true } }
${more}`,
  });

async function refusal(gateway: V1Gateway, path: string, model: string, stream = false): Promise<string> {
  const response = await gateway.post(path, bodies[path]?.(model, stream));
  expect(response.status).toBe(404);
  const { error } = (await response.json()) as { error: { message: string; type: string; code?: string } };
  if (path.startsWith('/messages')) expect(error.type).toBe('not_found_error');
  else expect(error).toMatchObject({ type: 'invalid_request_error', code: 'AI_MODEL_NOT_FOUND' });
  return error.message;
}

describe('a model nobody knows', () => {
  it('is told with the aliases there are, in each wire’s form, and nothing of what is behind them', async () => {
    await using gateway = await start('fast: [p/own], smart: [p/own]');
    for (const path of Object.keys(bodies)) {
      for (const stream of [false, true]) {
        const message = await refusal(gateway, path, 'gpt-9', stream);
        expect(message).toBe('There is no model `gpt-9`. There is `fast`, `smart`.');
      }
    }
    const one = await fetch(`${gateway.url}/models/gpt-9`);
    expect(one.status).toBe(404);
    expect(await one.text()).toContain('`fast`, `smart`');
    expect(gateway.provider.requests).toHaveLength(0);
    await expect(
      gateway.openai.chat.completions.create({ model: 'gpt-9', messages: [{ role: 'user', content: 'Hi' }] }),
    ).rejects.toMatchObject({ status: 404, message: expect.stringContaining('`fast`') });
  });

  it('is told with references only where they are exposed', async () => {
    await using gateway = await start('fast: [p/own]', '  expose_references: true\n');
    expect(await refusal(gateway, '/chat/completions', 'gpt-9')).toBe(
      'There is no model `gpt-9`. There is `fast`, `p/own`.',
    );
  });

  it('is told with twenty names at most, and its own name only as far as it is one', async () => {
    const names = Array.from({ length: 45 }, (_, index) => `alias-${index}`);
    await using gateway = await start(names.map((name) => `${name}: [p/own]`).join(', '));
    const hostile = `<script>alert(1)</script>\u001b[31m\n${'x'.repeat(5_000)}`;
    const message = await refusal(gateway, '/chat/completions', hostile);
    expect(message).toContain('`alias-19` and 25 more (GET /v1/models).');
    expect(message).not.toContain('alias-20`');
    for (const character of ['<', '>', '\n', '\u001b']) expect(message).not.toContain(character);
    expect(message.length).toBeLessThan(600);
  });
});

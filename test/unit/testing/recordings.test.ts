import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Recording, readRecording } from '../../../src/testing.ts';
import { ask, readAll, start, type TestedWire } from './provider.ts';

const chat: Recording = {
  name: 'chat',
  whole: { id: '1', choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }] },
  events: [
    { id: '1', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }] },
    { id: '1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { id: '1', choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } },
  ],
};

describe('a recording', () => {
  it('is replayed whole or streamed, as requested, until something newer is scripted', async () => {
    const provider = await start();
    await provider.play(chat);
    expect(await (await ask(provider)).json()).toEqual(chat.whole);
    const { text } = await readAll(await ask(provider, 'openai-chat', 'stream'));
    expect(text).toBe(
      [...(chat.events ?? []).map((event) => JSON.stringify(event)), '[DONE]']
        .map((data) => `data: ${data}\n\n`)
        .join(''),
    );
    provider.respond({ text: 'newer' });
    expect(await (await ask(provider)).text()).toContain('newer');
  });

  it('is played with faults: cut, ended before its finish, an error in its middle', async () => {
    const provider = await start();
    const stream = async () => readAll(await ask(provider, 'openai-chat', 'stream'));
    await provider.play(chat, { stop: { at: { afterChunks: 1 } } });
    expect(await stream()).toMatchObject({ text: expect.stringContaining('"Hi"'), failure: expect.any(Error) });
    await provider.play(chat, { endBefore: 'finish' });
    expect((await stream()).text.match(/data: /g)).toHaveLength(1);
    await provider.play(chat, { endBefore: 'terminal' });
    expect((await stream()).text.match(/data: /g)).toHaveLength(3);
    await provider.play(chat, { errorEvent: { afterChunks: 1, error: { status: 500 } } });
    expect((await stream()).text).toMatch(/"Hi".*\n\ndata: \{"error"/);
  });

  it('of an error is answered with its status, to a stream too', async () => {
    const provider = await start();
    await provider.play({ name: 'limited', whole: { error: { code: 429, message: 'Slow down.' } } });
    expect((await ask(provider, 'gemini-generate')).status).toBe(429);
    expect((await ask(provider, 'gemini-generate', 'stream')).status).toBe(429);
    await provider.play({ name: 'wrong', whole: { error: { code: 'unsupported_parameter', message: 'No.' } } });
    expect((await ask(provider)).status).toBe(400);
  });

  it('that lacks the requested form reports it', async () => {
    const provider = await start();
    await provider.play({ name: 'only-whole', whole: {} });
    const response = await ask(provider, 'openai-chat', 'stream');
    expect(response.status).toBe(501);
    expect(await response.text()).toContain('the recording only-whole has no stream');
  });

  describe('in files', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'isthmus-recordings-'));
      await writeFile(join(folder, 'both.1.json'), '{"id":"whole"}');
      await writeFile(join(folder, 'both.1.chunks.txt'), '{"id":1}\n\n{"id":2}');
      await writeFile(join(folder, 'raw.sse'), 'data: {"raw":true}\n\n');
      await writeFile(join(folder, 'slip.chunks.txt'), '{"id":1}\n{"id":');
      await writeFile(join(folder, 'broken.json'), '{"id":');
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('is read with and without its ending', async () => {
      const both = { name: 'both.1', whole: { id: 'whole' }, events: [{ id: 1 }, { id: 2 }] };
      expect(await readRecording(join(folder, 'both.1'))).toEqual(both);
      expect(await readRecording(join(folder, 'both.1.json'))).toEqual({ name: 'both.1', whole: both.whole });
      expect(await readRecording(join(folder, 'both.1.chunks.txt'))).toEqual({ name: 'both.1', events: both.events });
      await expect(readRecording(join(folder, 'none'))).rejects.toThrow('There is no recording at');
      await expect(readRecording(join(folder, 'broken'))).rejects.toThrow('broken.json is not a JSON object');
    });

    it('is sent as it is where a line is no JSON', async () => {
      const provider = await start();
      await provider.play(join(folder, 'slip'));
      const { text } = await readAll(await ask(provider, 'openai-chat', 'stream'));
      expect(text).toBe('data: {"id":1}\n\ndata: {"id":\n\ndata: [DONE]\n\n');
    });

    it('is sent byte for byte if it includes its framing', async () => {
      const provider = await start();
      await provider.play(join(folder, 'raw'));
      expect((await readAll(await ask(provider, 'openai-chat', 'stream'))).text).toBe('data: {"raw":true}\n\n');
    });
  });
});

const recordings = '../shared/fixtures/provider-recordings';
const wireOf = (file: string): TestedWire => {
  if (file.includes('/openai/responses/') || file.includes('/azure/')) return 'openai-responses';
  if (file.includes('/anthropic/')) return 'anthropic-messages';
  if (file.includes('/google/')) return 'gemini-generate';
  if (file.includes('/amazon-bedrock/')) return 'bedrock-converse';
  return file.includes('/cohere/') ? 'cohere-chat' : 'openai-chat';
};

/** Not every recorded line is JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

describe.skipIf(!existsSync(recordings))(
  'recordings of real providers (skipped where they are not beside the project)',
  () => {
    const streams = globSync(`${recordings}/**/*.chunks.txt`).filter((file) => !file.includes('/amazon-bedrock/'));

    it('exist', () => {
      expect(streams.length).toBeGreaterThan(30);
    });

    it.each(streams)('are streamed event for event: %s', async (file) => {
      const provider = await start();
      await provider.play(file);
      const { text } = await readAll(await ask(provider, wireOf(file), 'stream'));
      const sent = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => parsed(data ?? ''));
      const lines = readFileSync(file, 'utf8').split('\n');
      expect(sent).toEqual(lines.filter((line) => line.trim() !== '').map(parsed));
    });

    it.each([
      ['amazon-bedrock-text', "There are **3** r's", []],
      ['amazon-bedrock-tool-no-args', '', ['updateIssueList']],
    ])('are framed as AWS does: %s', async (name, text, tools) => {
      const provider = await start();
      await provider.play(`${recordings}/amazon-bedrock/${name}.chunks.txt`);
      const bedrock = createAmazonBedrock({ baseURL: provider.url, apiKey: 'b', region: 'us-east-1' });
      const model: LanguageModelV4 = bedrock('claude-x');
      const { stream } = await model.doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'Go.' }] }] });
      let streamed = '';
      const called: string[] = [];
      for await (const part of stream) {
        if (part.type === 'text-delta') streamed += part.delta;
        if (part.type === 'tool-call') called.push(part.toolName);
        expect(part.type).not.toBe('error');
      }
      expect(streamed).toContain(text);
      expect(called).toEqual(tools);
    });

    it("are read by Anthropic's SDK, whose assembled stream equals the whole body", async () => {
      const provider = await start();
      await provider.play(`${recordings}/anthropic/anthropic-clear-thinking.1`);
      const client = new Anthropic({ baseURL: provider.anthropicBaseUrl, apiKey: 'sk', maxRetries: 0 });
      const question = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Go.' }] };
      const whole = await client.messages.create(question);
      const streamed = await client.messages.stream(question).finalMessage();
      expect(streamed.stop_reason).toBe(whole.stop_reason);
      expect(streamed.content.map(({ type }) => type)).toEqual(whole.content.map(({ type }) => type));
    });
  },
);

import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type ModelProvider,
  type ModelRequest,
  type ProviderCall,
  textOf,
  userText,
} from '../../../../../src/ai/model-call/index.ts';
import { createLocalProvider } from '../../../../../src/ai/providers/local/index.ts';
import { Deadline } from '../../../../../src/lib/index.ts';

const run = promisify(execFile);
const provider = createLocalProvider({ name: 'local' });
const opened: ModelProvider[] = [provider];
afterAll(() => Promise.all(opened.map((one) => one.close())));

function open(options: { maxWaiting?: number; maxJobMs?: number } = {}): ModelProvider {
  const workerModule = new URL('./crashing-worker.ts', import.meta.url);
  const made = createLocalProvider({ name: 'local', workerModule, ...options });
  opened.push(made);
  return made;
}

function bounds(milliseconds = 15_000, signal = new AbortController().signal): ProviderCall {
  return { signal, deadline: Deadline.in(milliseconds), key: 0, structured: 'json_schema' };
}

function asking(content: string): ModelRequest {
  return { messages: [userText(content)], output: { kind: 'text' }, maxOutputTokens: 100 };
}

describe('the local provider', () => {
  it('answers equal requests equally, whatever runs at the same time', async () => {
    const reviews = asking('- (5/5) The sound is great.\n- (2/5) The strap broke.\n- (4/5) Battery lasts for days.');
    const answers = await Promise.all([
      provider.complete('extractive', reviews, bounds()),
      provider.complete('extractive', asking('Something else entirely.'), bounds()),
      provider.complete('extractive', reviews, bounds()),
    ]);
    expect(answers[2]).toEqual(answers[0]);
    expect(answers[0]?.usage.source).toBe('estimated');
  });

  it('embeds into 512 numbers of length 1, close for equal meanings', async () => {
    const texts = ['The battery lasts long.', 'It runs for days on one charge.', 'The parcel arrived late.', ''];
    const { vectors, usage } = await provider.embed('use-lite', { texts }, bounds());
    const dot = (a: number, b: number) =>
      Array.from(vectors[a] ?? []).reduce((sum, number, index) => sum + number * (vectors[b]?.[index] ?? 0), 0);
    expect(vectors.map(({ length }) => length)).toEqual([512, 512, 512, 512]);
    expect(dot(0, 0)).toBeCloseTo(1, 5);
    expect(dot(0, 1)).toBeGreaterThan(dot(0, 2));
    expect(usage).toEqual({ inputTokens: 20, outputTokens: 0, source: 'estimated' });
    expect((await provider.embed('use-lite', { texts }, bounds())).vectors).toEqual(vectors);
    expect((await provider.embed('use-lite', { texts: [] }, bounds())).vectors).toEqual([]);
  });

  it('keeps the main thread free while it embeds', async () => {
    let turns = 0;
    let isEmbedded = false;
    const turn = (): void => {
      turns++;
      if (!isEmbedded) setImmediate(turn);
    };
    setImmediate(turn);
    const texts = Array.from({ length: 40 }, (_, index) => `The battery of number ${index} lasts two days.`);
    await provider.embed('use-lite', { texts }, bounds());
    isEmbedded = true;
    expect(turns).toBeGreaterThan(100); // embedding in this thread would leave the loop hardly a turn
  });

  it('has no other models', async () => {
    const unavailable = { kind: 'not_found', detail: expect.stringContaining('no model "gpt"') };
    await expect(provider.complete('gpt', asking('x'), bounds())).rejects.toMatchObject(unavailable);
    await expect(provider.embed('gpt', { texts: ['x'] }, bounds())).rejects.toMatchObject(unavailable);
    await expect(provider.embed('use-lite', { texts: ['x'.repeat(9_000)] }, bounds())).rejects.toMatchObject({
      detail: expect.stringContaining('8000 characters'),
    });
  });

  it('reports unsupported requests', async () => {
    const output = {
      kind: 'json',
      name: 'price',
      schema: { type: 'object', properties: { value: { type: 'number' } }, required: ['value'] },
    } as const;
    await expect(provider.complete('extractive', { ...asking('Cheap.'), output }, bounds())).rejects.toMatchObject({
      kind: 'unsupported',
      detail: 'local: price: the extractive model gives no number',
    });
  });

  it('names other unsupported features before a call', async () => {
    const tool = { name: 'search', parameters: { type: 'object' } };
    const image = { type: 'image', source: { kind: 'base64', data: 'AA==' }, mediaType: 'image/png' } as const;
    const requests: [Partial<ModelRequest>, string][] = [
      [{ tools: [tool] }, 'tools'],
      [{ stop: ['END'] }, 'stop'],
      [{ reasoning: { effort: 'high' } }, 'reasoning'],
      [{ messages: [{ role: 'user', content: [image] }] }, 'images'],
      [{ wire: { wire: 'openai-chat', body: {}, unmapped: ['logprobs'] } }, 'logprobs'],
    ];
    for (const [asked, named] of requests) {
      await expect(provider.complete('extractive', { ...asking('Fine.'), ...asked }, bounds())).rejects.toMatchObject({
        kind: 'unsupported',
        detail: `local: extractive cannot do ${named}`,
      });
    }
    await expect(provider.embed('use-lite', { texts: ['x'], dimensions: 64 }, bounds())).rejects.toMatchObject({
      kind: 'unsupported',
    });
  });

  it('streams its answer word by word, and ends once', async () => {
    const whole = await provider.complete('extractive', asking('The lamp is bright.'), bounds());
    const parts = await Array.fromAsync(provider.stream('extractive', asking('The lamp is bright.'), bounds()));
    expect(parts.map((part) => part.type)).toEqual([...Array(4).fill('text_delta'), 'end']);
    expect(parts.flatMap((part) => (part.type === 'text_delta' ? [part.text] : [])).join('')).toBe(textOf(whole));
    expect(parts.at(-1)).toEqual({ type: 'end', answer: whole });
    const refused = await Array.fromAsync(provider.stream('gpt', asking('x'), bounds()));
    expect(refused).toMatchObject([{ type: 'failed', failure: { kind: 'not_found' } }]);
  });

  it('survives a crash: the call it crashed on fails, those behind it and after it do not', async () => {
    const fragile = open();
    const [crashed, behind] = await Promise.allSettled([
      fragile.complete('extractive', asking('crash'), bounds()),
      fragile.complete('extractive', asking('It works.'), bounds()),
    ]);
    expect(crashed).toMatchObject({
      reason: { kind: 'server_error', detail: expect.stringContaining('out of luck') },
    });
    expect(behind).toMatchObject({ value: { content: [{ type: 'text', text: 'It works.' }] } });
    await expect(fragile.complete('extractive', asking('end'), bounds())).rejects.toMatchObject({
      detail: 'local: the worker stopped',
    });
    const again = await fragile.complete('extractive', asking('It works again.'), bounds());
    expect(textOf(again)).toBe('It works again.');
  });

  it('stops a worker that hangs, and goes on with another', async () => {
    const fragile = open({ maxJobMs: 300 });
    await expect(fragile.complete('extractive', asking('hang'), bounds())).rejects.toMatchObject({
      detail: 'local: the worker took longer than 300 ms',
    });
    const patient = open();
    const hanging = patient.complete('extractive', asking('hang'), bounds(50));
    await expect(hanging).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('removes aborted and late calls from the queue, and refuses calls beyond its length', async () => {
    const busy = open({ maxWaiting: 2 });
    const controller = new AbortController();
    const calls = [
      busy.complete('extractive', asking('hang'), bounds(2_000)),
      busy.complete('extractive', asking('Waiting.'), bounds(2_000, controller.signal)),
      busy.complete('extractive', asking('Waiting.'), bounds(40)),
    ];
    const settled = Promise.allSettled(calls);
    await expect(busy.complete('extractive', asking('One more.'), bounds())).rejects.toMatchObject({
      kind: 'overloaded',
      detail: 'local: 2 calls are waiting already',
    });
    controller.abort(new Error('the client went away'));
    await expect(calls[1]).rejects.toThrow('the client went away');
    await expect(calls[2]).rejects.toMatchObject({ kind: 'timeout' });
    const again = busy.complete('extractive', asking('There is room again.'), bounds());
    const closed = expect(again).rejects.toMatchObject({ detail: 'local: the provider is closed' });
    await busy.close();
    await closed;
    await settled;
    await expect(busy.complete('extractive', asking('x'), bounds())).rejects.toMatchObject({
      detail: 'local: the provider is closed',
    });
  });

  it('needs no network, prints nothing and does not hold the process open', async () => {
    // `process.execPath` may be another Node than the one of package.json.
    const node = createRequire(import.meta.url).resolve('node/bin/node');
    const script = fileURLToPath(new URL('./offline-process.ts', import.meta.url));
    const flags = ['--permission', '--allow-fs-read=*', '--allow-worker'];
    const { stdout, stderr } = await run(node, [...flags, script], { timeout: 15_000 });
    expect(JSON.parse(stdout)).toEqual({ dimensions: 512, text: 'It works well.', fetched: 'ERR_ACCESS_DENIED' });
    const printed = stderr.split('\n').filter((line) => !/PERM0006|--trace-warnings/.test(line));
    expect(printed.join('').trim()).toBe('');
  });
});

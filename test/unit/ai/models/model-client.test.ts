import { describe, expect, it } from 'vitest';
import {
  createModelClient,
  type ModelAnswer,
  type ModelProvider,
  type ModelRequest,
} from '../../../../src/ai/models/index.ts';
import { parseModelReference } from '../../../../src/config/index.ts';
import { GatewayError } from '../../../../src/errors/index.ts';
import { Deadline } from '../../../../src/lib/index.ts';

const request: ModelRequest = { messages: [], output: { kind: 'text' }, maxOutputTokens: 10 };
const usage = { inputTokens: 1, outputTokens: 1, source: 'reported' } as const;
const answer: ModelAnswer = { text: 'yes', finishReason: 'stop', usage };

function within(milliseconds = 5_000, signal = new AbortController().signal) {
  return { signal, deadline: Deadline.in(milliseconds) };
}

/** A provider that notes the models it is asked for and does what it is told. */
function provider(name: string, complete: () => Promise<ModelAnswer>) {
  const asked: string[] = [];
  let closed = 0;
  const made: ModelProvider = {
    name,
    complete: (model) => {
      asked.push(model);
      return complete();
    },
    embed: async (model, texts) => {
      asked.push(model);
      return { vectors: texts.map(() => Float32Array.of(1)), usage };
    },
    close: async () => {
      closed++;
    },
  };
  return { made, asked, closedTimes: () => closed };
}

function failing(name: string, detail: string) {
  return provider(name, async () => {
    throw new GatewayError('AI_MODEL_UNAVAILABLE', { detail });
  });
}

function client(providers: readonly { readonly made: ModelProvider }[], ...references: string[]) {
  const warnings: Readonly<Record<string, unknown>>[] = [];
  const targets = references.map((text) => parseModelReference(text));
  const made = createModelClient({
    providers: new Map(providers.map((one) => [one.made.name, one.made])),
    aliases: new Map([
      ['fast', targets],
      ['keyless', []],
    ]),
    log: { warn: (fields) => warnings.push(fields) },
  });
  return { made, warnings };
}

describe('a model client', () => {
  it('gives the first target’s answer and asks nobody else', async () => {
    const [first, second] = [provider('a', async () => answer), provider('b', async () => answer)];
    const { made } = client([first, second], 'a/one', 'b/two');
    expect(await made.complete('fast', request, within())).toEqual({ ...answer, model: 'a/one', attempts: 1 });
    expect([first.asked, second.asked]).toEqual([['one'], []]);
  });

  it('falls to the next target when one is unavailable, and says so in the log', async () => {
    const [first, second] = [failing('a', 'a: 503'), provider('b', async () => answer)];
    const { made, warnings } = client([first, second], 'a/one', 'a/other', 'b/two');
    expect(await made.complete('fast', request, within())).toMatchObject({ text: 'yes', model: 'b/two', attempts: 3 });
    expect(first.asked).toEqual(['one', 'other']);
    expect(warnings).toEqual([
      { alias: 'fast', model: 'a/one', reason: 'a: 503' },
      { alias: 'fast', model: 'a/other', reason: 'a: 503' },
    ]);
  });

  it('takes a refusal and a filtered answer for answers', async () => {
    const refusal: ModelAnswer = { text: '', refusal: 'No.', finishReason: 'content_filter', usage };
    const [first, second] = [provider('a', async () => refusal), provider('b', async () => answer)];
    const { made } = client([first, second], 'a/one', 'b/two');
    expect(await made.complete('fast', request, within())).toMatchObject({ refusal: 'No.', model: 'a/one' });
    expect(second.asked).toEqual([]);
  });

  it('fails with every target’s reason when none answers', async () => {
    const { made } = client([failing('a', 'a: 503'), failing('b', 'b: 429')], 'a/one', 'b/two', 'c/three');
    await expect(made.complete('fast', request, within())).rejects.toMatchObject({
      code: 'AI_MODEL_UNAVAILABLE',
      detail: 'fast: a/one: a: 503; b/two: b: 429; c/three: there is no provider "c"',
    });
  });

  it('fails for an unknown alias and for one without a target, and tells them apart', async () => {
    const { made } = client([]);
    await expect(made.complete('nope', request, within())).rejects.toMatchObject({
      code: 'AI_MODEL_UNAVAILABLE',
      detail: expect.stringContaining('no model alias "nope"'),
    });
    await expect(made.embed('keyless', [], within())).rejects.toMatchObject({ detail: expect.stringContaining('key') });
    expect([made.has('nope'), made.has('keyless')]).toEqual([false, false]);
  });

  it('does not wait past the deadline for a provider that never answers, and does not ask the next', async () => {
    const [hanging, second] = [provider('a', () => new Promise(() => {})), provider('b', async () => answer)];
    const { made } = client([hanging, second], 'a/one', 'b/two');
    await expect(made.complete('fast', request, within(20))).rejects.toMatchObject({
      code: 'AI_MODEL_UNAVAILABLE',
      detail: expect.stringContaining('the deadline passed'),
    });
    expect(second.asked).toEqual([]);
  });

  it('asks nobody when the deadline has passed already', async () => {
    const only = provider('a', async () => answer);
    const { made } = client([only], 'a/one');
    await expect(made.complete('fast', request, within(0))).rejects.toMatchObject({
      detail: expect.stringContaining('the deadline passed'),
    });
    expect(only.asked).toEqual([]);
  });

  it('rejects with the signal’s reason when aborted, and does not fall back', async () => {
    const controller = new AbortController();
    const reason = new Error('the client went away');
    const first = provider('a', async () => {
      controller.abort(reason);
      throw new GatewayError('AI_MODEL_UNAVAILABLE', { detail: 'aborted' });
    });
    const second = provider('b', async () => answer);
    const { made } = client([first, second], 'a/one', 'b/two');
    await expect(made.complete('fast', request, within(5_000, controller.signal))).rejects.toBe(reason);
    expect(second.asked).toEqual([]);
  });

  it('does not hide a defect behind a fallback', async () => {
    const broken = provider('a', async () => {
      throw new TypeError('a defect');
    });
    const second = provider('b', async () => answer);
    const { made } = client([broken, second], 'a/one', 'b/two');
    await expect(made.complete('fast', request, within())).rejects.toThrow('a defect');
    expect(second.asked).toEqual([]);
  });

  it('embeds, and names the model whose vectors they are', async () => {
    const { made } = client([provider('a', async () => answer)], 'a/vectors');
    expect(await made.embed('fast', ['x', 'y'], within())).toMatchObject({ model: 'a/vectors', attempts: 1 });
    expect(made.has('fast')).toBe(true);
  });

  it('closes its providers', async () => {
    const one = provider('a', async () => answer);
    const { made } = client([one], 'a/one');
    await made.close();
    expect(one.closedTimes()).toBe(1);
  });
});

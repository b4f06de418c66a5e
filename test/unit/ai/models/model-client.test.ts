import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ProviderFailure, userText } from '../../../../src/ai/model-call/index.ts';
import {
  alias,
  answer,
  call,
  clientOf,
  failing,
  failure,
  hanging,
  noCache,
  noLimits,
  prices,
  provider,
  request,
  target,
  usage,
} from './model-client-kit.ts';

afterEach(() => void vi.useRealTimers());

describe('a model client', () => {
  it('returns the first target’s answer with its price, calls no other target and records it', async () => {
    const [first, second] = [provider('a'), provider('b')];
    const { client, records } = clientOf({ providers: [first, second], models: { fast: alias(['a/one', 'b/two']) } });
    const done = await client.complete(call());
    expect(done).toMatchObject({ ...answer, model: 'a/one', attempts: 1, cache: 'off', costNanoUsd: 15n });
    expect([first.asked.length, second.asked.length]).toEqual([1, 0]);
    expect(records).toMatchObject([
      {
        alias: 'fast',
        model: 'a/one',
        finish: 'stop',
        costUsd: '0.000000015',
        usage,
        attempts: [{ model: 'a/one', outcome: 'ok' }],
        cache: 'off',
        shadow: false,
      },
    ]);
    expect(JSON.stringify(records)).not.toContain('Is it?');
  });

  it.each<[ProviderFailure['kind'], string]>([
    ['rate_limited', 'RATE_LIMITED'],
    ['overloaded', 'AI_MODEL_UNAVAILABLE'],
    ['server_error', 'AI_MODEL_UNAVAILABLE'],
    ['connection', 'AI_MODEL_UNAVAILABLE'],
    ['malformed', 'AI_MODEL_UNAVAILABLE'],
    ['timeout', 'AI_MODEL_UNAVAILABLE'],
    ['unauthorized', 'AI_MODEL_UNAVAILABLE'],
    ['quota_exhausted', 'AI_MODEL_UNAVAILABLE'],
    ['not_found', 'AI_MODEL_UNAVAILABLE'],
    ['invalid_request', 'AI_REQUEST_INVALID'],
    ['unsupported', 'AI_REQUEST_UNSUPPORTED'],
    ['context_window', 'AI_CONTEXT_WINDOW_EXCEEDED'],
    ['content_policy', 'AI_INPUT_BLOCKED'],
    ['stream_incomplete', 'AI_STREAM_INCOMPLETE'],
  ])('fails for %s with %s, the provider’s words for the log only', async (kind, code) => {
    const { client, records } = clientOf({ providers: [failing('a', kind)], models: { fast: alias(['a/one']) } });
    const error = await client.complete(call()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, detail: expect.stringContaining(`a ${kind}`) });
    // The gateway's own message names what is not supported; a provider's words are never shown.
    const told = (error as Error).message;
    if (kind === 'unsupported') expect(told).toBe('No model of this name supports the request: a unsupported.');
    else expect(told).not.toContain('a ');
    expect(records).toMatchObject([{ finish: code, attempts: kind === 'unsupported' ? [] : [{ outcome: kind }] }]);
  });

  it.each<[ProviderFailure['kind'], number]>([
    ['server_error', 2],
    ['not_found', 2],
    ['unauthorized', 2],
    ['unsupported', 2],
    ['context_window', 2],
    ['invalid_request', 1],
    ['content_policy', 1],
  ])('after %s asks %i target(s)', async (kind, count) => {
    const [first, second] = [failing('a', kind), provider('b')];
    const { client } = clientOf({ providers: [first, second], models: { fast: alias(['a/one', 'b/two']) } });
    const outcome = await client.complete(call()).catch((thrown: unknown) => thrown);
    expect(first.asked.length + second.asked.length).toBe(count);
    expect(outcome instanceof Error).toBe(count === 1);
  });

  it('moves to the alias that is named for long inputs, and never in a circle', async () => {
    const [short, long] = [failing('a', 'context_window'), failing('b', 'context_window')];
    const fallback = (to: string) => ({ on: [], contextWindow: to, contentPolicy: undefined });
    const { client } = clientOf({
      providers: [short, long],
      models: {
        fast: alias(['a/one'], { fallback: fallback('long') }),
        long: alias(['b/two'], { fallback: fallback('fast') }),
      },
    });
    await expect(client.complete(call())).rejects.toMatchObject({ code: 'AI_CONTEXT_WINDOW_EXCEEDED' });
    expect([short.asked.length, long.asked.length]).toEqual([1, 1]);
  });

  it('distinguishes unknown aliases, aliases without a target and unknown prices', async () => {
    const models = { fast: alias(['a/unpriced']), keyless: alias([]) };
    const { client, records, warnings } = clientOf({ providers: [provider('a')], models });
    await expect(client.complete(call({ alias: 'nope' }))).rejects.toMatchObject({ code: 'AI_MODEL_NOT_FOUND' });
    await expect(client.complete(call({ alias: 'keyless' }))).rejects.toMatchObject({ code: 'AI_MODEL_UNAVAILABLE' });
    await expect(client.complete(call())).rejects.toMatchObject({ code: 'AI_PRICE_UNKNOWN' });
    await expect(client.complete(call())).rejects.toMatchObject({ code: 'AI_PRICE_UNKNOWN' });
    expect(warnings).toHaveLength(1);
    expect(records).toHaveLength(4);
    expect([client.has('fast'), client.has('keyless'), client.has('nope')]).toEqual([true, false, false]);
  });

  it('accepts a model reference as an alias only if references are exposed', async () => {
    const options = { providers: [provider('a')], models: {} };
    const named = call({ alias: 'a/family/one' });
    await expect(clientOf(options).client.complete(named)).rejects.toMatchObject({ code: 'AI_MODEL_NOT_FOUND' });
    const { client } = clientOf({ ...options, exposeReferences: true });
    expect(await client.complete(named)).toMatchObject({ model: 'a/family/one' });
    await expect(client.complete(call({ alias: 'b/one' }))).rejects.toMatchObject({ code: 'AI_MODEL_NOT_FOUND' });
  });

  it('returns a refusal and a filtered answer as answers', async () => {
    const refused = { ...answer, content: [], refusal: 'No.', finishReason: 'refusal' } as const;
    const { client } = clientOf({
      providers: [provider('a', { complete: () => refused }), provider('b')],
      models: { fast: alias(['a/one', 'b/two']) },
    });
    expect(await client.complete(call())).toMatchObject({ refusal: 'No.', model: 'a/one' });
  });

  it('does not hide a defect behind a fallback', async () => {
    const broken = provider('a', { complete: () => Promise.reject(new TypeError('a defect')) });
    const second = provider('b');
    const { client, records } = clientOf({ providers: [broken, second], models: { fast: alias(['a/one', 'b/two']) } });
    await expect(client.complete(call())).rejects.toThrow('a defect');
    expect([second.asked.length, records[0]?.finish]).toEqual([0, 'INTERNAL_SERVER_ERROR']);
  });

  it('closes its providers once', async () => {
    const one = provider('a');
    const { client } = clientOf({ providers: [one], models: { fast: alias(['a/one']) } });
    await client.close();
    await client.close();
    expect(one.closed).toBe(1);
    await expect(client.complete(call())).rejects.toMatchObject({ code: 'AI_MODEL_UNAVAILABLE' });
  });
});

describe('the caller’s deadline and signal', () => {
  it('bounds a provider that never answers, aborts it, and records an estimate of its usage', async () => {
    const { made, aborted } = hanging('a');
    const { client, records } = clientOf({
      providers: [made, provider('b')],
      models: { fast: alias(['a/one', 'b/two']) },
    });
    await expect(client.complete(call({ ms: 20 }))).rejects.toMatchObject({ code: 'GATEWAY_TIMEOUT' });
    await aborted;
    expect(records).toMatchObject([{ finish: 'GATEWAY_TIMEOUT', usage: { source: 'estimated', outputTokens: 0 } }]);
    expect(records[0]?.usage?.inputTokens).toBeGreaterThan(0);
    expect(records[0]?.costUsd).not.toBe('0');
  });

  it('bounds a provider that does not even look at its signal', async () => {
    const deaf = provider('a', { complete: () => new Promise(() => {}) });
    const { client } = clientOf({ providers: [deaf], models: { fast: alias(['a/one']) } });
    await expect(client.complete(call({ ms: 20 }))).rejects.toMatchObject({ code: 'GATEWAY_TIMEOUT' });
  });

  it('records an estimate of the usage also if the provider noticed first that it had passed', async () => {
    const first = provider('a', {
      complete: async ({ call: { deadline } }) => {
        while (!deadline.passed) await new Promise(setImmediate);
        throw failure('timeout');
      },
    });
    const { client, records } = clientOf({ providers: [first], models: { fast: alias(['a/one']) } });
    await expect(client.complete(call({ ms: 20 }))).rejects.toMatchObject({ code: 'GATEWAY_TIMEOUT' });
    expect(records).toMatchObject([{ finish: 'GATEWAY_TIMEOUT', usage: { source: 'estimated' } }]);
    expect(records[0]?.costUsd).not.toBe('0');
  });

  it('calls no provider if it has passed already', async () => {
    const only = provider('a');
    const { client } = clientOf({ providers: [only], models: { fast: alias(['a/one']) } });
    await expect(client.complete(call({ ms: 0 }))).rejects.toMatchObject({ code: 'GATEWAY_TIMEOUT' });
    expect(only.asked).toHaveLength(0);
  });

  it('reaches the provider at once when the caller leaves, who is recorded as aborted', async () => {
    const { made, aborted } = hanging('a');
    const { client, records } = clientOf({ providers: [made], models: { fast: alias(['a/one']) } });
    const controller = new AbortController();
    const gone = new Error('gone');
    const running = client.complete(call({ signal: controller.signal }));
    await expect.poll(() => made.asked).toHaveLength(1);
    controller.abort(gone);
    await expect(running).rejects.toBe(gone);
    expect(await aborted).toBe(gone);
    expect(records).toMatchObject([{ finish: 'aborted', attempts: [{ outcome: 'aborted' }] }]);
    expect(records[0]?.usage).toMatchObject({ source: 'estimated' });
  });

  it('tries the next target after the target’s timeout', async () => {
    const { made, aborted } = hanging('a');
    const models = { fast: alias(['a/one', 'b/two'], { targetTimeoutMs: 20 }) };
    const { client, records } = clientOf({ providers: [made, provider('b')], models });
    expect(await client.complete(call())).toMatchObject({ model: 'b/two', attempts: 2 });
    await aborted;
    expect(records[0]?.attempts).toMatchObject([{ outcome: 'timeout' }, { outcome: 'ok' }]);
    expect(records[0]?.usage?.source).toBe('estimated');
  });
});

describe('retries and keys', () => {
  it('retries the same target after a transient failure, as often as the alias allows', async () => {
    const shaky = provider('a', {
      complete: (_asked, turn) => (turn < 2 ? Promise.reject(failure('server_error')) : answer),
    });
    const models = { fast: alias(['a/one'], { retries: 2 }) };
    const { client } = clientOf({ providers: [shaky], models, random: () => 0.001 });
    expect(await client.complete(call())).toMatchObject({ attempts: 3 });
  });

  it('records the usage of failed attempts, once', async () => {
    const used = { inputTokens: 7, outputTokens: 0, source: 'estimated' } as const;
    const { client, records } = clientOf({
      providers: [failing('a', 'server_error', { usage: used }), provider('b')],
      models: { fast: alias(['a/one', 'b/two']) },
    });
    expect(await client.complete(call())).toMatchObject({ costNanoUsd: 22n, usage });
    expect(records).toMatchObject([{ usage: { inputTokens: 17, outputTokens: 5, source: 'estimated' } }]);
  });

  it.each(['unauthorized', 'quota_exhausted', 'rate_limited'] as const)(
    'uses the next key at once after %s, and never the same again',
    async (kind) => {
      const keyed = provider('a', {
        keys: 3,
        complete: (_asked, turn) => (turn < 2 ? Promise.reject(failure(kind)) : answer),
      });
      const { client } = clientOf({ providers: [keyed], models: { fast: alias(['a/one']) } });
      await client.complete(call());
      expect(new Set(keyed.asked.map(({ call: { key } }) => key)).size).toBe(3);
    },
  );

  it('does not send a refused key for another model of the provider', async () => {
    const refusing = failing('a', 'unauthorized');
    const { client } = clientOf({ providers: [refusing], models: { fast: alias(['a/one', 'a/two'], { retries: 3 }) } });
    await expect(client.complete(call())).rejects.toMatchObject({ code: 'AI_MODEL_UNAVAILABLE' });
    expect(refusing.asked).toHaveLength(1);
  });

  it('obeys retry-after where it ends before the deadline', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    const limited = provider('a', {
      complete: (_asked, turn) =>
        turn === 0 ? Promise.reject(failure('rate_limited', { retryAfterMs: 2_000 })) : answer,
    });
    const models = { fast: alias(['a/one'], { retries: 1 }) };
    const { client } = clientOf({ providers: [limited], models, random: () => 0 });
    const running = client.complete(call());
    await vi.advanceTimersByTimeAsync(1_999);
    expect(limited.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2);
    expect(await running).toMatchObject({ attempts: 2 });
  });

  it('fails at once if retry-after ends after the deadline, and reports its length', async () => {
    const { client } = clientOf({
      providers: [failing('a', 'rate_limited', { retryAfterMs: 36_000_000 })],
      models: { fast: alias(['a/one'], { retries: 3 }) },
    });
    await expect(client.complete(call())).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 36_000_000 });
  });

  it('tries the next target instead of waiting for a long retry-after, while the first one cools down', async () => {
    const [first, second] = [failing('a', 'rate_limited', { retryAfterMs: 3_000 }), provider('b')];
    const models = { fast: alias(['a/one', 'b/two'], { retries: 1 }) };
    const { client } = clientOf({ providers: [first, second], models });
    await client.complete(call());
    await client.complete(call());
    expect([first.asked.length, second.asked.length]).toEqual([1, 2]);
  });
});

describe('breakers', () => {
  it('open for failures that count, answer in 5 ms, allow one probe, and close', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    let healthy = false;
    const shaky = provider('a', { complete: () => (healthy ? answer : Promise.reject(failure('server_error'))) });
    const { client, breakers } = clientOf({ providers: [shaky], models: { fast: alias(['a/one']) } });
    for (let turn = 0; turn < 20; turn++) await client.complete(call()).catch(() => {});
    expect(breakers).toEqual(['a/one open']);
    const error = await client.complete(call()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'AI_MODEL_UNAVAILABLE', retryAfterMs: 5_000 });
    expect(shaky.asked).toHaveLength(20);
    healthy = true;
    await vi.advanceTimersByTimeAsync(5_001);
    await client.complete(call());
    expect(breakers).toEqual(['a/one open', 'a/one half-open', 'a/one closed']);
  });

  it.each(['rate_limited', 'invalid_request', 'unauthorized', 'context_window'] as const)(
    'do not count %s',
    async (kind) => {
      const { client, breakers } = clientOf({ providers: [failing('a', kind)], models: { fast: alias(['a/one']) } });
      for (let turn = 0; turn < 40; turn++) await client.complete(call()).catch(() => {});
      expect(breakers).toEqual([]);
    },
  );

  it('do not count callers who leave', async () => {
    const { made } = hanging('a');
    const { client, breakers } = clientOf({ providers: [made], models: { fast: alias(['a/one']) } });
    for (let turn = 0; turn < 30; turn++) {
      const controller = new AbortController();
      const running = client.complete(call({ signal: controller.signal })).catch(() => {});
      controller.abort();
      await running;
    }
    expect(breakers).toEqual([]);
  });
});

describe('cached answers', () => {
  const cached = { ...noCache, exact: true };

  it('are returned at no cost, and are recorded', async () => {
    const one = provider('a');
    const { client, records } = clientOf({ providers: [one], models: { fast: alias(['a/one'], { cache: cached }) } });
    await client.complete(call());
    expect(await client.complete(call())).toMatchObject({
      cache: 'exact',
      attempts: 0,
      costNanoUsd: 0n,
      model: 'a/one',
    });
    expect(one.asked).toHaveLength(1);
    expect(records.map(({ cache, costUsd }) => [cache, costUsd])).toEqual([
      ['miss', '0.000000015'],
      ['exact', '0'],
    ]);
  });

  it('are cached under the target that answered', async () => {
    let down = true;
    const first = provider('a', {
      complete: () =>
        down ? Promise.reject(failure('server_error')) : { ...answer, content: [{ type: 'text', text: 'A' }] },
    });
    const models = { fast: alias(['a/one', 'b/two'], { cache: cached }) };
    const { client } = clientOf({ providers: [first, provider('b')], models });
    expect(await client.complete(call())).toMatchObject({ model: 'b/two' });
    down = false;
    expect(await client.complete(call())).toMatchObject({ model: 'a/one', cache: 'miss' });
  });

  it('are shared by equal calls in flight, and booked once, also where the first caller leaves', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = provider('a', { complete: () => gate.promise.then(() => answer) });
    const { client, records } = clientOf({ providers: [slow], models: { fast: alias(['a/one'], { cache: cached }) } });
    const controller = new AbortController();
    const leader = client.complete(call({ signal: controller.signal })).catch((thrown: unknown) => thrown);
    const follower = client.complete(call());
    await expect.poll(() => slow.asked).toHaveLength(1);
    const gone = new Error('gone');
    controller.abort(gone);
    expect(await leader).toBe(gone);
    gate.resolve();
    expect(await follower).toMatchObject({ cache: 'shared', costNanoUsd: 0n, attempts: 0 });
    await expect.poll(() => records).toHaveLength(2);
    const costs = records.map(({ finish, costUsd, cache }) => `${finish} ${costUsd} ${cache}`).sort();
    expect(costs).toEqual(['aborted 0.000000015 miss', 'stop 0 shared']);
  });

  it('are replayed as a stream, and a complete stream is cached', async () => {
    const one = provider('a');
    const { client } = clientOf({ providers: [one], models: { fast: alias(['a/one'], { cache: cached }) } });
    for await (const _part of client.stream(call()));
    const parts = await Array.fromAsync(client.stream(call()));
    expect(parts.map(({ type }) => type)).toEqual(['start', 'text_delta', 'end']);
    expect(parts[0]).toEqual({ type: 'start', model: 'a/one', cache: 'exact' });
    expect(one.asked).toHaveLength(1);
  });

  it('of vectors are cached by their model', async () => {
    const first = provider('a', {
      embed: async () => {
        throw failure('server_error');
      },
    });
    const second = provider('b');
    const models = { fast: alias(['a/one', 'b/two'], { cache: cached }) };
    const { client } = clientOf({ providers: [first, second], models });
    const embedding = { ...call(), request: { texts: ['x', 'y'] } };
    expect(await client.embed(embedding)).toMatchObject({ model: 'b/two', cache: 'miss', attempts: 2 });
    expect(await client.embed(embedding)).toMatchObject({ model: 'b/two', cache: 'miss' });
    const { client: well } = clientOf({ providers: [second], models: { fast: alias(['b/two'], { cache: cached }) } });
    await well.embed(embedding);
    expect(await well.embed(embedding)).toMatchObject({ model: 'b/two', cache: 'exact', attempts: 0, costNanoUsd: 0n });
  });
});

describe('limits', () => {
  const limited = (more: Partial<typeof noLimits>) => target('a/one', { limits: { ...noLimits, ...more } });

  it('of concurrency are never exceeded, and everything is released', async () => {
    let now = 0;
    let most = 0;
    const busy = provider('a', {
      complete: async ({ call: { signal } }, turn) => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => {
          setTimeout(resolve, turn % 3);
          signal.addEventListener('abort', resolve);
        });
        now--;
        if (turn % 5 === 0) throw failure('server_error');
        return answer;
      },
    });
    const { client, routes } = clientOf({
      providers: [busy],
      models: { fast: alias([limited({ concurrency: 4, queue: 200 })]) },
    });
    const controllers = Array.from({ length: 200 }, () => new AbortController());
    const calls = controllers.map(({ signal }) => client.complete(call({ signal })).catch(() => {}));
    for (const [index, controller] of controllers.entries()) if (index % 7 === 0) controller.abort();
    await Promise.all(calls);
    expect(most).toBe(4);
    const limits = routes.find('fast')?.targets[0]?.limits;
    expect([limits?.inFlight, limits?.waiting]).toEqual([0, 0]);
  });

  it('of the queue refuse at once, with the time to wait', async () => {
    const { made } = hanging('a');
    const { client } = clientOf({
      providers: [made],
      models: { fast: alias([limited({ concurrency: 1, queue: 1 })]) },
    });
    const controller = new AbortController();
    const waiting = [1, 2].map(() => client.complete(call({ signal: controller.signal })).catch(() => {}));
    await expect.poll(() => made.asked).toHaveLength(1);
    const error = await client.complete(call()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
    controller.abort();
    await Promise.all(waiting);
  });

  it('send a call to the next target where that has room', async () => {
    const { made } = hanging('a');
    const models = { fast: alias([limited({ concurrency: 1 }), 'b/two']) };
    const { client } = clientOf({ providers: [made, provider('b')], models });
    const controller = new AbortController();
    const first = client.complete(call({ signal: controller.signal })).catch(() => {});
    expect(await client.complete(call())).toMatchObject({ model: 'b/two' });
    controller.abort();
    await first;
  });

  it('of tokens hold with 200 calls at once, and the first is not refused', async () => {
    const one = provider('a');
    const models = { fast: alias([limited({ tokensPerMinute: 300, queue: 0 })]) };
    const { client, records, routes } = clientOf({ providers: [one], models });
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, () =>
        client.complete(call()).then(
          () => 'ok',
          (error) => error.code,
        ),
      ),
    );
    const used = records.reduce(
      (sum, record) => sum + (record.usage?.inputTokens ?? 0) + (record.usage?.outputTokens ?? 0),
      0,
    );
    expect(outcomes[0]).toBe('ok');
    expect(used).toBeLessThanOrEqual(300);
    expect(used).toBeGreaterThan(150);
    expect(outcomes.filter((one) => one === 'RATE_LIMITED').length).toBe(200 - one.asked.length);
    expect(routes.find('fast')?.targets[0]?.limits?.tokensInMinute).toBe(used);
  });
});

describe('shadow calls', () => {
  it('copy the call, are recorded, and neither delay nor fail it', async () => {
    const [live, shadow] = [provider('a'), failing('s', 'server_error')];
    const models = { fast: alias(['a/one'], { shadow: [{ target: target('s/new'), percent: 100 }] }) };
    const { client, records } = clientOf({ providers: [live, shadow], models });
    expect(await client.complete(call())).toMatchObject({ model: 'a/one', attempts: 1 });
    await expect.poll(() => records).toHaveLength(2);
    expect(shadow.asked[0]?.request).toEqual(request);
    expect(records).toMatchObject([
      { shadow: false, model: 'a/one', error: undefined },
      { shadow: true, model: 's/new', finish: 'server_error', error: 'server_error' },
    ]);
  });
});

describe('capabilities', () => {
  it('send a call to a target that has them, and name those that no target has', async () => {
    const [plain, able] = [provider('a'), provider('b')];
    const models = {
      fast: alias([target('a/one', { capabilities: [] }), target('b/two', { capabilities: ['images'] })]),
    };
    const { client } = clientOf({ providers: [plain, able], models });
    const image = { type: 'image', source: { kind: 'url', url: 'https://example.com/x.png' } } as const;
    const asking = { ...call(), request: { ...request, messages: [{ role: 'user', content: [image] } as const] } };
    expect(await client.complete(asking)).toMatchObject({ model: 'b/two' });
    const tooMuch = {
      ...asking,
      request: { ...asking.request, output: { kind: 'json', name: 'x', schema: {} } as const },
    };
    await expect(client.complete(tooMuch)).rejects.toMatchObject({
      code: 'AI_REQUEST_UNSUPPORTED',
      detail: expect.stringContaining('json'),
    });
  });

  it('include the price: the cheapest target is tried first', async () => {
    const models = { fast: alias(['a/dear', 'a/cheap'], { strategy: 'lowest_price' }) };
    const { client } = clientOf({ providers: [provider('a')], models, prices });
    expect(await client.complete({ ...call(), request: { ...request, messages: [userText('hi')] } })).toMatchObject({
      model: 'a/cheap',
    });
  });
});

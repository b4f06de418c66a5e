/** Refusals of providers: how long they are waited for, how they are reported, and which keys and targets they exclude. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ErrorAnswer } from '../../src/testing.ts';
import {
  providersYaml,
  startV1Gateway,
  type TargetWire,
  type V1Gateway,
  wires,
  words,
} from '../integration/v1-gateway.ts';
import { safetyLimit } from '../testkit/safety-limit.ts';

const open: V1Gateway[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway[Symbol.asyncDispose]()));
});

/** Every wire an alias, without prices in the way. */
async function start(alias: string, more = '', keys = 'api_key: k1'): Promise<V1Gateway> {
  const gateway = await startV1Gateway({
    ai: (provider) => `${providersYaml(provider).replaceAll('api_key: sk-operator', keys)}  models:
${wires.map((wire) => `    ${wire}: { targets: [${wire}/m], ${alias} }\n`).join('')}  prices:
${wires.map((wire) => `    ${wire}/m: { free: true }\n`).join('')}${more}`,
  });
  open.push(gateway);
  return gateway;
}

const ask = (gateway: V1Gateway, model: string, more: object = {}) =>
  gateway.post('/chat/completions', { model, messages: [{ role: 'user', content: words() }], ...more });

const calm = '  breaker: { min_requests: 100000 }\n';
const inSeconds = (seconds: number) => new Date(Math.ceil(Date.now() / 1_000) * 1_000 + seconds * 1_000);

/** How a 429 says how long to wait, and the retry-after for the client, in seconds. */
const limits: readonly (readonly [string, () => Omit<ErrorAnswer, 'status'>, number, number])[] = [
  ['seconds', () => ({ retryAfter: 7 }), 7, 7],
  ['an HTTP date', () => ({ retryAfter: inSeconds(30) }), 28, 31],
  ['a date that has passed', () => ({ retryAfter: inSeconds(-30) }), 1, 1],
  ['milliseconds', () => ({ retryAfterMs: 2_500 }), 3, 3],
  ['milliseconds before seconds', () => ({ retryAfterMs: 4_000, retryAfter: 90 }), 4, 4],
  ['ten hours', () => ({ retryAfter: 36_000 }), 36_000, 36_000],
  ['garbage', () => ({ retryAfter: 'soon', retryAfterMs: 'NaN' }), 1, 1],
  ['a negative number', () => ({ retryAfter: '-5' }), 1, 1],
  ['nothing', () => ({}), 1, 1],
];

describe('a 429', () => {
  it.each(wires)('of the %s wire is passed on with its retry-after', async (wire) => {
    const gateway = await start('retries: 0', calm);
    const all =
      wire === 'gemini' ? [...limits, ['RetryInfo', () => ({ retryDelay: '34.4s' }), 35, 35] as const] : limits;
    for (const [name, words, least, most] of all) {
      gateway.provider.reset();
      gateway.provider.respond(() => ({ error: { status: 429, ...words() } }));
      for (const stream of [false, true]) {
        const response = await ask(gateway, wire, { stream });
        expect(response.status, name).toBe(429);
        expect(await response.json()).toMatchObject({ error: { code: 'RATE_LIMITED', type: 'rate_limit_error' } });
        const told = Number(response.headers.get('retry-after'));
        expect(told, name).toBeGreaterThanOrEqual(least);
        expect(told, name).toBeLessThanOrEqual(most);
      }
      expect(gateway.provider.requests, name).toHaveLength(2);
    }
  });

  it.each([
    ['chat', { retryAfterMs: 60 }],
    ['responses', { retryAfterMs: '60' }],
    ['anthropic', { retryAfterMs: 60 }],
    ['gemini', { retryDelay: '0.06s' }],
  ] as const)('of the %s wire is waited out where the deadline allows it', async (wire, wait) => {
    const gateway = await start('retries: 1', calm);
    gateway.provider.script({ error: { status: 429, ...wait } });
    const response = await ask(gateway, wire);
    expect(response.status).toBe(200);
    const [first, second] = gateway.provider.requests;
    const between = (second?.startedAt ?? 0) - (first?.startedAt ?? 0);
    expect(between).toBeGreaterThanOrEqual(59);
  });

  it('beyond the remaining deadline fails at once', async () => {
    const gateway = await start('retries: 5', `${calm}  call_timeout: 3s\n`);
    for (const retryAfter of [36_000, inSeconds(36_000), 4]) {
      gateway.provider.reset();
      gateway.provider.respond({ error: { status: 429, retryAfter } });
      expect((await ask(gateway, 'chat')).status).toBe(429);
      expect(gateway.provider.requests).toHaveLength(1);
    }
  });
});

describe('a key that is refused', () => {
  it.each(wires.flatMap((wire) => [401, 402, 403, 429].map((status): readonly [TargetWire, number] => [wire, status])))(
    'of the %s wire with %i is changed at once, and sent once a call',
    async (wire, status) => {
      const gateway = await start('retries: 3', calm, 'api_keys: [k1, k2, k3]');
      const code = status === 429 && wire !== 'gemini' ? { code: 'insufficient_quota' } : {};
      for (const key of ['k1', 'k2']) gateway.provider.respond({ error: { status, ...code } }, { key });
      expect((await ask(gateway, wire)).status).toBe(200);
      const keys = gateway.provider.requests.map(({ key }) => key);
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.at(-1)).toBe('k3');
      // The next calls know it.
      for (let turn = 0; turn < 4; turn++) expect((await ask(gateway, wire)).status).toBe(200);
      expect(gateway.provider.requests.length).toBeLessThanOrEqual(keys.length + 4);
    },
  );

  it.each(
    wires.flatMap((wire) =>
      // Gemini has no such code: its 429 may pass.
      ([401, 402, 403, ...(wire === 'gemini' ? [] : ['insufficient_quota' as const])] as const).map(
        (what): readonly [TargetWire, typeof what] => [wire, what],
      ),
    ),
  )('of the %s wire is never asked again where it is the only one: %s', async (wire, what) => {
    const gateway = await start('retries: 5', calm);
    const error =
      typeof what === 'number' ? { status: what } : { status: wire === 'anthropic' ? 400 : 429, code: what };
    gateway.provider.respond({ error });
    const response = await ask(gateway, wire);
    expect(response.status).toBe(424);
    expect(response.headers.get('retry-after')).toBeNull();
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'AI_MODEL_UNAVAILABLE' } });
    expect(text).not.toMatch(/k1|api key|billing|quota/i);
    expect(gateway.provider.requests).toHaveLength(1);
  });
});

describe('200 concurrent calls of a provider that is down', () => {
  it('open the breaker; calls end without a request while it is open; one probe closes it', async () => {
    const gateway = await start('retries: 0', '  breaker: { min_requests: 20, window: 10s, sleep: 1s }\n');
    gateway.provider.respond({ error: { status: 500 } });
    const calls = await Promise.all(Array.from({ length: 200 }, () => ask(gateway, 'chat')));
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([503]));
    await Promise.all(calls.map((response) => response.text()));
    expect(gateway.gateway.log.filter(({ breaker }) => breaker === 'open')).toHaveLength(1);

    const asked = gateway.provider.requests.length;
    for (let turn = 0; turn < 9; turn++) {
      const response = await ask(gateway, 'chat');
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBe(1);
      await response.text();
    }
    expect(gateway.provider.requests.length).toBe(asked);

    gateway.provider.reset();
    gateway.provider.respond({ faults: { delayMs: 30 } });
    const openUntil = performance.now() + safetyLimit(1_000);
    let probes: Response[] = [];
    while (!probes.some(({ status }) => status === 200) && performance.now() < openUntil) {
      probes = await Promise.all(Array.from({ length: 20 }, () => ask(gateway, 'chat')));
      await Promise.all(probes.map((response) => response.text()));
    }
    expect(probes.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(gateway.provider.requests).toHaveLength(1);
    const after = await Promise.all(Array.from({ length: 20 }, () => ask(gateway, 'chat')));
    expect(new Set(after.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

it('tokens per minute hold under 200 concurrent calls, and the others have retry-after', async () => {
  const gateway = await startV1Gateway({
    ai: (provider) => `  providers: { chat: { kind: openai, base_url: "${provider.openAiBaseUrl}" } }
  models: { chat: { targets: [{ model: chat/m, limits: { tokens_per_minute: 2000, queue: 0 } }], retries: 0 } }
  prices: { chat/m: { free: true } }
`,
  });
  open.push(gateway);
  gateway.provider.respond({ text: 'x', usage: { inputTokens: 40, outputTokens: 60 }, faults: { delayMs: 20 } });
  const calls = await Promise.all(Array.from({ length: 200 }, () => ask(gateway, 'chat', { max_tokens: 100 })));
  const statuses = calls.map(({ status }) => status);
  const answered = statuses.filter((status) => status === 200).length;
  expect(answered).toBeGreaterThanOrEqual(10);
  expect(answered * 100).toBeLessThanOrEqual(2_000);
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect(gateway.provider.requests).toHaveLength(answered);
  for (const { status, headers } of calls)
    if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
});

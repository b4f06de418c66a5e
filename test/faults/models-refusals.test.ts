/** Refusals of providers: how long they are waited for, how they are reported, and which keys and targets they exclude. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorAnswer, ScriptedProvider } from '../../src/testing.ts';
import {
  providerYaml,
  startV1Gateway,
  type TargetWire,
  type V1Gateway,
  wires,
  words,
} from '../integration/v1/v1-gateway.ts';

const calm = '  breaker: { min_requests: 100000 }\n';
const open: V1Gateway[] = [];

interface Alias {
  /** The name of the alias, and of a provider of its own: a key that one test has refused is none of another's. */
  readonly name: string;
  readonly wire: TargetWire;
  readonly retries: number;
  readonly keys?: string;
}

/** A gateway whose aliases have no prices in the way. */
async function start(aliases: readonly Alias[], more: string): Promise<V1Gateway> {
  const lines = (line: (alias: Alias) => string): string => aliases.map((alias) => `    ${line(alias)}\n`).join('');
  const gateway = await startV1Gateway({
    ai: (provider: ScriptedProvider) =>
      [
        `  providers:\n${lines(({ name, wire, keys = 'api_key: k1' }) => `${name}: ${providerYaml(provider, wire, keys)}`)}`,
        `  models:\n${lines(({ name, retries }) => `${name}: { targets: [${name}/m], retries: ${retries} }`)}`,
        `  prices:\n${lines(({ name }) => `${name}/m: { free: true }`)}`,
        more,
      ].join(''),
  });
  open.push(gateway);
  return gateway;
}

const ofEachWire = (retries: number): readonly Alias[] => wires.map((wire) => ({ name: wire, wire, retries }));
const oneKey = wires.flatMap((wire) =>
  // Gemini has no such code: its 429 may pass.
  ([401, 402, 403, ...(wire === 'gemini' ? [] : ['insufficient_quota' as const])] as const).map((refusal) => ({
    wire,
    refusal,
    name: `${wire}-one-key-${refusal}`,
  })),
);
const threeKeys = wires.flatMap((wire) =>
  [401, 402, 403, 429].map((status) => ({ wire, status, name: `${wire}-three-keys-${status}` })),
);

/** Serves every test without settings of its own. */
let shared: V1Gateway;
beforeAll(async () => {
  shared = await start(
    [
      ...ofEachWire(0),
      ...wires.map((wire): Alias => ({ name: `${wire}-retried`, wire, retries: 1 })),
      ...oneKey.map(({ name, wire }): Alias => ({ name, wire, retries: 5 })),
      ...threeKeys.map(({ name, wire }): Alias => ({ name, wire, retries: 3, keys: 'api_keys: [k1, k2, k3]' })),
    ],
    calm,
  );
  open.pop();
});
afterAll(() => shared[Symbol.asyncDispose]());
afterEach(async () => {
  shared.provider.reset();
  await Promise.all(open.splice(0).map((gateway) => gateway[Symbol.asyncDispose]()));
});

const ask = (gateway: V1Gateway, model: string, more: object = {}) =>
  gateway.post('/chat/completions', { model, messages: [{ role: 'user', content: words() }], ...more });

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
    const gateway = shared;
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
  ] as const)('of the %s wire is retried after its wait where the deadline allows it', async (wire, wait) => {
    shared.provider.script({ error: { status: 429, ...wait } });
    const response = await ask(shared, `${wire}-retried`);
    expect(response.status).toBe(200);
    const [first, second] = shared.provider.requests;
    const between = (second?.startedAt ?? 0) - (first?.startedAt ?? 0);
    expect(between).toBeGreaterThanOrEqual(59);
  });

  it('beyond the remaining deadline fails at once', async () => {
    const gateway = await start(ofEachWire(5), `${calm}  call_timeout: 3s\n`);
    for (const retryAfter of [36_000, inSeconds(36_000), 4]) {
      gateway.provider.reset();
      gateway.provider.respond({ error: { status: 429, retryAfter } });
      expect((await ask(gateway, 'chat')).status).toBe(429);
      expect(gateway.provider.requests).toHaveLength(1);
    }
  });
});

describe('a key that is refused', () => {
  it.each(threeKeys)('of the $wire wire with $status is replaced at once, and sent once per call', async (refused) => {
    const { wire, status, name } = refused;
    const code = status === 429 && wire !== 'gemini' ? { code: 'insufficient_quota' } : {};
    const { provider } = shared;
    for (const key of ['k1', 'k2']) provider.respond({ error: { status, ...code } }, { key });
    expect((await ask(shared, name)).status).toBe(200);
    const keys = provider.requests.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.at(-1)).toBe('k3');
    // The next calls do not use the refused keys.
    for (let turn = 0; turn < 4; turn++) expect((await ask(shared, name)).status).toBe(200);
    expect(provider.requests.length).toBeLessThanOrEqual(keys.length + 4);
  });

  it.each(oneKey)('of the $wire wire is not used again where it is the only one: $refusal', async (refused) => {
    const { wire, refusal, name } = refused;
    const error =
      typeof refusal === 'number' ? { status: refusal } : { status: wire === 'anthropic' ? 400 : 429, code: refusal };
    shared.provider.respond({ error });
    const response = await ask(shared, name);
    expect(response.status).toBe(424);
    expect(response.headers.get('retry-after')).toBeNull();
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'AI_MODEL_UNAVAILABLE' } });
    expect(text).not.toMatch(/k1|api key|billing|quota/i);
    expect(shared.provider.requests).toHaveLength(1);
  });
});

describe('200 concurrent calls of a provider that is down', () => {
  it('open the breaker; calls end without a request while it is open; one probe closes it', async () => {
    const gateway = await start(ofEachWire(0), '  breaker: { min_requests: 20, window: 10s, sleep: 3s }\n');
    gateway.provider.respond({ error: { status: 500 } });
    const calls = await Promise.all(Array.from({ length: 200 }, () => ask(gateway, 'chat')));
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([503]));
    await Promise.all(calls.map((response) => response.text()));
    expect(gateway.gateway.log.filter(({ breaker }) => breaker === 'open')).toHaveLength(1);

    const opened = performance.now();
    const requests = gateway.provider.requests.length;
    for (let turn = 0; turn < 9; turn++) {
      const response = await ask(gateway, 'chat');
      expect(response.status).toBe(503);
      const retryAfter = Number(response.headers.get('retry-after'));
      expect(retryAfter).toBeGreaterThanOrEqual(1);
      expect(retryAfter).toBeLessThanOrEqual(3);
      await response.text();
    }
    expect(gateway.provider.requests.length).toBe(requests);

    gateway.provider.reset();
    gateway.provider.respond({ faults: { delayMs: 30 } });
    await expect.poll(() => performance.now() - opened).toBeGreaterThan(3_000);
    const probes = await Promise.all(Array.from({ length: 20 }, () => ask(gateway, 'chat')));
    await Promise.all(probes.map((response) => response.text()));
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

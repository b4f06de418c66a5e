import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anonymous, type Principal } from '../../../src/access/index.ts';
import { ratesYaml, resolveRates } from '../../../src/config/limits/rates.ts';
import { createBucketMemory, TokenBuckets } from '../../../src/counters/index.ts';
import { GatewayError } from '../../../src/errors/index.ts';
import { type RateHeaderForm, Rates } from '../../../src/limits/index.ts';
import { createLogger } from '../../../src/observability/index.ts';

const clock = { ms: 5_000_000 };
const lines: string[] = [];
const destination = { write: (line: string) => lines.push(line) } as never;
const log = createLogger({ level: 'debug', readable: false, destination });

const user = (id: string, tenant = 'acme'): Principal => ({ ...anonymous, kind: 'user', id, tenant });
const key = (id: string, tenant = 'acme'): Principal => ({ ...anonymous, kind: 'key', id, tenant });

interface Sent {
  readonly principal?: Principal;
  readonly address?: string;
  readonly client?: string;
  readonly form?: RateHeaderForm;
  readonly signal?: AbortSignal;
}

function setUp(yaml: readonly object[], mode: 'enforce' | 'measure' = 'enforce') {
  const buckets = new TokenBuckets({ memory: createBucketMemory(), holder: 1, now: () => clock.ms });
  const rates = new Rates({ config: { rates: resolveRates(ratesYaml.parse(yaml)), mode }, buckets, log });
  /** @returns the headers of the answer, and the error */
  async function send({ principal = anonymous, address = '192.0.2.1', client, form = 'standard', signal }: Sent = {}) {
    const headers = new Map<string, string>();
    const response = { headersSent: false, setHeader: (name: string, value: unknown) => headers.set(name, `${value}`) };
    const request = {
      requestId: 'r1',
      response: response as unknown as ServerResponse,
      form,
      signal: signal ?? new AbortController().signal,
    };
    const sentHeaders = client === undefined ? {} : { 'apollographql-client-name': client };
    let error: GatewayError | undefined;
    try {
      const charges = rates.open(request, { address, headers: sentHeaders });
      await charges.chargeAddress();
      await charges.chargeCaller(principal);
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown;
      error = thrown;
    }
    return { headers: Object.fromEntries(headers), code: error?.code, error };
  }
  const served = async (count: number, sent: Sent = {}): Promise<number> => {
    let allowed = 0;
    for (let turn = 0; turn < count; turn++) if ((await send(sent)).code === undefined) allowed++;
    return allowed;
  };
  return { rates, send, served };
}

describe('a rate', () => {
  it('lets a burst through, then so many operations in each period, evenly', async () => {
    const { served, send } = setUp([{ per: 'ip', operations: 10, every: '1s', burst: 25 }]);
    expect(await served(30)).toBe(25);
    const { error } = await send();
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 100 });
    expect(error?.message).toBe('Too many operations: the rate "ip 1s" allows 10 in 1 s.');
    clock.ms += 300;
    expect(await served(10)).toBe(3);
  });

  it.each([
    ['ip', { address: '192.0.2.1' }, { address: '192.0.2.2' }],
    ['key', { principal: key('a') }, { principal: key('b') }],
    ['user', { principal: user('a') }, { principal: user('b') }],
    ['tenant', { principal: user('a', 'acme') }, { principal: user('a', 'globex') }],
    ['client', { client: 'web' }, { client: 'ios' }],
    [
      'team',
      { principal: { ...user('a'), claims: { team: 'red' } } },
      { principal: { ...user('a'), claims: { team: 'blue' } } },
    ],
  ] as const)('per %s gives each its own', async (per, first, second) => {
    const { served } = setUp([{ per, operations: 3, every: '1h' }]);
    expect(await served(5, first)).toBe(3);
    expect(await served(5, second)).toBe(3);
  });

  it('per key does not count callers without one', async () => {
    const { send, served } = setUp([{ per: 'key', operations: 1, every: '1h' }]);
    expect(await served(5, { principal: user('a') })).toBe(5);
    expect((await send()).headers).toEqual({});
  });

  it('counts one household of IPv6 once', async () => {
    const { served } = setUp([{ per: 'ip', operations: 3, every: '1h' }]);
    let allowed = 0;
    for (let host = 0; host < 20; host++) allowed += await served(1, { address: `2001:db8::${host}:0:0:1` });
    expect(allowed).toBe(3);
  });

  it('counts what matches alone', async () => {
    const { served } = setUp([
      { per: 'user', operations: 1, every: '1h', match: { tenant: 'acme' } },
      { per: 'ip', operations: 2, every: '1h', match: { ip: '10.0.0.0/8' } },
    ]);
    expect(await served(5, { principal: user('a', 'globex') })).toBe(5);
    expect(await served(5, { principal: user('a') })).toBe(1);
    expect(await served(5, { address: '10.1.2.3' })).toBe(2);
  });

  it('takes nothing from those who share another rate with the one it refuses', async () => {
    const { served } = setUp([
      { per: 'organization', operations: 10, every: '1h' },
      { per: 'user', operations: 2, every: '1h' },
    ]);
    expect(await served(100, { principal: user('abuser') })).toBe(2);
    let others = 0;
    for (let caller = 0; caller < 20; caller++) others += await served(1, { principal: user(`u${caller}`) });
    expect(others).toBe(8);
  });

  it('is told in the fields of the IETF’s draft', async () => {
    const { send } = setUp([
      { per: 'ip', operations: 10, every: '1s', burst: 25 },
      { name: 'users', per: 'user', operations: 60, every: '1m' },
    ]);
    const { headers } = await send({ principal: user('a') });
    expect(headers).toEqual({
      'ratelimit-policy': '"ip 1s";q=25;w=3, "users";q=60;w=60',
      ratelimit: '"ip 1s";r=24;t=1, "users";r=59;t=1',
    });
  });

  it('is told to OpenAI’s and Anthropic’s clients by their own headers: the one that refuses next', async () => {
    const { send } = setUp([
      { per: 'ip', operations: 100, every: '1s' },
      { per: 'user', operations: 3, every: '3m' },
    ]);
    const { headers } = await send({ principal: user('a'), form: 'openai' });
    expect(headers).toMatchObject({
      'x-ratelimit-limit-requests': '3',
      'x-ratelimit-remaining-requests': '2',
      'x-ratelimit-reset-requests': '1m0s',
    });
    const anthropic = (await send({ principal: user('a'), form: 'anthropic' })).headers;
    expect(anthropic).toMatchObject({
      'anthropic-ratelimit-requests-limit': '3',
      'anthropic-ratelimit-requests-remaining': '1',
    });
    expect(Date.parse(`${anthropic['anthropic-ratelimit-requests-reset']}`) - Date.now()).toBeGreaterThan(119_000);
  });

  it('that is measured refuses nobody, tells nothing, and logs', async () => {
    const { send, served } = setUp([{ per: 'ip', operations: 1, every: '1h' }], 'measure');
    expect(await served(3)).toBe(3);
    expect((await send()).headers).toEqual({});
    expect(lines.at(-1)).toContain('"rate":"ip 1h"');
  });

  it('that is measured puts nothing back of what it did not take', () => {
    const { rates } = setUp([{ per: 'ip', points: 100, every: '1h' }], 'measure');
    const request = {
      requestId: 'r1',
      response: { headersSent: true } as ServerResponse,
      form: 'standard',
      signal: new AbortController().signal,
    } as const;
    const price = (points: number, actual: number): number => {
      const before = lines.length;
      const charges = rates.open(request, { address: '192.0.2.1', headers: {} });
      charges.take({ points, nanoUsd: 0 });
      charges.settle('points', actual);
      return lines.length - before;
    };
    expect(price(90, 90)).toBe(0);
    expect(price(90, 0)).toBe(1);
    expect(price(90, 0)).toBe(1);
  });
});

describe('a rate with a delay', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => vi.useRealTimers());
  const patient = { per: 'ip', operations: 10, every: '1s', burst: 1, delay: '250ms' };

  it('makes operations wait for their turn, and refuses what would wait longer', async () => {
    const { send } = setUp([patient]);
    await send();
    const ended: string[] = [];
    const first = send().then(() => ended.push('first'));
    const second = send().then(() => ended.push('second'));
    await nextTurn();
    expect((await send()).error).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 50 });
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(ended).toEqual(['first']);
    await vi.advanceTimersByTimeAsync(100);
    await Promise.all([first, second]);
    expect(ended).toEqual(['first', 'second']);
  });

  it('stops waiting for a client that has left, whose turn is another’s', async () => {
    const { send } = setUp([patient]);
    await send();
    const controller = new AbortController();
    const leaving = send({ signal: controller.signal });
    const staying = send();
    await nextTurn();
    controller.abort(new GatewayError('CLIENT_CLOSED_REQUEST'));
    expect((await leaving).code).toBe('CLIENT_CLOSED_REQUEST');
    expect(vi.getTimerCount()).toBe(1);
    void send();
    await nextTurn();
    expect(vi.getTimerCount()).toBe(2);
    await vi.advanceTimersByTimeAsync(200);
    expect((await staying).code).toBeUndefined();
  });
});

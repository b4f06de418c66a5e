/** Rates that several gateways count together, against a real Redis; and what each does while it is away. */
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymous, type Principal } from '../../../src/access/index.ts';
import { ratesYaml, resolveRates } from '../../../src/config/limits/rates.ts';
import { createBucketMemory, RedisCounters, TokenBuckets } from '../../../src/counters/index.ts';
import { GatewayError } from '../../../src/errors/index.ts';
import { JointRates, Rates } from '../../../src/limits/index.ts';
import { createLogger } from '../../../src/observability/index.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../../testkit/servers/redis-server.ts';

const log = createLogger({ level: 'silent', readable: false });
const user: Principal = { ...anonymous, kind: 'user', id: 'Ann', tenant: 'acme' };
const address = '192.0.2.1';

describe.skipIf(withoutRedis)('rates of two gateways', () => {
  let redis: RedisServer;
  const clock = { ms: 1_000_000_000 };
  const open: JointRates[] = [];
  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(async () => {
    for (const joint of open) joint.close();
    await redis.kill();
  });

  async function gateway(rates: readonly object[], prefix: string, whenDown: JointRates['whenDown'] = 'closed') {
    const now = (): number => clock.ms;
    const counters = new RedisCounters({ url: redis.url, prefix, now });
    await counters.connected(5_000);
    let steps = 0;
    const joint = new JointRates({
      counters: {
        take(takes) {
          steps++;
          return counters.take(takes);
        },
        putBack: (takes) => counters.putBack(takes),
        add: (changes) => counters.add(changes),
        get isAvailable() {
          return counters.isAvailable;
        },
        close: () => counters.close(),
      },
      config: { url: redis.url, whenDown, gateways: 2 },
    });
    open.push(joint);
    const buckets = new TokenBuckets({ memory: createBucketMemory({ capacity: 64 }), holder: 1, now });
    const config = { rates: resolveRates(ratesYaml.parse(rates)), mode: 'enforce' } as const;
    const limits = new Rates({ config, buckets, joint, log });
    const headers = new Map<string, string>();
    const rated = () => {
      const setHeader = (name: string, value: unknown) => headers.set(name, `${value}`);
      const response = { headersSent: false, setHeader } as unknown as ServerResponse;
      return { requestId: 'r', response, form: 'standard', signal: new AbortController().signal } as const;
    };
    /** @returns undefined, or the code of the refusal */
    const send = async (): Promise<string | undefined> => {
      const request = rated();
      try {
        const charges = limits.open(request, { address, headers: {} });
        await charges.chargeAddress();
        await charges.chargeCaller(user);
        await charges.flush();
      } catch (error) {
        if (error instanceof GatewayError) return error.code;
        throw error;
      }
      return undefined;
    };
    const servedOf = async (count: number): Promise<number> => {
      let served = 0;
      for (let turn = 0; turn < count; turn++) if ((await send()) === undefined) served++;
      return served;
    };
    return { limits, rated, send, servedOf, headers, steps: () => steps, counters };
  }

  it('are exact over both, in one round trip a request', async () => {
    const rates = [
      { per: 'ip', operations: 100, every: '1h' },
      { per: 'user', operations: 10, every: '1h' },
    ];
    const [one, other] = [await gateway(rates, 'exact:'), await gateway(rates, 'exact:')];
    const served = await Promise.all([one.servedOf(20), other.servedOf(20)]);
    expect(served[0] + served[1]).toBe(10);
    expect(one.steps()).toBeLessThanOrEqual(20);
    expect(await one.send()).toBe('RATE_LIMITED');
    // What was refused has taken nothing of the address's rate.
    expect(one.headers.get('ratelimit')).toMatch(/"ip 1h";r=90;.*"user 1h";r=0/);
    clock.ms += 360_000;
    expect((await one.servedOf(3)) + (await other.servedOf(3))).toBe(1);
  });

  it('charge wrong credentials to their address in both', async () => {
    const rates = [{ per: 'ip', operations: 2, every: '1h' }];
    const [one, other] = [await gateway(rates, 'wrong:'), await gateway(rates, 'wrong:')];
    for (let turn = 0; turn < 2; turn++) {
      const request = one.rated();
      const charges = one.limits.open(request, { address, headers: {} });
      await charges.chargeAddress();
      await charges.flush();
    }
    expect(await other.send()).toBe('RATE_LIMITED');
  });

  it('give back in both what an operation did not cost', async () => {
    const rates = [{ per: 'user', usd: '0.01', every: '1h' }];
    const [one, other] = [await gateway(rates, 'usd:'), await gateway(rates, 'usd:')];
    const charge = async ({ limits, rated }: typeof one) => {
      const charges = limits.open(rated(), { address, headers: {} });
      await charges.chargeCaller(user);
      await charges.take({ points: 0, nanoUsd: 8_000_000 });
      return charges;
    };
    const first = await charge(one);
    await expect(charge(other)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    first.settle('usd', 1_000_000);
    await expect
      .poll(() =>
        charge(other).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await expect(charge(one)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('are what the policy says while Redis does not answer', async () => {
    const own = await startRedisServer();
    const before = redis;
    redis = own;
    const rates = [{ per: 'user', operations: 10, every: '1h' }];
    const [closed, share, free] = [
      await gateway(rates, 'closed:'),
      await gateway(rates, 'share:', 'local_share'),
      await gateway(rates, 'free:', 'open'),
    ];
    redis = before;
    await own.kill();
    await expect.poll(() => free.counters.isAvailable || closed.counters.isAvailable).toBe(false);
    expect(await closed.send()).toBe('OVERLOADED');
    expect(await share.servedOf(20)).toBe(5);
    expect(await free.servedOf(20)).toBe(10);
  });
});

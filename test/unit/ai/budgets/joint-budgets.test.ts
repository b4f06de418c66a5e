/** Budgets that several gateways count together: what each policy does while the counters do not answer, and after. */
import { describe, expect, it } from 'vitest';
import { Budgets, JointBudgets, type Payer } from '../../../../src/ai/budgets/index.ts';
import type { Charge, SpendAccount } from '../../../../src/ai/model-call/index.ts';
import { aiYaml, resolveAi } from '../../../../src/config/ai/ai.ts';
import type { BudgetCountersConfig } from '../../../../src/config/index.ts';
import { ProcessCounters, type RemoteChange, type RemoteOutcome } from '../../../../src/counters/index.ts';
import { createLogger } from '../../../../src/observability/index.ts';

const payer: Payer = {
  door: 'graphql',
  tenant: 'acme',
  team: undefined,
  id: 'Ann',
  kind: 'user',
  client: undefined,
  operation: undefined,
};
const call = {
  alias: 'smart',
  prompt: undefined,
  field: undefined,
  model: 'p/m',
  requestId: undefined,
  nanoUsd: 10n,
  tokens: 1,
};
const use = { tokens: 1, isSent: true, outcome: 'ok', usage: undefined, price: undefined };

/** Counters that all gateways of a test have, and that can be away. */
class TestRedis {
  #counters = new ProcessCounters();
  isAvailable = true;
  isLeaseKept = true;
  trips = 0;
  /** Steps that a call waits for. */
  waits = 0;

  async add(changes: readonly RemoteChange[]): Promise<RemoteOutcome> {
    this.trips++;
    if (changes.some(({ max }) => max !== undefined)) this.waits++;
    if (!this.isAvailable) throw new Error('away');
    const outcome = this.#counters.add(changes);
    const amount = (change?: RemoteChange): number =>
      this.#counters.amount(change?.key ?? '') + this.#counters.amount(change?.beside?.key ?? '');
    if (outcome.kind === 'added') return { ...outcome, amounts: changes.map(amount), lease: 'lease' };
    return { ...outcome, amount: amount(changes[outcome.index]) };
  }

  isLeased(): boolean {
    return this.isLeaseKept;
  }

  loseAll(): void {
    this.#counters = new ProcessCounters();
  }

  close(): void {}
}

function openGateway(redis: TestRedis, whenDown: BudgetCountersConfig['whenDown'], limit = 10, unit = 'limit_calls') {
  const { budgets } = resolveAi(aiYaml.parse({ budgets: [{ [unit]: limit, every: '1h' }] }), (path) => path);
  const counters = new ProcessCounters();
  const config = { url: '', whenDown, gateways: whenDown === 'local_share' ? 2 : 1 };
  const joint = new JointBudgets({ counters: redis, local: counters, config });
  const lines: string[] = [];
  const log = createLogger({ level: 'silent', readable: false });
  const all = new Budgets({ budgets, counters, joint, log });
  const charge = async (): Promise<Charge> => {
    const account = all.open(() => payer, undefined) as SpendAccount;
    return account.charge(call);
  };
  const chargesOf = async (most: number): Promise<number> => {
    let charges = 0;
    for (let index = 0; index < most; index++)
      await charge().then(
        (charge) => {
          charge.commit();
          charges++;
        },
        () => undefined,
      );
    return charges;
  };
  return { charge, chargesOf, joint, all, lines };
}

describe('budgets of several gateways', () => {
  it('are exact over all of them, with one round trip for a charge', async () => {
    const redis = new TestRedis();
    const gateways = [openGateway(redis, 'closed'), openGateway(redis, 'closed')];
    const charges = await Promise.all(gateways.map(({ chargesOf }) => chargesOf(20)));
    expect(charges.reduce((sum, each) => sum + each, 0)).toBe(10);
    // Neither asks for what it has no room for by itself.
    expect(redis.waits).toBeLessThanOrEqual(40);
    await expect(gateways[0]?.charge()).rejects.toMatchObject({
      code: 'AI_BUDGET_EXCEEDED',
      message: expect.stringMatching(/allows 10 calls; 0 calls left, 1 calls needed: it has room again/),
    });
  });

  it('give back what a call did not use, in every gateway', async () => {
    const redis = new TestRedis();
    const [one, other] = [
      openGateway(redis, 'closed', 30, 'limit_tokens'),
      openGateway(redis, 'closed', 30, 'limit_tokens'),
    ];
    const account = one.all.open(() => payer, undefined) as SpendAccount;
    const charge = await account.charge({ ...call, tokens: 30 });
    charge.commit();
    expect(await other.chargesOf(1)).toBe(0);
    charge.settle({ ...use, nanoUsd: 1n, tokens: 10 });
    await expect.poll(() => other.chargesOf(30)).toBe(20);
  });

  it('a call that is refused by all leaves nothing counted in its own gateway', async () => {
    const redis = new TestRedis();
    const [one, other] = [openGateway(redis, 'closed'), openGateway(redis, 'closed')];
    expect(await other.chargesOf(10)).toBe(10);
    expect(await one.chargesOf(30)).toBe(0);
    expect(redis.waits).toBe(40);
  });

  it('closed: calls are refused while the counters are away, and none is counted', async () => {
    const redis = new TestRedis();
    const gateway = openGateway(redis, 'closed');
    redis.isAvailable = false;
    await expect(gateway.charge()).rejects.toMatchObject({ code: 'AI_BUDGET_UNAVAILABLE' });
    redis.isAvailable = true;
    expect(await gateway.chargesOf(20)).toBe(10);
  });

  it('open: a gateway goes on by itself, and what it spent is counted afterwards', async () => {
    const redis = new TestRedis();
    const [one, other] = [openGateway(redis, 'open'), openGateway(redis, 'open')];
    redis.isAvailable = false;
    const charge = await one.charge();
    expect(await one.chargesOf(5)).toBe(5);
    charge.settle({ ...use, nanoUsd: 1n, isSent: false });
    redis.isAvailable = true;
    await one.joint.payOwed();
    expect(await other.chargesOf(20)).toBe(5);
  });

  it('what is given back late adds no room to counters that have lost everything', async () => {
    const redis = new TestRedis();
    const one = openGateway(redis, 'open', 30, 'limit_tokens');
    const account = one.all.open(() => payer, undefined) as SpendAccount;
    const charge = await account.charge({ ...call, tokens: 30 });
    charge.commit();
    redis.isAvailable = false;
    charge.settle({ ...use, nanoUsd: 1n, tokens: 10 });
    await expect.poll(() => redis.trips).toBe(3);
    redis.loseAll();
    redis.isAvailable = true;
    await one.joint.payOwed();
    expect(await openGateway(redis, 'open', 30, 'limit_tokens').chargesOf(40)).toBe(30);
  });

  it('hold a whole operation in one round trip, and wait for nothing when its calls are sent', async () => {
    const redis = new TestRedis();
    const [one, other] = [openGateway(redis, 'closed'), openGateway(redis, 'closed')];
    const account = one.all.open(() => payer, undefined) as SpendAccount;
    const price = { alias: 'smart', prompt: undefined, nanoUsd: 10n, tokens: 1 };
    account.plan([{ key: 'a', items: 8, callsPerItem: 1, prices: [price], priceWith: () => undefined }]);
    const charges = await Promise.all(Array.from({ length: 5 }, () => account.charge({ ...call, planned: ['a'] })));
    expect(redis.waits).toBe(1);
    // The others have what the operation has left over, though none of it is sent.
    expect(await other.chargesOf(10)).toBe(2);
    charges[0]?.commit();
    charges[0]?.settle({ ...use, nanoUsd: 1n });
    charges[1]?.settle({ ...use, nanoUsd: 0n, isSent: false });
    account.spare('a', true);
    account.close();
    for (const charge of charges.slice(2)) charge.commit();
    // One was not sent, three were not made.
    await expect.poll(() => other.chargesOf(10)).toBe(4);
  });

  it('a call whose room may be given to others by now is not sent, unless the policy is to go on', async () => {
    for (const whenDown of ['closed', 'open'] as const) {
      const redis = new TestRedis();
      const charge = await openGateway(redis, whenDown).charge();
      redis.isLeaseKept = false;
      if (whenDown === 'open') charge.commit();
      else expect(() => charge.commit()).toThrow(expect.objectContaining({ code: 'AI_BUDGET_UNAVAILABLE' }));
    }
  });

  it('nothing is held for an operation that could not be held, nor twice for one that ends meanwhile', async () => {
    const redis = new TestRedis();
    const gateway = openGateway(redis, 'closed');
    const account = gateway.all.open(() => payer, undefined) as SpendAccount;
    const price = { alias: 'smart', prompt: undefined, nanoUsd: 10n, tokens: 1 };
    const planned = [{ key: 'a', items: 8, callsPerItem: 1, prices: [price], priceWith: () => undefined }];
    account.plan(planned);
    redis.isAvailable = false;
    const failing = [account.charge({ ...call, planned: ['a'] }), account.charge({ ...call, planned: ['a'] })];
    account.spare('a', true);
    for (const failed of failing) await expect(failed).rejects.toMatchObject({ code: 'AI_BUDGET_UNAVAILABLE' });
    redis.isAvailable = true;
    const charging = account.charge({ ...call, planned: ['a'] });
    account.close();
    (await charging).settle({ ...use, nanoUsd: 0n, isSent: false });
    await expect.poll(() => gateway.chargesOf(20)).toBe(10);
    account.close();
  });

  it('local_share: each spends its part of what was left, and all of it is counted afterwards', async () => {
    const redis = new TestRedis();
    const [one, other] = [openGateway(redis, 'local_share'), openGateway(redis, 'local_share')];
    expect(await one.chargesOf(2)).toBe(2);
    expect(await other.chargesOf(2)).toBe(2);
    redis.isAvailable = false;
    // One saw 2 of 10, the other 4.
    expect(await one.chargesOf(20)).toBe(4);
    expect(await other.chargesOf(20)).toBe(3);
    await expect(other.charge()).rejects.toMatchObject({ code: 'AI_BUDGET_EXCEEDED' });
    redis.isAvailable = true;
    await Promise.all([one.joint.payOwed(), other.joint.payOwed()]);
    expect(await one.chargesOf(20)).toBe(0);
    expect(await other.chargesOf(20)).toBe(0);
    redis.isAvailable = false;
    expect(await one.chargesOf(20)).toBe(0);
  });
});

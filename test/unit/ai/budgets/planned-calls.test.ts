/** What a request holds for the calls it has announced: all of it at once or nothing, and nothing once it has ended. */
import { describe, expect, it } from 'vitest';
import { Budgets } from '../../../../src/ai/budgets/index.ts';
import {
  BudgetExceeded,
  type Charge,
  type PlannedCalls,
  type SpendAccount,
} from '../../../../src/ai/model-call/index.ts';
import { aiYaml, resolveAi } from '../../../../src/config/ai/ai.ts';
import {
  createCounterMemory,
  endCounterHolder,
  type LocalCounters,
  ProcessCounters,
  SharedCounters,
} from '../../../../src/counters/index.ts';
import { createLogger } from '../../../../src/observability/index.ts';
import { Random } from '../../../testkit/random/random.ts';

const payer = {
  door: 'graphql',
  tenant: 'acme',
  team: undefined,
  id: 'u1',
  kind: 'user',
  client: undefined,
  operation: undefined,
} as const;
const ended = { outcome: 'ok', usage: undefined, price: undefined };
const log = createLogger({ level: 'silent', readable: false });

function budgetsOf(budgets: readonly object[], counters: LocalCounters = new ProcessCounters()): Budgets {
  const config = resolveAi(aiYaml.parse({ budgets }), (path) => path);
  return new Budgets({ budgets: config.budgets, counters, log });
}

function accountOf(budgets: Budgets, maxNanoUsd?: number): SpendAccount {
  const account = budgets.open(() => payer, maxNanoUsd);
  if (account === undefined) throw new Error('there are budgets');
  return account;
}

const tenDollars = { name: 'ten', per: 'tenant', limit_usd: '10', every: '1h' };
const dollar = 1_000_000_000n;

function planned(key: string, items: number, nanoUsd: bigint, details: Partial<PlannedCalls> = {}): PlannedCalls {
  const price = { alias: 'smart', prompt: key, nanoUsd, tokens: 100 };
  return { key, items, callsPerItem: 1, prices: [price], priceWith: () => undefined, ...details };
}

function chargeOf(account: SpendAccount, nanoUsd: bigint, key?: string, alias = 'smart') {
  const call = { alias, prompt: key, field: undefined, model: 'p/m', requestId: undefined };
  const bound = { ...call, nanoUsd, tokens: 10 };
  return account.charge(key === undefined ? bound : { ...bound, planned: [key] }) as Charge;
}

function refusalOf(act: () => unknown): BudgetExceeded {
  try {
    act();
  } catch (error) {
    if (error instanceof BudgetExceeded) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Whether a further call of so many dollars would be allowed; it is given back. */
function hasRoom(budgets: Budgets, dollars: bigint): boolean {
  try {
    chargeOf(accountOf(budgets), dollars * dollar).settle({ nanoUsd: 0n, tokens: 0, isSent: false, ...ended });
    return true;
  } catch {
    return false;
  }
}

const nothing = { nanoUsd: 0n, tokens: 0, isSent: false, ...ended };

describe('calls that a request announces', () => {
  it('hold nothing until the first of them is charged', () => {
    const budgets = budgetsOf([tenDollars]);
    const account = accountOf(budgets);
    account.plan([planned('a', 10, dollar)]);
    expect(hasRoom(budgets, 10n)).toBe(true);
    chargeOf(account, dollar, 'a');
    expect(hasRoom(budgets, 1n)).toBe(false);
  });

  it('are all allowed or all refused, and refused ones leave nothing behind', () => {
    const budgets = budgetsOf([tenDollars]);
    const account = accountOf(budgets);
    account.plan([planned('a', 6, dollar), planned('b', 5, dollar)]);
    const refusal = refusalOf(() => chargeOf(account, dollar, 'a'));
    expect(refusal.message).toContain('allows $10; $10 left, $11 needed');
    expect(refusalOf(() => chargeOf(account, dollar, 'b'))).toBe(refusal);
    // A moderation for one of them would be in vain.
    expect(refusalOf(() => chargeOf(account, 1n))).toBe(refusal);
    expect(hasRoom(budgets, 10n)).toBe(true);
  });

  it('are made where only other calls are refused', () => {
    const budgets = budgetsOf([tenDollars, { name: 'few', match: { prompt: 'a' }, limit_calls: 2, every: '1h' }]);
    const account = accountOf(budgets);
    account.plan([planned('a', 3, dollar), planned('b', 9, dollar)]);
    expect(refusalOf(() => chargeOf(account, dollar, 'a')).message).toContain('"few"');
    for (let call = 0; call < 9; call++) chargeOf(account, dollar, 'b');
    expect(hasRoom(budgets, 1n)).toBe(true);
  });

  it('give back what their counted input does not need before they are sent', () => {
    const budgets = budgetsOf([tenDollars]);
    const account = accountOf(budgets);
    account.plan([planned('a', 10, dollar)]);
    for (let call = 0; call < 5; call++) chargeOf(account, dollar / 4n, 'a');
    expect(hasRoom(budgets, 3n)).toBe(true);
    expect(hasRoom(budgets, 4n)).toBe(false);
  });

  it('leave their room to none of the further attempts, which need their own', () => {
    const budgets = budgetsOf([tenDollars]);
    const account = accountOf(budgets);
    account.plan([planned('a', 9, dollar)]);
    chargeOf(account, dollar, 'a');
    chargeOf(account, dollar);
    expect(refusalOf(() => chargeOf(account, dollar)).message).toContain('$0 left');
    for (let call = 0; call < 8; call++) chargeOf(account, dollar, 'a');
    // The tenth item of a list that was declared as nine.
    expect(refusalOf(() => chargeOf(account, dollar, 'a')).message).toContain('$0 left, $1 needed');
  });

  it('may cost more than was held where there is room for the rest', () => {
    const budgets = budgetsOf([tenDollars]);
    const account = accountOf(budgets);
    account.plan([planned('a', 2, dollar)]);
    chargeOf(account, 9n * dollar, 'a');
    expect(refusalOf(() => chargeOf(account, 2n * dollar, 'a')).message).toContain('$1 left, $2 needed');
    chargeOf(account, dollar, 'a');
  });

  it('hold nothing for answers that are known', () => {
    const budgets = budgetsOf([tenDollars]);
    const account = accountOf(budgets);
    account.plan([planned('a', 20, dollar)]);
    for (let item = 0; item < 15; item++) account.spare('a', true);
    chargeOf(account, dollar, 'a');
    expect(hasRoom(budgets, 5n)).toBe(true);
    account.spare('a', false);
    chargeOf(account, dollar, 'a');
    expect(hasRoom(budgets, 6n)).toBe(true);
    expect(hasRoom(budgets, 7n)).toBe(false);
    expect(account.spending).toEqual({ nanoUsd: 2n * dollar, calls: 2, cached: 15, overshootNanoUsd: 0n });
  });

  it('are held once it is known which answers are cached', async () => {
    const account = accountOf(budgetsOf([tenDollars]));
    account.plan([planned('a', 20, dollar)]);
    const lookups = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    for (const { promise } of lookups) account.awaitLookup(promise);
    const charge = chargeOf(account, dollar, 'a');
    expect(charge).toBeInstanceOf(Promise);
    lookups[0]?.resolve();
    lookups[1]?.reject(new Error('a store that fails finds nothing'));
    await lookups[1]?.promise.catch(() => {
      for (let item = 0; item < 15; item++) account.spare('a', true);
    });
    expect(await charge).toBeDefined();
    // What is looked for later does not hold up what is held already.
    account.awaitLookup(new Promise(() => {}));
    expect(chargeOf(account, dollar, 'a')).not.toBeInstanceOf(Promise);
  });

  it('may be several for an item, which are spared together', () => {
    const budgets = budgetsOf([tenDollars]);
    const account = accountOf(budgets);
    account.plan([planned('a', 3, dollar, { callsPerItem: 3 })]);
    chargeOf(account, dollar, 'a');
    expect(hasRoom(budgets, 1n)).toBe(true);
    expect(hasRoom(budgets, 2n)).toBe(false);
    account.spare('a', true);
    chargeOf(account, dollar, 'a');
    expect(hasRoom(budgets, 4n)).toBe(true);
    expect(hasRoom(budgets, 5n)).toBe(false);
  });

  it('hold nothing once the request has ended, whatever became of them', () => {
    const budgets = budgetsOf([tenDollars, { per: 'user', limit_tokens: 1_000, every: 'day' }]);
    for (let request = 0; request < 1_000; request++) {
      const account = accountOf(budgets);
      account.plan([planned('a', 5, dollar), planned('b', 2, dollar)]);
      const charges = [chargeOf(account, dollar, 'a'), chargeOf(account, dollar, 'b')];
      account.spare('a', false);
      account.close();
      // Ended after the request: its client left.
      for (const charge of charges) charge.settle(nothing);
      // Of a shared run that outlives it.
      chargeOf(account, dollar, 'a').settle(nothing);
    }
    expect(hasRoom(budgets, 10n)).toBe(true);
  });

  it('go to the cheaper model together where a budget names one', () => {
    const budgets = budgetsOf([
      { ...tenDollars, match: { model: 'smart' }, cheaper_model: 'fast' },
      { name: 'fast', match: { model: 'fast' }, limit_usd: '2', every: '1h' },
    ]);
    const priceWith = (alias: string) => ({ alias, prompt: 'a', nanoUsd: dollar / 10n, tokens: 100 });
    const account = accountOf(budgets);
    account.plan([planned('a', 20, dollar, { priceWith })]);
    expect(refusalOf(() => chargeOf(account, dollar, 'a'))).toMatchObject({ cheaperModel: 'fast' });
    for (let call = 0; call < 20; call++) chargeOf(account, dollar / 10n, 'a', 'fast');
    expect(refusalOf(() => chargeOf(account, dollar / 10n, 'a', 'fast')).message).toContain('"fast"');
    const other = accountOf(budgets);
    other.plan([planned('a', 11, dollar, { priceWith })]);
    expect(refusalOf(() => chargeOf(other, dollar, 'a'))).toMatchObject({ cheaperModel: 'fast' });
    expect(refusalOf(() => chargeOf(other, dollar / 10n, 'a', 'fast')).message).toContain('"fast"');
  });

  it('keep their room within the request’s own limit', () => {
    const budgets = budgetsOf([]);
    const account = accountOf(budgets, Number(5n * dollar));
    account.plan([planned('a', 5, dollar)]);
    chargeOf(account, dollar, 'a').settle({ nanoUsd: dollar / 2n, tokens: 1, isSent: true, ...ended });
    expect(refusalOf(() => chargeOf(account, dollar)).message).toContain('$0.5 left');
    for (let call = 0; call < 4; call++) chargeOf(account, dollar, 'a');
  });

  it('leave no hold after 10,000 calls that failed, were cut, aborted or never sent, and the next call passes', () => {
    const budgets = budgetsOf([tenDollars, { per: 'user', limit_usd: '10', every: 'day' }]);
    const random = new Random(7);
    let spent = 0n;
    let calls = 0;
    while (calls < 10_000) {
      const account = accountOf(budgets);
      const items = 1 + random.below(5);
      account.plan([planned('a', items, 1_000n), planned('b', 2, 500n)]);
      for (let item = 0; item < items + random.below(3); item++) {
        if (random.chance(0.1)) {
          account.spare('a', true);
          continue;
        }
        calls++;
        const charge = chargeOf(account, BigInt(1 + random.below(2_000)), random.chance(0.8) ? 'a' : undefined);
        const isSent = random.chance(0.7);
        if (isSent) charge.commit();
        const nanoUsd = isSent && random.chance(0.8) ? BigInt(random.below(800)) : 0n;
        charge.settle({ nanoUsd, tokens: 1, isSent, ...ended, outcome: random.pick(['ok', 'aborted', 'timeout']) });
        charge.settle({ nanoUsd, tokens: 1, isSent, ...ended });
        spent += nanoUsd;
      }
      account.close();
    }
    const rest = 10n * dollar - spent;
    expect(refusalOf(() => chargeOf(accountOf(budgets), rest + 1n)).message).toContain('needed');
    chargeOf(accountOf(budgets), rest);
  });

  it('are of any number of budgets', () => {
    const perPrompt = Array.from({ length: 16 }, (_, index) => ({
      name: `b${index}`,
      per: 'prompt',
      match: {},
      limit_usd: '10',
      every: `${index + 1}h`,
    }));
    const budgets = budgetsOf(perPrompt);
    const account = accountOf(budgets);
    account.plan(Array.from({ length: 6 }, (_, index) => planned(`prompt-${index}`, index === 5 ? 11 : 10, dollar)));
    expect(refusalOf(() => chargeOf(account, dollar, 'prompt-5')).message).toContain('$11 needed');
    for (let call = 0; call < 10; call++) chargeOf(account, dollar, 'prompt-0');
    account.close();
  });
});

describe('a worker that dies', () => {
  it('leaves what it had sent as spent, and nothing held', async () => {
    const memory = createCounterMemory();
    const first = new SharedCounters({ memory, holder: 1 });
    const others = budgetsOf(
      [{ name: 'calls', limit_calls: 10, every: '1h' }],
      new SharedCounters({ memory, holder: 2 }) as never,
    );
    const account = accountOf(budgetsOf([{ name: 'calls', limit_calls: 10, every: '1h' }], first));
    account.plan([planned('a', 10, 1n)]);
    const charges = Array.from({ length: 5 }, () => chargeOf(account, 1n, 'a'));
    // Two of them are never sent.
    for (const charge of charges.slice(2)) charge.commit();
    // A call that was not planned holds its room in the same way.
    expect(refusalOf(() => chargeOf(accountOf(others), 1n)).message).toContain('0 calls left');
    await endCounterHolder(memory, 1);
    const survivor = accountOf(others);
    for (let call = 0; call < 7; call++) chargeOf(survivor, 1n);
    expect(refusalOf(() => chargeOf(survivor, 1n)).message).toContain('0 calls left');
  });
});

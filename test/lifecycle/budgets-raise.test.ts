/** Temporary increases of budgets, by the command and by the admin graph, under a gateway of two workers. */
import { expect, it, vi } from 'vitest';
import { type BudgetGateway, budgetGateways } from '../testkit/processes/budget-gateways.ts';
import { runCommand } from '../testkit/processes/run-command.ts';

// A start takes many times as long where the machine is busy.
vi.setConfig({ testTimeout: 240_000 });

/** The calls that pass, until some are refused by both workers. */
async function callsOf({ chat }: BudgetGateway): Promise<number> {
  const answers = await Promise.all(Array.from({ length: 12 }, () => chat()));
  for (const answer of answers) await answer.arrayBuffer();
  return answers.filter(({ status }) => status === 200).length;
}

it('an increase is in effect in running gateways, is listed and audited, and outlives a restart', async () => {
  await using gateways = await budgetGateways(
    '  budgets: [{ name: four, limit_calls: 4, every: year }]',
    'admin: { port: 0 }',
  );
  const run = async (...args: readonly string[]): Promise<string> => {
    const { out, errors, code } = await runCommand(...args, '--config', gateways.config);
    expect({ errors, code }).toEqual({ errors: '', code: 0 });
    return out;
  };
  const gateway = await gateways.start(2);
  expect(await callsOf(gateway)).toBe(4);
  expect(await run('budgets', 'raise', 'four', '--by', '3', '--until', '1d')).toMatch(
    /^the budget "four" is raised by 3 calls until 20\d\d-\d\d-\d\dT[\d:.]+Z\n$/,
  );
  let passed = 0;
  await expect
    .poll(async () => (passed += await callsOf(gateway)), { timeout: 30_000, interval: 100 })
    .toBeGreaterThanOrEqual(3);
  expect(passed).toBe(3);
  // Of both workers, once they have booked their calls.
  await expect.poll(() => run('budgets')).toMatch(/^four +- +7 calls +7 calls +0 calls +100 %/m);

  const { adminUrl } = gateway.lines().find(({ msg }) => msg === 'the admin listener listens') ?? {};
  const mutate = async (arguments_: string) => {
    const query = `mutation { raiseBudget(name: "four", ${arguments_}) { budget subject by unit until } }`;
    const headers = { 'content-type': 'application/json' };
    return (await fetch(String(adminUrl), { method: 'POST', headers, body: JSON.stringify({ query }) })).json();
  };
  expect(await mutate('by: "1.5", until: "1d"')).toMatchObject({
    errors: [{ message: 'by: write a whole number of calls', extensions: { code: 'BAD_USER_INPUT' } }],
  });
  const raised = { budget: 'four', subject: null, by: '5', unit: 'CALLS', until: '2999-12-01T00:00:00.000Z' };
  expect(await mutate('by: "5", until: "2999-12-01T00:00Z"')).toEqual({ data: { raiseBudget: raised } });
  expect(await run('audit')).toMatch(/budgets\.raise {2}four {2}.*5/);
  await gateway.kill();

  const next = await gateways.start(2);
  expect(await callsOf(next)).toBe(2);
  expect(gateways.provider.requests).toHaveLength(9);
});

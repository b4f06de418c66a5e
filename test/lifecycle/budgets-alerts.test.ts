/** Alerts of budgets that are sent to a webhook, by a gateway of two workers. */
import { expect, it, vi } from 'vitest';
import { budgetGateways } from '../testkit/processes/budget-gateways.ts';
import { startWebhookReceiver, webhookSecret } from '../testkit/servers/webhook-receiver.ts';

// A start takes many times as long where the machine is busy.
vi.setConfig({ testTimeout: 240_000 });

it('each share of a budget that is reached is sent to the webhook once over all workers, signed', async () => {
  await using receiver = await startWebhookReceiver();
  await using gateways = await budgetGateways(
    `  ledger: false
  budgets: [{ name: ten, limit_calls: 10, every: year, alerts: [50, 100] }, { limit_usd: "0.0006", every: 1h, alerts: [50] }]
  budget_alerts: { url: "${receiver.url}", secret: "${webhookSecret}" }`,
  );
  const { chat } = await gateways.start(2);
  const answers = await Promise.all(Array.from({ length: 20 }, () => chat()));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
  await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(3);
  for (const answer of answers) await answer.arrayBuffer();
  expect(receiver.received.every(({ isValid }) => isValid)).toBe(true);
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(3);
  const moment = expect.stringMatching(/^20\d\d-\d\d-\d\dT[\d:.]+Z$/);
  const bodies = receiver.received.map(({ body }) => body);
  const ten = { budget: 'ten', subject: null, limit: '10', unit: 'calls', resetsAt: moment, at: moment };
  expect(bodies).toEqual(
    expect.arrayContaining([
      { ...ten, percent: 50, spent: expect.stringMatching(/^([5-9]|10)$/) },
      { ...ten, percent: 100, spent: '10' },
      {
        budget: 'organization usd 1h',
        subject: null,
        percent: 50,
        limit: '0.0006',
        spent: expect.stringMatching(/^0\.000[3-6]\d*$/),
        unit: 'usd',
        resetsAt: null,
        at: moment,
      },
    ]),
  );
});

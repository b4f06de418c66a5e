import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { aiYaml, resolveAi } from '../../../src/config/ai/ai.ts';
import { Webhook } from '../../../src/webhooks/index.ts';
import { startWebhookReceiver, webhookSecret } from '../../testkit/servers/webhook-receiver.ts';

const alert = {
  budget: 'tenants',
  subject: 'acme',
  percent: 80,
  limit: '25',
  spent: '20.0001',
  unit: 'usd',
  resetsAt: '2026-12-01T00:00:00.000Z',
  at: '2026-11-29T10:00:00.000Z',
} as const;

const unusedUrl = 'http://127.0.0.1:1/alerts?token=t0p';

function open(url: string, { pauseMs = 1, timeout = '5s' } = {}) {
  const { budgetAlerts } = resolveAi(
    aiYaml.parse({ budget_alerts: { url, secret: webhookSecret, timeout } }),
    (path) => path,
  );
  if (budgetAlerts === undefined) throw new Error('there is a webhook');
  const lines: object[] = [];
  const write = (fields: object, msg: string): void => void lines.push({ ...fields, msg });
  const log = { debug: write, info: write, warn: write, error: write, fatal: write };
  return { webhook: new Webhook({ config: budgetAlerts, log: log as never, pauseMs: () => pauseMs }), lines };
}

describe('an alert', () => {
  it('is sent once, as JSON, with a signature that a receiver verifies', async () => {
    await using receiver = await startWebhookReceiver();
    const { webhook, lines } = open(receiver.url);
    webhook.send(alert);
    await webhook.close();
    expect(receiver.received).toEqual([
      { id: expect.stringMatching(/^msg_[0-9a-f]{32}$/), isValid: true, contentType: 'application/json', body: alert },
    ]);
    expect(lines).toEqual([]);
  });

  it.each([
    ['a broken connection', 0],
    ['500', 500],
    ['503', 503],
    ['429', 429],
  ])('is sent again after %s, under the same id, signed anew', async (_name, status) => {
    await using receiver = await startWebhookReceiver();
    receiver.script.push(status, status);
    const { webhook, lines } = open(receiver.url);
    webhook.send(alert);
    await expect.poll(() => receiver.received.length).toBe(3);
    await webhook.close();
    expect(receiver.received.map(({ isValid }) => isValid)).toEqual([true, true, true]);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    expect(lines).toEqual([]);
  });

  it.each([400, 410, 302])(
    'is not sent again after %i, and the log says so without the path of the URL',
    async (status) => {
      await using receiver = await startWebhookReceiver();
      receiver.script.push(status);
      const { webhook, lines } = open(receiver.url);
      webhook.send(alert);
      await webhook.close();
      expect(receiver.received).toHaveLength(1);
      expect(lines).toEqual([
        {
          webhook: new URL(receiver.url).origin,
          reason: `it answered ${status}`,
          msg: 'a webhook was not sent; more are not logged until one is sent',
        },
      ]);
    },
  );

  it('is given up after six attempts; a receiver that fails is logged once, and when it answers again', async () => {
    await using receiver = await startWebhookReceiver();
    receiver.script.push(...Array.from({ length: 18 }, () => 500));
    const { webhook, lines } = open(receiver.url);
    for (let index = 0; index < 3; index++) webhook.send(alert);
    await expect.poll(() => receiver.received.length).toBe(18);
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    webhook.send(alert);
    await expect.poll(() => lines).toHaveLength(2);
    await webhook.close();
    expect(receiver.received).toHaveLength(19);
    expect(lines[1]).toMatchObject({ lost: 3, msg: 'webhooks are sent again' });
  });

  it('is dropped where a thousand wait, and no caller ever waits', async () => {
    const { webhook, lines } = open(unusedUrl, { pauseMs: 60_000 });
    for (let index = 0; index < 1_010; index++) webhook.send(alert);
    expect(lines).toEqual([expect.objectContaining({ webhook: 'http://127.0.0.1:1', reason: '1000 wait already' })]);
    await webhook.close();
    expect(lines).toHaveLength(1);
  });

  it('is tried once more when the gateway ends', async () => {
    await using receiver = await startWebhookReceiver();
    receiver.script.push(500);
    const { webhook, lines } = open(receiver.url, { pauseMs: 60_000 });
    webhook.send(alert);
    await expect.poll(() => receiver.received.length).toBe(1);
    await webhook.close();
    expect(receiver.received).toHaveLength(2);
    expect(lines).toEqual([]);
  });

  it('holds up no end of the gateway where the receiver never answers', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { webhook, lines } = open(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/`, { timeout: '30ms' });
    webhook.send(alert);
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ reason: expect.stringContaining('timeout') });
    await webhook.close();
    silent.close();
  });
});

/** Alerts over sums in a real store, at the times of a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Alerts } from '../../../src/alerts/index.ts';
import { alertsYaml, resolveAlerts } from '../../../src/config/alerts/alerts.ts';
import type { RecordStore, WrittenSum } from '../../../src/store/records/index.ts';
import { startWebhookReceiver, webhookSecret } from '../../testkit/servers/webhook-receiver.ts';
import { openRecordsOf, writtenSum } from '../store/records-contract.ts';

const hour = 3_600_000;
const week = 7 * 24 * hour;
const minute = 60_000;
/** In the last minutes of an hour, so that windows cross into the next one. */
const start = Date.parse('2026-11-10T12:58:00Z');

const folder = mkdtempSync(join(tmpdir(), 'isthmus-alerts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let stores = 0;
let records: RecordStore;
let now: number;
/** Sums of an hour only grow. */
let written: Map<string, WrittenSum>;
let lines: { readonly [name: string]: unknown }[];
let alerts: Alerts;
beforeEach(async () => {
  const file = join(folder, String(++stores), 'state.db');
  records = await openRecordsOf({ kind: 'sqlite', file, key: undefined, previousKeys: [], line: undefined });
  now = start;
  written = new Map();
  lines = [];
});
afterEach(async () => {
  await alerts.close();
  await records.close();
});

async function add(of: Partial<WrittenSum>, at = now): Promise<void> {
  const hourOf = Math.floor(at / hour) * hour;
  const key = JSON.stringify([hourOf, of.model ?? '', of.operation ?? '']);
  const before = written.get(key);
  const sum = writtenSum({ ...before, number: before?.number ?? written.size, ...of, hour: hourOf });
  const next = {
    ...sum,
    count: (before?.count ?? 0) + (of.count ?? 0),
    errors: (before?.errors ?? 0) + (of.errors ?? 0),
    nanoUsd: (before?.nanoUsd ?? 0) + (of.nanoUsd ?? 0),
    durations: of.durations ?? before?.durations ?? new Map(),
  };
  written.set(key, next);
  await records.add({ records: [], sums: [next] });
}

function open(rule: Readonly<Record<string, unknown>>, webhook?: string): void {
  const config = resolveAlerts(
    alertsYaml.parse({
      rules: [{ name: 'watched', ...rule }],
      ...(webhook === undefined ? {} : { webhook: { url: webhook, secret: webhookSecret } }),
    }),
  );
  const write = (fields: object, msg: string): void => void lines.push({ ...fields, msg });
  const log = { debug: write, info: write, warn: write, error: write, child: () => log };
  alerts = new Alerts({ config, reader: { sums: (request) => records.sums(request) }, log, everyMs: hour });
}

async function evaluate(): Promise<readonly unknown[]> {
  lines.length = 0;
  await alerts.evaluate(now);
  return lines.map(({ msg, of, value }) => ({ msg, of, value }));
}

describe('an alert', () => {
  it('fires when the share of errors is above its threshold, and ends below a part of it, across an hour', async () => {
    await add({ count: 1_000, errors: 900 });
    open({ measure: 'error_rate', above: '10%', over: '2m' });
    expect(await evaluate()).toEqual([]);
    now += minute;
    await add({ count: 100, errors: 10 });
    expect(await evaluate()).toEqual([]);
    await add({ count: 0, errors: 1 });
    expect(await evaluate()).toEqual([{ msg: 'an alert fires', of: {}, value: 0.11 }]);
    now += minute;
    await add({ count: 20, errors: 0 });
    expect(await evaluate()).toEqual([]);
    now += 2 * minute;
    await add({ count: 100, errors: 9 });
    expect(await evaluate()).toEqual([]);
    now += 2 * minute;
    await add({ count: 100, errors: 7 });
    expect(await evaluate()).toEqual([{ msg: 'an alert has ended', of: {}, value: 0.07 }]);
  });

  it('fires when it has been so for long enough, and ends when nothing happens any more', async () => {
    open({ measure: 'p99', above: '100ms', over: '1m', for: '1m' });
    await evaluate();
    await add({ count: 50, durations: new Map([[400, 50]]) });
    now += minute / 2;
    expect(await evaluate()).toEqual([]);
    await add({ count: 50, durations: new Map([[400, 100]]) });
    now += minute;
    expect(await evaluate()).toMatchObject([{ msg: 'an alert fires' }]);
    now += 2 * minute;
    expect(await evaluate()).toEqual([]);
    now += minute;
    expect(await evaluate()).toMatchObject([{ msg: 'an alert has ended', value: 0 }]);
  });

  it('says nothing of a few operations', async () => {
    open({ measure: 'error_rate', above: '1%', min_count: 10 });
    await evaluate();
    await add({ count: 9, errors: 9 });
    now += minute;
    expect(await evaluate()).toEqual([]);
  });

  it('of each model by itself fires when its price drifts from that of the same hour in past weeks', async () => {
    const call = (model: string, count: number, nanoUsd: number, at = now, errors = 0) =>
      add({ kind: 'model', field: 'Product.pitch', model, count, nanoUsd, errors }, at);
    for (const weeks of [1, 2, 3]) {
      await call('p/steady', 100, 100_000, now - weeks * week);
      await call('p/drifting', 100, 100_000, now - weeks * week);
    }
    open({ measure: 'usd_per_call', above_usual: 2, by: 'model' });
    await evaluate();
    now += minute;
    for (const [model, nanoUsd] of [
      ['p/steady', 50_000],
      ['p/drifting', 150_000],
      ['p/new', 900_000],
    ] as const)
      await call(model, 50, nanoUsd);
    expect(await evaluate()).toEqual([{ msg: 'an alert fires', of: { model: 'p/drifting' }, value: 0.000003 }]);
    const set = vi.fn();
    alerts.metricSource(set);
    expect(set.mock.calls).toEqual([['isthmus_alerts_firing', 1, 'watched']]);
  });

  it('compares a number with what is usual for a window of that length', async () => {
    await add({ count: 6_000 }, now - week);
    open({ measure: 'count', above_usual: 3, over: '1m' });
    await evaluate();
    now += minute;
    await add({ count: 300 });
    expect(await evaluate()).toEqual([]);
    await add({ count: 1 });
    expect(await evaluate()).toMatchObject([{ msg: 'an alert fires', value: 301 }]);
  });

  it('is sent to a webhook, signed, when it begins and when it ends', async () => {
    await using receiver = await startWebhookReceiver();
    open({ measure: 'usd', above: '0.5', over: '1m', where: { operation: 'Page' } }, receiver.url);
    await evaluate();
    now += minute;
    await add({ count: 30, nanoUsd: 600_000_000 });
    await evaluate();
    now += 2 * minute;
    await evaluate();
    now += minute;
    await evaluate();
    await expect.poll(() => receiver.received.length).toBe(2);
    const body = { alert: 'watched', measure: 'usd', threshold: 0.5, of: { operation: 'Page' }, overSeconds: 60 };
    expect(
      receiver.received.map(({ isValid, body: sent }) => [isValid, (sent as { state: string }).state]).sort(),
    ).toEqual([
      [true, 'ended'],
      [true, 'firing'],
    ]);
    expect(receiver.received[0]?.body).toMatchObject(body);
  });

  it('is not evaluated while the sums cannot be read, which is said once, and so is the end of it', async () => {
    open({ measure: 'count', above: 5 });
    const broken = new Alerts({
      config: resolveAlerts(alertsYaml.parse({ rules: [{ name: 'watched', measure: 'count', above: 5 }] })),
      reader: { sums: (request) => (now === start ? Promise.reject(new Error('no disk')) : records.sums(request)) },
      log: {
        debug() {},
        info: (_, msg) => lines.push({ msg }),
        warn() {},
        error: (_, msg) => lines.push({ msg }),
        child: () => undefined as never,
      },
      everyMs: hour,
    });
    for (let times = 0; times < 3; times++) await broken.evaluate(now);
    now++;
    for (let times = 0; times < 2; times++) await broken.evaluate(now);
    await broken.close();
    expect(lines.map(({ msg }) => msg)).toEqual([
      'alerts cannot be evaluated: the records cannot be read',
      'alerts are evaluated again',
    ]);
  });
});

describe('a rule', () => {
  it.each([
    [{ measure: 'error_rate', above: 5 }, 'write a share such as 5%'],
    [{ measure: 'p99', above: '5%' }, 'write a duration such as 800ms'],
    [{ measure: 'usd', above: 'much' }, 'write a number of 0 or more, such as 10.50'],
    [{ measure: 'count' }, 'write one of above and above_usual'],
    [{ measure: 'count', above: 1, above_usual: 2 }, 'write one of above and above_usual'],
    [{ measure: 'count', above: 1, over: '7h' }, 'a window is from 30s to 6h'],
  ])('is refused with the way to mend it: %j', (rule, message) => {
    const parsed = alertsYaml.safeParse({ rules: [{ name: 'watched', ...rule }] });
    expect(parsed.error?.issues.map((issue) => issue.message)).toContain(message);
    alerts ??= { close: () => Promise.resolve() } as Alerts;
  });
});

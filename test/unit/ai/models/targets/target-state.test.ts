import { afterAll, describe, expect, it } from 'vitest';
import { KeyRing } from '../../../../../src/ai/models/targets/key-ring.ts';
import { TargetHealth } from '../../../../../src/ai/models/targets/target-health.ts';
import type { Signals } from '../../../../../src/signals/index.ts';
import { nextSignal, twoWorkersSignals } from '../../../../testkit/processes/worker-signals.ts';

const breaker = { thresholdPercent: 50, minRequests: 4, windowMs: 10_000, sleepMs: 5_000 };
const none: ReadonlySet<number> = new Set();

const workers = twoWorkersSignals();
afterAll(() => workers.close());

function healthOf(signals: Signals, changes: string[] = []): TargetHealth {
  return new TargetHealth('p/m', { breaker, signals, onBreakerChange: (_, state) => changes.push(state) });
}

describe('the state of a target in several workers', () => {
  it('is an open breaker in all where one has opened, and closed in all where one’s probe succeeds', async () => {
    const changes: string[] = [];
    const [first, second] = [healthOf(workers.first), healthOf(workers.second, changes)];
    const opened = nextSignal(workers.second, 'model breaker p/m');
    for (let call = 0; call < 4; call++) first.end('failure', first.begin(performance.now()), performance.now());
    expect(await opened).toBe('open');
    const now = performance.now();
    expect([first.readiness(now), second.readiness(now), second.openForMs(now) > 4_000]).toEqual([
      'open',
      'open',
      true,
    ]);
    const later = now + 6_000;
    const probing = nextSignal(workers.second, 'model breaker p/m');
    expect(first.begin(later)).toBe(true);
    expect(await probing).toBe('half-open');
    expect(second.readiness(now)).toBe('open');
    const closed = nextSignal(workers.second, 'model breaker p/m');
    first.end('success', true, later);
    expect(await closed).toBe('closed');
    expect(second.readiness(later)).toBe('ready');
    expect(changes).toEqual([]);
    first.close();
    second.close();
  });

  it('is a cool-down in all', async () => {
    const [first, second] = [healthOf(workers.first), healthOf(workers.second)];
    const cooling = nextSignal(workers.second, 'model cool-down p/m');
    first.coolDown(10_000);
    await cooling;
    expect([first.isCooling(performance.now()), second.isCooling(performance.now())]).toEqual([true, true]);
    expect(second.isCooling(performance.now() + 10_001)).toBe(false);
  });

  it('is a key that is passed over in all', async () => {
    const [first, second] = [new KeyRing('p', 2, workers.first), new KeyRing('p', 2, workers.second)];
    const cooling = nextSignal(workers.second, 'key cool-down p');
    first.coolDown(0, 10_000);
    await cooling;
    const now = performance.now();
    expect([second.choose(none, now), second.choose(none, now)]).toEqual([1, 1]);
  });
});

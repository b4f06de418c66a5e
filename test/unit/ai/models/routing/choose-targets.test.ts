import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChoiceContext, chooseTargets } from '../../../../../src/ai/models/routing/choose-targets.ts';
import { createRoutes } from '../../../../../src/ai/models/routing/create-routes.ts';
import { uniformOf, weightedOrder } from '../../../../../src/ai/models/routing/weighted-order.ts';
import type { ModelAlias } from '../../../../../src/config/index.ts';
import { ProcessCounters } from '../../../../../src/counters/index.ts';
import { noSignals } from '../../../../../src/signals/index.ts';
import { alias, provider, target } from '../model-client-kit.ts';

function routeOf(config: ModelAlias) {
  const route = createRoutes({
    providers: new Map([['a', provider('a')]]),
    models: { fast: config },
    exposeReferences: false,
    breaker: { thresholdPercent: 50, minRequests: 20, windowMs: 10_000, sleepMs: 5_000 },
    counters: new ProcessCounters(),
    signals: noSignals,
    onBreakerChange: () => {},
  }).find('fast');
  if (route === undefined) throw new Error('no route');
  return route;
}

function context(more: Partial<ChoiceContext> = {}): ChoiceContext {
  return {
    caller: { id: 'anonymous', tenant: 'public' },
    stickyKey: undefined,
    inputTokens: () => 100,
    needs: () => new Set(),
    upperBound: () => undefined,
    random: Math.random,
    ...more,
  };
}

function chosen(route: ReturnType<typeof routeOf>, more: Partial<ChoiceContext> = {}): string[] {
  const choice = chooseTargets(route, context(more), performance.now());
  return choice.kind === 'chosen' ? choice.targets.map(({ config }) => config.model) : [choice.kind];
}

const when = {
  minInputTokens: undefined,
  maxInputTokens: undefined,
  needs: [],
  tenants: undefined,
  callers: undefined,
};

describe('rules', () => {
  const route = routeOf(
    alias(['a/small', 'a/large', 'a/eu'], {
      rules: [
        { when: { ...when, tenants: ['acme'] }, targets: [2] },
        { when: { ...when, minInputTokens: 1_000 }, targets: [1, 0] },
        { when: { ...when, needs: ['images'] }, targets: [1] },
      ],
    }),
  );

  it('apply the first that matches, by tenant, size and need', () => {
    expect(chosen(route, { caller: { id: 'x', tenant: 'acme' }, inputTokens: () => 5_000 })).toEqual(['eu']);
    expect(chosen(route, { inputTokens: () => 1_000 })).toEqual(['large', 'small']);
    expect(chosen(route, { needs: () => new Set(['images']) })).toEqual(['large']);
    expect(chosen(route, { inputTokens: () => 999 })).toEqual(['small', 'large', 'eu']);
  });
});

describe('strategies', () => {
  it('least_busy chooses the one with the fewest calls in flight', () => {
    const route = routeOf(alias(['a/x', 'a/y', 'a/z'], { strategy: 'least_busy' }));
    const [x, y] = route.targets;
    x?.health.begin(0);
    x?.health.begin(0);
    y?.health.begin(0);
    expect(chosen(route)).toEqual(['z', 'y', 'x']);
  });

  it('lowest_latency chooses the fastest, the unmeasured first, and explores at times', () => {
    const route = routeOf(alias(['a/x', 'a/y', 'a/z'], { strategy: 'lowest_latency' }));
    const [x, y, z] = route.targets;
    x?.health.observeLatency(300);
    y?.health.observeLatency(100);
    expect(chosen(route, { random: () => 0.5 })).toEqual(['z', 'y', 'x']);
    z?.health.observeLatency(200);
    expect(chosen(route, { random: () => 0.5 })).toEqual(['y', 'z', 'x']);
    expect(chosen(route, { random: () => 0.01 })[0]).toBe('z');
  });

  it('place a target that is cooling down last', () => {
    const route = routeOf(alias(['a/x', 'a/y']));
    route.targets[0]?.health.coolDown(performance.now() + 10_000);
    expect(chosen(route)).toEqual(['y', 'x']);
  });

  it('exclude a target whose breaker is open, and report if all are open', () => {
    const route = routeOf(alias(['a/x', 'a/y']));
    const fail = (index: number): void => {
      for (let turn = 0; turn < 20; turn++) {
        route.targets[index]?.health.begin(performance.now());
        route.targets[index]?.health.end('failure', false, performance.now());
      }
    };
    fail(0);
    expect(chosen(route)).toEqual(['y']);
    fail(1);
    expect(chosen(route)).toEqual(['open']);
  });
});

describe('splits by weight', () => {
  it('distribute calls by weight', () => {
    const route = routeOf(
      alias([target('a/x', { weight: 90 }), target('a/y', { weight: 10 }), target('a/z', { weight: 0 })], {
        strategy: 'weighted',
      }),
    );
    let y = 0;
    for (let turn = 0; turn < 4_000; turn++) {
      const order = chosen(route);
      if (order[0] === 'y') y++;
      expect(order.at(-1)).toBe('z');
    }
    expect(y / 4_000).toBeGreaterThan(0.07);
    expect(y / 4_000).toBeLessThan(0.13);
  });

  it('are constant for a caller, a tenant or a key, and distributed by weight', () => {
    const route = routeOf(
      alias([target('a/x', { weight: 3 }), target('a/y', { weight: 1 })], { strategy: 'weighted', sticky: 'key' }),
    );
    let y = 0;
    for (let key = 0; key < 4_000; key++) {
      const [first] = chosen(route, { stickyKey: `p${key}` });
      expect(chosen(route, { stickyKey: `p${key}` })[0]).toBe(first);
      if (first === 'y') y++;
    }
    expect(y / 4_000).toBeGreaterThan(0.22);
    expect(y / 4_000).toBeLessThan(0.28);
  });

  it('move only the keys whose share has changed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 50 }), (before, more) => {
        const first = (weight: number, key: string): string | undefined =>
          weightedOrder(
            ['x', 'y'],
            (one) => (one === 'y' ? weight : 50),
            (one) => uniformOf(`${key} ${one}`),
          )[0];
        for (let key = 0; key < 100; key++) {
          if (first(before, `k${key}`) === 'y') expect(first(before + more, `k${key}`)).toBe('y');
        }
      }),
    );
  });
});

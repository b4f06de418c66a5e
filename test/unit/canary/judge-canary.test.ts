import { describe, expect, it } from 'vitest';
import { type CanaryObservation, CanaryTallies, judgeCanary } from '../../../src/canary/index.ts';
import { Random } from '../../testkit/random/random.ts';

const minute = 60_000;

/** @param of a request of each side, by its number */
function judged(
  requests: { readonly serving: number; readonly canary: number },
  of: (side: 'serving' | 'canary', index: number) => Partial<CanaryObservation>,
  elapsedMs = minute,
) {
  const tallies = new CanaryTallies();
  const usual = { ms: 10, failed: false, calledModels: false, nanoUsd: 0, aiItems: 0, aiFailed: 0 };
  for (const side of ['serving', 'canary'] as const)
    for (let index = 0; index < requests[side]; index++) tallies.add(side, { ...usual, ...of(side, index) });
  const [serving, canary] = [tallies.read('serving'), tallies.read('canary')];
  return judgeCanary({ serving, canary, elapsedMs, durationMs: minute });
}
const twentieth = { serving: 1_900, canary: 100 };

describe('a canary', () => {
  it('is promoted once its time is over and enough requests were as good', () => {
    expect(judged(twentieth, () => ({}), minute - 1)).toEqual({ kind: 'wait' });
    expect(judged({ serving: 1_900, canary: 49 }, () => ({}))).toEqual({ kind: 'wait' });
    expect(judged(twentieth, () => ({}))).toMatchObject({
      kind: 'promote',
      reason: expect.stringContaining('100 requests'),
    });
    // Better in every way.
    const better = judged(twentieth, (side) => ({ failed: side === 'serving', ms: side === 'serving' ? 500 : 10 }));
    expect(better).toMatchObject({ kind: 'promote' });
  });

  it('is withdrawn as soon as more of its requests fail than by chance', () => {
    const failing = judged(twentieth, (side, index) => ({ failed: side === 'canary' && index < 6 }), 1);
    expect(failing).toEqual({ kind: 'withdraw', reason: '6.0 % of its requests failed, and 0.0 % of the others' });
    expect(judged(twentieth, (side, index) => ({ failed: side === 'canary' && index < 4 }), 1)).toEqual({
      kind: 'wait',
    });
    // As many fail on both sides.
    expect(judged(twentieth, (_, index) => ({ failed: index % 10 === 0 }))).toMatchObject({ kind: 'promote' });
    expect(judged({ serving: 10, canary: 10 }, (side) => ({ failed: side === 'canary' }), 1)).toMatchObject({
      kind: 'withdraw',
    });
  });

  it('is withdrawn where it takes half as long again in the median, or twice as long at the end', () => {
    const tenth = { serving: 1_800, canary: 200 };
    const slow = judged(tenth, (side) => ({ ms: side === 'canary' ? 60 : 10 }), 1);
    expect(slow).toMatchObject({ kind: 'withdraw', reason: expect.stringContaining('p50') });
    const late = judged(tenth, (side, index) => ({ ms: side === 'canary' && index % 10 === 0 ? 900 : 10 }), 1);
    expect(late).toMatchObject({ kind: 'withdraw', reason: expect.stringContaining('p95') });
    // The first requests are slow.
    expect(judged(twentieth, (side) => ({ ms: side === 'canary' ? 60 : 10 }), 1)).toEqual({ kind: 'wait' });
    // Slower by what nobody notices.
    expect(judged(twentieth, (side) => ({ ms: side === 'canary' ? 5 : 1 }))).toMatchObject({ kind: 'promote' });
  });

  it('is withdrawn where its requests of models cost half as much again, or their answers are not valid', () => {
    const call = { calledModels: true, aiItems: 2 };
    const dear = judged(twentieth, (side) => ({ ...call, nanoUsd: side === 'canary' ? 300_000 : 100_000 }), 1);
    expect(dear).toEqual({
      kind: 'withdraw',
      reason: 'a request of models cost $0.000300 on average, and $0.000100 with the others',
    });
    const both = judged(
      twentieth,
      (side, index) => ({
        ...call,
        nanoUsd: side === 'canary' ? 300_000 : 100_000,
        aiFailed: side === 'canary' && index < 20 ? 1 : 0,
      }),
      1,
    );
    expect(both).toMatchObject({ reason: expect.stringMatching(/^10\.0 % of its AI .*; a request of models cost/) });
    expect(judged(twentieth, () => ({ ...call, nanoUsd: 100_000 }))).toMatchObject({ kind: 'promote' });
    const wrong = judged(
      twentieth,
      (side, index) => ({ ...call, aiFailed: side === 'canary' && index < 20 ? 1 : 0 }),
      1,
    );
    expect(wrong).toEqual({
      kind: 'withdraw',
      reason: '10.0 % of its AI fields’ values failed, and 0.0 % of the others’',
    });
  });

  it('that is as good as the other is rarely withdrawn, however often one looks', () => {
    const random = new Random(7);
    let withdrawn = 0;
    for (let canary = 0; canary < 200; canary++) {
      const verdict = judged(twentieth, () => ({ failed: random.chance(0.02), ms: 5 + 40 * random.next() }));
      if (verdict.kind === 'withdraw') withdrawn++;
    }
    expect(withdrawn).toBeLessThan(4);
  });
});

/**
 * How often the injection guard is wrong at its default threshold, on texts written for this project. The held-out and
 * the independent texts are not read when the rules change, so they measure; bench/NOTES.md names the rates.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scoreInjection } from '../../../../src/ai/guardrails/index.ts';

const threshold = 0.7;

/** One text a line, `\n` in it a new line; no comments. */
function texts(name: string): readonly string[] {
  const lines = readFileSync(new URL(`corpus/${name}.txt`, import.meta.url), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => line.replace(/(?<!\\[xu].{0,9})\\n/g, '\n'));
}

function percentBlocked(list: readonly string[]): number {
  return (100 * list.filter((text) => scoreInjection(text).score >= threshold).length) / list.length;
}

/** Put into honest texts of the same half, as a review or a mail carries an order. */
function carried(orders: readonly string[], carriers: readonly string[]): readonly string[] {
  return orders.map((order, index) => `${carriers[(index * 7) % carriers.length]}\n${order}`);
}

describe('the injection guard', () => {
  const tuning = { orders: texts('injections-tuning'), honest: texts('harmless-tuning') };
  const heldOut = { orders: texts('injections-held-out'), honest: texts('harmless-held-out') };

  const lookalikes = texts('harmless-lookalikes');
  const independent = { orders: texts('injections-independent'), honest: texts('harmless-independent') };

  it('is measured on at least 500 texts of each kind', () => {
    expect(tuning.orders.length + heldOut.orders.length).toBeGreaterThanOrEqual(500);
    expect(tuning.honest.length + heldOut.honest.length).toBeGreaterThanOrEqual(500);
  });

  it('misses few injections of the texts it was tuned on, and of others', () => {
    expect(100 - percentBlocked(tuning.orders)).toBeLessThanOrEqual(14.4);
    expect(100 - percentBlocked(heldOut.orders)).toBeLessThanOrEqual(17.5);
    expect(100 - percentBlocked(independent.orders)).toBeLessThanOrEqual(31.6);
  });

  it('blocks hardly any honest text', () => {
    expect(percentBlocked(tuning.honest)).toBeLessThanOrEqual(0.5);
    expect(percentBlocked(lookalikes)).toBeLessThanOrEqual(2);
    expect(percentBlocked(heldOut.honest)).toBeLessThanOrEqual(1.5);
    expect(percentBlocked(independent.honest)).toBeLessThanOrEqual(3.3);
  });

  it('finds injections inside an honest text as often as alone', () => {
    const alone = percentBlocked(heldOut.orders);
    expect(percentBlocked(carried(heldOut.orders, heldOut.honest))).toBeGreaterThanOrEqual(alone - 3);
  });

  it('does not suspect a text for its length', () => {
    expect(scoreInjection(tuning.honest.join('\n\n')).score).toBeLessThan(0.95);
    expect(
      percentBlocked([
        tuning.honest
          .filter((_text, index) => index % 3 === 0)
          .map((text) => `${text} ${'It rained all day in the valley. '.repeat(20)}`)
          .join('\n'),
      ]),
    ).toBe(0);
  });
});

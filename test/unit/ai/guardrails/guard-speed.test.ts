import { describe, expect, it } from 'vitest';
import { noPlaceholders } from '../../../../src/ai/guardrails/index.ts';
import { bounds, everything, guards } from './guards.ts';

const guard = guards(everything);
const plain =
  'the headphones are comfortable and the sound is warm, though the case feels a bit cheap. Battery life is fine for a day of work, and the noise cancelling helps on the train. I would buy them again, and I told my brother to get the same pair before the sale ends. Delivery took three days and went well.';

/** The least CPU time of up to `tries` runs, in milliseconds: other processes share this machine. */
function leastCpu(tries: number, enough: number, run: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < tries && least > enough; index += 1) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

describe('the guards with everything on', () => {
  it('take microseconds for a plain text of 300 characters', () => {
    const thousand = leastCpu(40, 15, () => {
      for (let index = 0; index < 1_000; index += 1) guard.checkInput([{ role: 'user', text: plain }], bounds());
    });
    expect(thousand).toBeLessThan(100); // 12 on a quiet machine: what this catches is a guard that has become several times slower
    const answers = leastCpu(40, 15, () => {
      for (let index = 0; index < 1_000; index += 1) guard.checkOutput(plain, noPlaceholders, bounds());
    });
    expect(answers).toBeLessThan(100); // 9
  });

  /** Milliseconds that a megabyte takes on a quiet machine, at most. */
  const quiet = 200;

  /** On a slow machine a megabyte may take longer, but not much more than ten times a tenth of it: quadratic is a hundred. */
  function expectLinear(unit: string, check: (text: string) => void): void {
    const whole = unit.repeat(Math.ceil(1_000_000 / unit.length)).slice(0, 1_000_000);
    const tenth = whole.slice(0, 100_000);
    let takes = Number.POSITIVE_INFINITY;
    let bound = quiet;
    for (let turn = 0; turn < 4 && takes > bound; turn += 1) {
      takes = Math.min(
        takes,
        leastCpu(1, 0, () => check(whole)),
      );
      if (takes > quiet && bound === quiet) bound = Math.max(quiet, 20 * leastCpu(4, 0, () => check(tenth)));
    }
    expect(takes).toBeLessThanOrEqual(bound);
  }

  const units = [
    'a', '@', 'a@', 'a.', '1', '1 ', '+1', '1-', '(', '<', '<a', '<a ', '[', '](', '[a](', '](a', ']: ', '0 1 2 ', '0111 1111 11 ',
    '+49 30 ', 'DE89 ', 'DE89', 'password=', 'key=', 'key:', 'token is a1', 'Password:', 'sk-', '-----BEGIN ', '-----BEGIN PRIVATE KEY----- x ',
    'eyJ.', '%69', '&#1', '\\x69', 'aGVsbG8g', '69 ', 'i g n o r e ', 'ignore ', 'ignore previous instructions ', '\n## system', '\n',
    '\n system', '忽略', '\u200b', 'é', '1 Aa Bb ', 'Aa Straße ', 'Via Roma ', 'A ', 'www.', 'http://a', '//a', 'data:', 'javascript:',
    '{{role ', '1:2:', '1.2.3.', 'EMP-', 'FALCO', '4111 ', '4111 1111 1111 1111 ', 'x-y', '"', '\\', ' ', '\u00a0', '😀',
  ]; // biome-ignore format: a list

  it.each(units)('check a megabyte of %j in linear time', { timeout: 30_000 }, (unit) => {
    expectLinear(unit, (text) => guard.checkInput([{ role: 'user', text }], bounds()));
    expectLinear(unit, (text) => guard.checkOutput(text, noPlaceholders, bounds()));
    expectLinear(unit, (text) => guard.redact(text));
  });
});

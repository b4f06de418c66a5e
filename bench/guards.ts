/** CPU of the guards of models' input and output: for a plain text of 300 characters, and for a megabyte of hostile text. */
import { noPlaceholders } from '../src/ai/guardrails/index.ts';
import { bounds, everything, guards } from '../test/unit/ai/guardrails/guards.ts';
import { hostileUnits } from '../test/unit/ai/guardrails/hostile-units.ts';
import { leastCpu } from './least-cpu.ts';
import { print } from './print.ts';

const plain =
  'the headphones are comfortable and the sound is warm, though the case feels a bit cheap. Battery life is fine for a day of work, and the noise cancelling helps on the train. I would buy them again, and I told my brother to get the same pair before the sale ends. Delivery took three days and went well.';

export function runGuards(): void {
  const guard = guards(everything);
  const checks = {
    input: (text: string) => guard.checkInput([{ role: 'user', text }], bounds()),
    output: (text: string) => guard.checkOutput(text, noPlaceholders, bounds()),
    redact: (text: string) => guard.redact(text),
  };
  for (const [name, check] of Object.entries(checks)) {
    const ms = millisecondsOf(20, () => {
      for (let index = 0; index < 1_000; index += 1) check(plain);
    });
    print(`${name}, a plain text of 300 characters: ${ms.toFixed(1)} microseconds`);
  }
  for (const [name, check] of Object.entries(checks)) {
    const slowest = hostileUnits
      .map((unit) => {
        const text = unit.repeat(Math.ceil(1_000_000 / unit.length)).slice(0, 1_000_000);
        const tenth = text.slice(0, 100_000);
        return { unit, whole: millisecondsOf(2, () => check(text)), tenth: millisecondsOf(3, () => check(tenth)) };
      })
      .sort((a, b) => b.whole - a.whole)
      .slice(0, 3);
    for (const { unit, whole, tenth } of slowest)
      print(
        `${name}, a megabyte of ${JSON.stringify(unit)}: ${whole.toFixed(0)} ms, ${(whole / tenth).toFixed(0)} times a tenth of it`,
      );
  }
}

function millisecondsOf(rounds: number, check: () => void): number {
  return leastCpu({ rounds, turns: 1 }, check) / 1_000;
}

/**
 * Runs the rules over the words of a text, each told once: for every sequence it holds how far it was read and where.
 * Positions are half words, and go on from text to text, so that nothing has to be cleared between two.
 */
import { orderProgram } from './order-program.ts';
import type { InjectionRule } from './order-rules.ts';

const { waiting, steps: count, emissions } = orderProgram;

export type Told = (rule: InjectionRule | 'negated' | 'quoted', score: number, start: number, end: number) => void;

export class OrderReader {
  /** Of each step: where the sequence's last word so far is, where its first one is, and at which character it begins. */
  readonly #lasts = new Int32Array(count).fill(-1_000_000);
  readonly #firsts = new Int32Array(count);
  readonly #starts = new Int32Array(count);
  #told: Told = () => {};
  /** Where the next text's first word is. */
  #position = 0;

  /** @returns where the first word is */
  begin(told: Told): number {
    this.#told = told;
    if (this.#position > 1_000_000_000) {
      this.#lasts.fill(-1_000_000);
      this.#position = 0;
    }
    return this.#position;
  }

  end(position: number): void {
    this.#position = position + 1_000;
    this.#told = () => {};
  }

  read(symbol: number, first: number, last: number, start: number, end: number): void {
    const steps = waiting[symbol];
    if (steps === undefined) return;
    for (let index = 0; index < steps.length; index += 4) {
      const step = steps[index] ?? 0;
      let from = first;
      let begin = start;
      const before = steps[index + 1] ?? 0;
      const far = steps[index + 2] ?? 0;
      if (far > 0) {
        const distance = first - (this.#lasts[before] ?? 0);
        if (distance <= 0 || distance > far) continue;
        from = this.#firsts[before] ?? 0;
        begin = this.#starts[before] ?? 0;
      }
      const given = steps[index + 3] ?? -1;
      if (given === -1) {
        this.#lasts[step] = last;
        this.#firsts[step] = from;
        this.#starts[step] = begin;
      } else if (given >= 0) this.read(given, from, last, begin, end);
      else {
        const emission = emissions[-2 - given];
        if (emission !== undefined) this.#told(emission.rule, emission.score, begin, end);
      }
    }
  }
}

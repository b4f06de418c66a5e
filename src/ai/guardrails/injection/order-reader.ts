/**
 * Matches the rules against the words of a text, each read once: stores for every sequence how far it has matched and
 * where. Positions are half words, and continue from text to text, so that nothing has to be reset between two.
 */
import type { Emission, OrderProgram } from './order-program.ts';
import type { InjectionRule } from './order-rules.ts';

export type Report = (rule: InjectionRule | 'negated' | 'quoted', score: number, start: number, end: number) => void;

export class OrderReader {
  /**
   * For each step: the position of the sequence's last matched word, of its first one, and the offset of its first
   * character.
   */
  readonly #lasts: Int32Array;
  readonly #firsts: Int32Array;
  readonly #starts: Int32Array;
  readonly #waiting: readonly Int32Array[];
  readonly #emissions: readonly Emission[];
  #report: Report = () => {};
  /** The position of the next text's first word. */
  #position = 0;

  constructor({ waiting, steps, emissions }: OrderProgram) {
    this.#lasts = new Int32Array(steps).fill(-1_000_000);
    this.#firsts = new Int32Array(steps);
    this.#starts = new Int32Array(steps);
    this.#waiting = waiting;
    this.#emissions = emissions;
  }

  /** @returns the position of the first word */
  begin(report: Report): number {
    this.#report = report;
    if (this.#position > 1_000_000_000) {
      this.#lasts.fill(-1_000_000);
      this.#position = 0;
    }
    return this.#position;
  }

  end(position: number): void {
    this.#position = position + 1_000;
    this.#report = () => {};
  }

  read(symbol: number, first: number, last: number, start: number, end: number): void {
    const steps = this.#waiting[symbol];
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
      const result = steps[index + 3] ?? -1;
      if (result === -1) {
        this.#lasts[step] = last;
        this.#firsts[step] = from;
        this.#starts[step] = begin;
      } else if (result >= 0) this.read(result, from, last, begin, end);
      else {
        const emission = this.#emissions[-2 - result];
        if (emission !== undefined) this.#report(emission.rule, emission.score, begin, end);
      }
    }
  }
}

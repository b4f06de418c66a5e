/** Sums of the current hour, until they are handed on: those of an hour that has ended are kept apart from the next one's. */
import { hourMs } from '../lib/index.ts';

interface Sums<Sum> {
  readonly size: number;
  values(): Iterable<Sum>;
}

export interface SumsOfHour<Sum> {
  /** When it begins. */
  readonly hour: number;
  readonly sums: readonly Sum[];
}

export class HourlySums<Sum, Groups extends Sums<Sum>> {
  readonly #empty: () => Groups;
  #groups: Groups;
  #hour = 0;
  #ended: SumsOfHour<Sum>[] = [];

  constructor(empty: () => Groups) {
    this.#empty = empty;
    this.#groups = empty();
  }

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  /** Whether the sums of an hour wait that has ended. */
  get hasEnded(): boolean {
    return this.#ended.length > 0;
  }

  /** The sums of the hour of a moment. */
  at(moment: number): Groups {
    if (moment < this.#hour || moment >= this.#hour + hourMs) {
      this.#end();
      this.#hour = Math.floor(moment / hourMs) * hourMs;
    }
    return this.#groups;
  }

  /** What has come since it was last sums. */
  take(): readonly SumsOfHour<Sum>[] {
    this.#end();
    const sums = this.#ended;
    this.#ended = [];
    return sums;
  }

  #end(): void {
    if (this.isEmpty) return;
    this.#ended.push({ hour: this.#hour, sums: [...this.#groups.values()] });
    this.#groups = this.#empty();
  }
}

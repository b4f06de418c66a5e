/** Sums of hours as the thread that records holds them: what has changed is written again, until the hour is over. */
import { hourMs } from '../lib/index.ts';
import type { SumsOfHour } from './hourly-sums.ts';

export interface ChangedSum<Sum> {
  readonly hour: number;
  /** Of this sum among those of the hour. */
  readonly number: number;
  readonly sum: Sum;
}

interface Hour<Sum, Groups> {
  readonly groups: Groups;
  readonly numbers: Map<Sum, number>;
  readonly changed: Set<Sum>;
}

interface HeldHoursOptions<Sum, Groups> {
  readonly empty: () => Groups;
  /** @returns the sum that it was added to */
  readonly add: (groups: Groups, sum: Sum) => Sum;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Hours that are held while they cannot be written. */
const maxHours = 48;

export class HeldHours<Sum, Groups> {
  readonly #options: HeldHoursOptions<Sum, Groups>;
  readonly #hours = new Map<number, Hour<Sum, Groups>>();

  constructor(options: HeldHoursOptions<Sum, Groups>) {
    this.#options = options;
  }

  get hasChanged(): boolean {
    for (const { changed } of this.#hours.values()) if (changed.size > 0) return true;
    return false;
  }

  add({ hour, sums }: SumsOfHour<Sum>): void {
    const { groups, numbers, changed } = this.#hour(hour);
    for (const sum of sums) {
      const group = this.#options.add(groups, sum);
      if (!numbers.has(group)) numbers.set(group, numbers.size);
      changed.add(group);
    }
  }

  /** What has changed since it was last taken. */
  take(): readonly ChangedSum<Sum>[] {
    const changes: ChangedSum<Sum>[] = [];
    for (const [hour, { numbers, changed }] of this.#hours) {
      for (const sum of changed) changes.push({ hour, number: numbers.get(sum) ?? 0, sum });
      changed.clear();
    }
    return changes;
  }

  /** What was taken could not be written. */
  giveBack(changes: readonly ChangedSum<Sum>[]): void {
    for (const { hour, sum } of changes) this.#hours.get(hour)?.changed.add(sum);
  }

  #hour(at: number): Hour<Sum, Groups> {
    const now = Math.floor(this.#options.now() / hourMs) * hourMs;
    // One that has been written and forgotten cannot be added to.
    const start = this.#hours.has(at) || at >= now - hourMs ? at : now;
    let hour = this.#hours.get(start);
    if (hour === undefined) {
      hour = { groups: this.#options.empty(), numbers: new Map(), changed: new Set() };
      this.#hours.set(start, hour);
      this.#forget(now);
    }
    return hour;
  }

  /** Those that nothing is added to any more, once they are written. */
  #forget(now: number): void {
    for (const [start, { changed }] of this.#hours)
      if (start < now - hourMs && (changed.size === 0 || this.#hours.size > maxHours)) this.#hours.delete(start);
  }
}

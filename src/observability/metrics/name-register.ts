/**
 * Which names of clients are told apart, in all threads: learned from their use, and bounded.
 *
 * A label's value costs memory here and in Prometheus for as long as either remembers it, so names that clients send must earn
 * it: a name is learned once it was used with success in three reports, not once it is first seen. A flood of names that are
 * each used once learns none. When all places are taken, a name that nobody has used for an hour gives its place away; else one
 * that fewer sources use than the newcomer: what many users send takes the place of what one client repeats, however
 * early that was, and the reverse does not happen. One source fills at most half of the places. Names that the
 * configuration lists need no place.
 */
import type { NameUse } from './label-names.ts';

export interface NameRegisterOptions {
  /** How many names are learned at most. */
  readonly max: number;
  /** In milliseconds. @default performance.now */
  readonly now?: () => number;
}

interface Seen {
  /** Who introduced it. */
  readonly first: string;
  /** Who used it, as many as are counted. */
  readonly sources: Set<string>;
  /** In how many periods it was used. */
  periods: number;
  lastPeriod: number;
  usedAt: number;
}

const periodMs = 5_000;
const provenPeriods = 3;
const idleMs = 3_600_000;
const maxSources = 8;
const maxCandidates = 1_000;
const maxCandidatesOfSource = 100;

export class NameRegister {
  readonly #max: number;
  readonly #now: () => number;
  readonly #learned = new Map<string, Seen>();
  readonly #candidates = new Map<string, Seen>();
  readonly #candidatesOf = new Map<string, number>();
  readonly #learnedOf = new Map<string, number>();

  constructor({ max, now = () => performance.now() }: NameRegisterOptions) {
    this.#max = max;
    this.#now = now;
  }

  get learned(): ReadonlySet<string> {
    return new Set(this.#learned.keys());
  }

  /** @returns whether other names are learned now */
  report(uses: readonly NameUse[]): boolean {
    const now = this.#now();
    let hasChanged = false;
    for (const [name, source] of uses) {
      const learned = this.#learned.get(name);
      if (learned !== undefined) note(learned, source, now);
      else if (this.#max > 0 && this.#consider(name, source, now)) hasChanged = true;
    }
    return hasChanged;
  }

  /** @returns whether it is learned now */
  #consider(name: string, source: string, now: number): boolean {
    const candidate = this.#candidates.get(name) ?? this.#newCandidate(name, source, now);
    note(candidate, source, now);
    if (candidate.periods < provenPeriods || !this.#makeRoom(candidate, now)) return false;
    this.#dropCandidate(name);
    this.#learned.set(name, candidate);
    count(this.#learnedOf, candidate.first, 1);
    return true;
  }

  #newCandidate(name: string, source: string, now: number): Seen {
    if ((this.#candidatesOf.get(source) ?? 0) >= maxCandidatesOfSource) this.#dropOldestOf(source);
    if (this.#candidates.size >= maxCandidates) this.#dropOldestOf(largest(this.#candidatesOf));
    const candidate: Seen = { first: source, sources: new Set(), periods: 0, lastPeriod: -1, usedAt: now };
    this.#candidates.set(name, candidate);
    count(this.#candidatesOf, source, 1);
    return candidate;
  }

  #dropOldestOf(source: string | undefined): void {
    for (const [name, { first }] of this.#candidates) {
      if (first !== source) continue;
      this.#dropCandidate(name);
      return;
    }
  }

  #dropCandidate(name: string): void {
    const candidate = this.#candidates.get(name);
    if (candidate === undefined) return;
    this.#candidates.delete(name);
    count(this.#candidatesOf, candidate.first, -1);
  }

  #makeRoom(newcomer: Seen, now: number): boolean {
    const isAlone = newcomer.sources.size === 1;
    if (isAlone && (this.#learnedOf.get(newcomer.first) ?? 0) >= Math.ceil(this.#max / 2)) return false;
    if (this.#learned.size < this.#max) return true;
    let weakest: readonly [string, Seen] | undefined;
    for (const [name, candidate] of this.#learned) {
      if (now - candidate.usedAt > idleMs) {
        weakest = [name, candidate];
        break;
      }
      if (candidate.sources.size >= newcomer.sources.size) continue;
      if (weakest === undefined || isWeaker(candidate, weakest[1])) weakest = [name, candidate];
    }
    if (weakest === undefined) return false;
    this.#learned.delete(weakest[0]);
    count(this.#learnedOf, weakest[1].first, -1);
    return true;
  }
}

function note(candidate: Seen, source: string, now: number): void {
  const period = Math.floor(now / periodMs);
  if (period !== candidate.lastPeriod) candidate.periods++;
  candidate.lastPeriod = period;
  candidate.usedAt = now;
  if (candidate.sources.size < maxSources) candidate.sources.add(source);
}

function isWeaker(one: Seen, than: Seen): boolean {
  return one.sources.size === than.sources.size ? one.usedAt < than.usedAt : one.sources.size < than.sources.size;
}

function count(counts: Map<string, number>, key: string, by: number): void {
  const next = (counts.get(key) ?? 0) + by;
  if (next > 0) counts.set(key, next);
  else counts.delete(key);
}

function largest(counts: ReadonlyMap<string, number>): string | undefined {
  let largestKey: string | undefined;
  let most = 0;
  for (const [key, value] of counts) {
    if (value <= most) continue;
    most = value;
    largestKey = key;
  }
  return largestKey;
}

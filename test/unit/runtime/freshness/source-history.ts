/**
 * The model of what caches may answer: all values that a source has had, in the order of everything that happened. Nothing of it
 * knows how caches work. A value in an answer is judged by when its source ceased to have it.
 */

export const ids = ['p1', 'p2', 'p3'] as const;
export type Id = (typeof ids)[number];

/** A moment: its place in the order of all events, and its time. */
export interface Moment {
  readonly order: number;
  readonly at: number;
}

/** What was asked, and when. */
export interface Asked extends Moment {
  /** The oldest data that the policy, or the client, allows. */
  readonly maxAgeMs: number;
  /** The same where an answer says that it is read anew (`stale_while_revalidate`), and that this failed. */
  readonly maxStaleMs: number;
  readonly maxDegradedMs: number;
  /** When the client wrote what it wants to read: nothing older will do. */
  readonly written: Moment | undefined;
}

export class SourceHistory {
  #order = 0;
  readonly #replaced = new Map<string, Moment>();
  readonly #current = new Map<Id, number>(ids.map((id) => [id, 0]));
  readonly #invalidated = new Map<Id, Moment[]>(ids.map((id) => [id, []]));

  moment(): Moment {
    return { order: ++this.#order, at: performance.now() };
  }

  valueOf(id: Id): number {
    return this.#current.get(id) ?? 0;
  }

  write(id: Id): void {
    const value = this.valueOf(id);
    this.#replaced.set(`${id} ${value}`, this.moment());
    this.#current.set(id, value + 1);
  }

  invalidate(changed: readonly Id[]): void {
    for (const id of changed) this.#invalidated.get(id)?.push(this.moment());
  }

  /** @returns what is wrong with a value in an answer; undefined where it may be there */
  fault(id: Id, value: number, asked: Asked, degraded: ReadonlySet<string>): string | undefined {
    const replaced = this.#replaced.get(`${id} ${value}`);
    if (replaced === undefined) return value === this.valueOf(id) ? undefined : 'a value that its source never had';
    const since = this.#invalidated.get(id)?.find(({ order }) => order > replaced.order && order < asked.order);
    if (since !== undefined) return `older than an invalidation at ${since.at}`;
    const { written } = asked;
    if (written !== undefined && replaced.order < written.order)
      return `older than the client’s writing at ${written.at}`;
    const ageMs = asked.at - replaced.at;
    const ofReason: Readonly<Record<string, number>> = {
      stale_while_revalidate: asked.maxStaleMs,
      stale_if_error: asked.maxDegradedMs,
    };
    const longestMs = Math.max(asked.maxAgeMs, ...[...degraded].map((reason) => ofReason[reason] ?? 0));
    return ageMs > longestMs ? `at least ${ageMs} ms old, of ${longestMs} at the most` : undefined;
  }
}

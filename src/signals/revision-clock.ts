/**
 * When to look for changes of a table that every worker follows. The main thread looks for those of all tables each second
 * and tells the workers; whoever is told nothing for a while, or serves alone, looks each second itself.
 */
import { noSignals, type Signals } from './signals.ts';

/** The newest change of each table, counted up. */
export type TableRevisions = Readonly<Record<string, number>>;

/** Who tells the revisions of a store. */
export interface RevisionTeller {
  readonly signals: Signals;
  /** The store, in a word that is the same in all threads. */
  readonly store: string;
}

export interface RevisionClockOptions {
  /** @default nobody */
  readonly teller?: RevisionTeller | undefined;
  readonly table: string;
  /**
   * Looks for changes.
   * @param revision the newest one; undefined where nobody has told it
   */
  readonly onTick: (revision: number | undefined) => Promise<void>;
}

/** How often changes are looked for. */
export const revisionPollMs = 1_000;
/** How much later than that the main thread may be heard. */
const graceMs = 400;

const noTeller: RevisionTeller = { signals: noSignals, store: '' };

export class RevisionClock {
  readonly #onTick: RevisionClockOptions['onTick'];
  readonly #unsubscribe: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ teller = noTeller, table, onTick }: RevisionClockOptions) {
    this.#onTick = onTick;
    this.#unsubscribe = teller.signals.subscribe(revisionTopic(teller.store), (revisions) => {
      this.#tickLater(revisionPollMs + graceMs);
      void this.#onTick((revisions as TableRevisions)[table]);
    });
    this.#tickLater(revisionPollMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    clearTimeout(this.#timer);
  }

  /** The next look begins when the last has ended, however long that took. */
  #tickLater(milliseconds: number): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#onTick(undefined).then(() => this.#tickLater(revisionPollMs));
    }, milliseconds);
    this.#timer.unref();
  }
}

/** Tells all workers, in the main thread. */
export function publishRevisions({ signals, store }: RevisionTeller, revisions: TableRevisions): void {
  signals.publish(revisionTopic(store), revisions);
}

function revisionTopic(store: string): string {
  return `store revisions ${store}`;
}

/**
 * The names that labels tell apart in a thread, of one kind: those that the configuration knows, and those that the
 * main thread has learned from all threads (name-register.ts). Whatever else clients send is `other`, and makes no series.
 */

/** The kinds of names that are not of a fixed set. */
export const nameKinds = ['operation', 'client', 'alias', 'model'] as const;
export type NameKind = (typeof nameKinds)[number];

/** Which kind the values of a label are of. */
export const kindOfLabel: Readonly<Record<string, NameKind>> = {
  operation: 'operation',
  client: 'client',
  alias: 'alias',
  model: 'model',
  gen_ai_request_model: 'model',
};

/** The value of a label whose name is not told apart. */
export const otherName = 'other';

/** A name that was used, and by whom. */
export type NameUse = readonly [name: string, source: string];

/** Of a report: a flood of names costs no more than this. */
const maxUnknown = 200;
const maxUnknownOfSource = 20;
/** What may be a label's value: printable, and no longer than so. */
const legible = /^[\p{L}\p{N}\p{P}\p{S} ]{1,100}$/u;

export class LabelNames {
  #fixed: ReadonlySet<string> = new Set();
  #learned: ReadonlySet<string> = new Set();
  /** Learned ones that were used since the last report. */
  #used = new Map<string, string>();
  #unknown = new Map<string, string>();
  #unknownOf = new Map<string, number>();

  get fixed(): ReadonlySet<string> {
    return this.#fixed;
  }

  fix(names: ReadonlySet<string>): void {
    this.#fixed = names;
  }

  learn(names: ReadonlySet<string>): void {
    this.#learned = names;
  }

  /** Whether it is a value of the label. */
  has(value: string): boolean {
    return value === '' || value === otherName || this.#fixed.has(value) || this.#learned.has(value);
  }

  /**
   * @param source who uses it, such as a principal or an address
   * @param isProven whether the use succeeded: others are no reason to learn a name
   * @returns the label's value
   */
  valueOf(name: string, source: string, isProven: boolean): string {
    if (name === '' || this.#fixed.has(name)) return name;
    if (this.#learned.has(name)) {
      if (isProven && !this.#used.has(name)) this.#used.set(name, source);
      return name;
    }
    if (isProven) this.#notice(name, source);
    return otherName;
  }

  /** What was used since it was last asked. */
  takeUses(): readonly NameUse[] {
    if (this.#used.size + this.#unknown.size === 0) return [];
    const uses = [...this.#used, ...this.#unknown];
    this.#used = new Map();
    this.#unknown = new Map();
    this.#unknownOf = new Map();
    return uses;
  }

  #notice(name: string, source: string): void {
    if (this.#unknown.size >= maxUnknown || this.#unknown.has(name)) return;
    const count = this.#unknownOf.get(source) ?? 0;
    if (count >= maxUnknownOfSource || !legible.test(name)) return;
    this.#unknown.set(name, source);
    this.#unknownOf.set(source, count + 1);
  }
}

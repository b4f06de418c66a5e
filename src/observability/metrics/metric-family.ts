/**
 * The series of one metric in one thread, counted in plain numbers: an observation takes a tenth of a microsecond, which a
 * library that hashes its labels needs ten times of. Bounded: what would be too many is counted with names as `other`.
 */
import { kindOfLabel, otherName } from './label-names.ts';
import { definitions, type LabelValues, type MetricName } from './metric-table.ts';

/** One series: a number, or the counts of a histogram's buckets, the last of them for +Inf, and the sum. */
export class Series {
  readonly labels: readonly string[];
  readonly values: number[];
  /** Whether it differs from what was reported last. */
  hasChanged = true;
  readonly #bounds: readonly number[];

  constructor(labels: readonly string[], bounds: readonly number[] | undefined) {
    this.labels = labels;
    this.#bounds = bounds ?? [];
    this.values = new Array<number>(bounds === undefined ? 1 : bounds.length + 2).fill(0);
  }

  /** Of a counter. */
  add(by = 1): void {
    (this.values[0] as number) += by;
    this.hasChanged = true;
  }

  /** Of a gauge, or of a counter that its part keeps. */
  set(value: number): void {
    if (this.values[0] === value) return;
    this.values[0] = value;
    this.hasChanged = true;
  }

  /** Of a histogram. */
  observe(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    (this.values[bucket] as number)++;
    (this.values[bounds.length + 1] as number) += value;
    this.hasChanged = true;
  }
}

/** Series by the value of their first label, then of the next: no key is made of all of them for each observation. */
type Branch = Map<string, Branch | Series>;

/** Those of a metric whose labels have names of several kinds, such as operation and client, would be their product. */
const maxSeries = 3_000;

export class MetricFamily<Name extends MetricName = MetricName> {
  readonly name: Name;
  readonly #bounds: readonly number[] | undefined;
  readonly #labels: readonly string[];
  readonly #series = new Set<Series>();
  #root: Branch | Series | undefined;

  constructor(name: Name) {
    const { labels, buckets } = definitions[name] as (typeof definitions)[string];
    this.name = name;
    this.#labels = labels;
    this.#bounds = buckets;
  }

  get size(): number {
    return this.#series.size;
  }

  series(): IterableIterator<Series> {
    return this.#series.values();
  }

  of(...labels: LabelValues<Name>): Series {
    return this.#find(labels) ?? this.#create(labels);
  }

  /** Those with a name that is not told apart any more are forgotten. */
  forget(isForgotten: (label: string, value: string) => boolean): void {
    const remaining = [...this.#series].filter(
      ({ labels }) => !labels.some((value, index) => isForgotten(this.#labels[index] as string, value)),
    );
    if (remaining.length === this.#series.size) return;
    this.clear();
    for (const series of remaining) this.#add(series);
  }

  clear(): void {
    this.#series.clear();
    this.#root = undefined;
  }

  #find(labels: readonly string[]): Series | undefined {
    let node = this.#root;
    for (let index = 0; index < labels.length && node !== undefined; index++)
      node = (node as Branch).get(labels[index] as string);
    return node as Series | undefined;
  }

  #create(labels: readonly string[]): Series {
    if (this.#series.size >= maxSeries) {
      const fewer = labels.map((value, index) => (this.#isName(index) && value !== '' ? otherName : value));
      return this.#find(fewer) ?? this.#add(new Series(fewer, this.#bounds));
    }
    return this.#add(new Series(labels, this.#bounds));
  }

  #add(series: Series): Series {
    this.#series.add(series);
    const { labels } = series;
    const last = labels.at(-1);
    if (last === undefined) {
      this.#root = series;
      return series;
    }
    this.#root ??= new Map();
    let branch = this.#root as Branch;
    for (const label of labels.slice(0, -1)) {
      let next = branch.get(label);
      if (next === undefined) {
        next = new Map();
        branch.set(label, next);
      }
      branch = next as Branch;
    }
    branch.set(last, series);
    return series;
  }

  #isName(index: number): boolean {
    return Object.hasOwn(kindOfLabel, this.#labels[index] as string);
  }
}

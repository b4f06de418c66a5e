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

/** Those of a metric whose labels have names of several kinds, such as operation and client, would be their product. */
const maxSeries = 3_000;

export class MetricFamily<Name extends MetricName = MetricName> {
  readonly name: Name;
  readonly #bounds: readonly number[] | undefined;
  readonly #labels: readonly string[];
  readonly #series = new Map<string, Series>();

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
    const values: readonly string[] = labels;
    const key = values.length === 1 ? (values[0] as string) : values.join('\n');
    return this.#series.get(key) ?? this.#create(key, values);
  }

  /** Those with a name that is not told apart any more are forgotten. */
  forget(isForgotten: (label: string, value: string) => boolean): void {
    for (const [key, { labels }] of this.#series)
      if (labels.some((value, index) => isForgotten(this.#labels[index] as string, value))) this.#series.delete(key);
  }

  clear(): void {
    this.#series.clear();
  }

  #create(key: string, labels: readonly string[]): Series {
    if (this.#series.size >= maxSeries) {
      const fewer = labels.map((value, index) => (this.#isName(index) && value !== '' ? otherName : value));
      const fewerKey = fewer.join('\n');
      if (fewerKey !== key) return this.#series.get(fewerKey) ?? this.#add(fewerKey, fewer);
    }
    return this.#add(key, labels);
  }

  #add(key: string, labels: readonly string[]): Series {
    const series = new Series(labels, this.#bounds);
    this.#series.set(key, series);
    return series;
  }

  #isName(index: number): boolean {
    return Object.hasOwn(kindOfLabel, this.#labels[index] as string);
  }
}

/**
 * The metrics of one thread: what it counts as it works, and what its parts tell when they are asked. A report of it goes to the
 * main thread (process-metrics.ts), which alone knows the sums.
 */
import { withinTime } from '../../lib/index.ts';
import type { RequestSink } from '../events/index.ts';
import type { ModelCallSink } from '../model-calls.ts';
import { kindOfLabel, LabelNames, type NameKind, type NameUse, nameKinds } from './label-names.ts';
import { MetricFamily } from './metric-family.ts';
import { definitions, type LabelValues, type MetricName } from './metric-table.ts';
import { ModelCallMetrics } from './model-call-metrics.ts';
import { RequestMetrics } from './request-metrics.ts';

/** A series with its whole value. */
export type SeriesReport = readonly [name: MetricName, labels: readonly string[], values: readonly number[]];

export interface ThreadReport {
  /** Counters and histograms that have changed since the last report. */
  readonly counts: readonly SeriesReport[];
  /** All gauges. */
  readonly gauges: readonly SeriesReport[];
  readonly uses: Readonly<Record<NameKind, readonly NameUse[]>>;
  /** Names that the configuration knows, where they have changed. */
  readonly fixed: Readonly<Record<NameKind, ReadonlySet<string>>> | undefined;
}

/** What a part may take to tell: the scrape waits longer, for all of them. */
const sourceTimeoutMs = 300;

/** Takes what a part tells: the value of a gauge, or of a counter that the part keeps. */
export type SetMetric = <Name extends MetricName>(name: Name, value: number, ...labels: LabelValues<Name>) => void;

/** A part that counts by itself: asked for each report, a few times a minute. It must not wait long, and tells all its series each time. */
export type MetricSource = (set: SetMetric) => void | Promise<void>;

export class ThreadMetrics {
  readonly names: Readonly<Record<NameKind, LabelNames>>;
  readonly #families = new Map<MetricName, MetricFamily>();
  readonly #sources = new Set<MetricSource>();
  #fixedChanged = false;
  #namesChanged = 0;

  constructor() {
    const names = nameKinds.map((kind) => [kind, new LabelNames()] as const);
    this.names = Object.fromEntries(names) as Record<NameKind, LabelNames>;
  }

  /** How often the names that are told apart have changed: series of others are gone since. */
  get namesChanged(): number {
    return this.#namesChanged;
  }

  /** The series of a metric, for whoever counts as it works. */
  family<Name extends MetricName>(name: Name): MetricFamily<Name> {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = new MetricFamily(name);
      this.#families.set(name, family);
    }
    return family as unknown as MetricFamily<Name>;
  }

  /** Counts the requests that a server answers. @param graphqlPath where it serves GraphQL */
  countingRequests(graphqlPath: string): RequestSink {
    return new RequestMetrics({ metrics: this, graphqlPath });
  }

  /** Counts the calls that a sink is given. */
  countingCalls(sink: ModelCallSink): ModelCallSink {
    const counts = new ModelCallMetrics(this);
    return {
      record(call) {
        counts.record(call);
        sink.record(call);
      },
      close: () => sink.close(),
    };
  }

  /** A record of a model call came faster than it could be written. */
  readonly droppedRecord = (): void => this.family('isthmus_model_records_dropped_total').of().add();

  /** @returns ends it */
  add(source: MetricSource): () => void {
    this.#sources.add(source);
    return () => this.#sources.delete(source);
  }

  /** Names that are always told apart, from now on. */
  fix(names: Readonly<Partial<Record<NameKind, Iterable<string>>>>): void {
    for (const kind of nameKinds) this.names[kind].fix(new Set(names[kind] ?? []));
    this.#fixedChanged = true;
    this.#forgetOthers();
  }

  /** Names that are told apart besides those, from now on. */
  learn(names: Readonly<Record<NameKind, ReadonlySet<string>>>): void {
    for (const kind of nameKinds) this.names[kind].learn(names[kind]);
    this.#forgetOthers();
  }

  #forgetOthers(): void {
    this.#namesChanged++;
    const isForgotten = (label: string, value: string): boolean => {
      const kind = kindOfLabel[label];
      return kind !== undefined && !this.names[kind].has(value);
    };
    for (const family of this.#families.values()) family.forget(isForgotten);
  }

  /** Never rejects: a part that fails is missing. */
  async takeReport(): Promise<ThreadReport> {
    for (const family of this.#families.values()) if (definitions[family.name]?.type === 'gauge') family.clear();
    await Promise.all([...this.#sources].map((source) => this.#collect(source)));
    const counts: SeriesReport[] = [];
    const gauges: SeriesReport[] = [];
    for (const family of this.#families.values()) {
      const isGauge = definitions[family.name]?.type === 'gauge';
      for (const series of family.series()) {
        if (isGauge) gauges.push([family.name, series.labels, series.values]);
        else if (series.hasChanged) {
          series.hasChanged = false;
          counts.push([family.name, series.labels, [...series.values]]);
        }
      }
    }
    return { counts, gauges, uses: this.#ofNames((names) => names.takeUses()), fixed: this.#takeFixed() };
  }

  readonly #set: SetMetric = (name, value, ...labels) => {
    const family: MetricFamily = this.family(name) as unknown as MetricFamily;
    const series = (family as unknown as { of(...labels: readonly string[]): ReturnType<MetricFamily['of']> }).of(
      ...labels,
    );
    series.set(value);
  };

  async #collect(source: MetricSource): Promise<void> {
    try {
      const collecting = source(this.#set);
      if (collecting !== undefined) await withinTime(collecting, { timeoutMs: sourceTimeoutMs, what: 'a part' });
    } catch {
      // What it would have told is missing.
    }
  }

  #takeFixed(): ThreadReport['fixed'] {
    if (!this.#fixedChanged) return undefined;
    this.#fixedChanged = false;
    return this.#ofNames((names) => names.fixed);
  }

  #ofNames<Value>(read: (names: LabelNames) => Value): Readonly<Record<NameKind, Value>> {
    const entries = nameKinds.map((kind) => [kind, read(this.names[kind])] as const);
    return Object.fromEntries(entries) as Record<NameKind, Value>;
  }
}

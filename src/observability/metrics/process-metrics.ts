/**
 * The metrics of the process, in its main thread: one answer for all threads. Counters never fall: what a thread counted
 * stays in the sum after its end, as it reported it last, a few seconds before at most. A thread that does not answer in time
 * holds nothing up: its last report is used, and a metric says so.
 */
import type { MessagePort } from 'node:worker_threads';
import { kindOfLabel, type NameKind, nameKinds, otherName } from './label-names.ts';
import { definitions, type MetricName } from './metric-table.ts';
import { NameRegister } from './name-register.ts';
import { type SeriesReport, ThreadMetrics, type ThreadReport } from './thread-metrics.ts';

/** What the main thread and a worker say to each other of metrics. */
export type ToThread =
  | { readonly kind: 'report'; readonly question: number }
  | { readonly kind: 'names'; readonly names: Readonly<Record<NameKind, ReadonlySet<string>>> };

export interface FromThread {
  readonly report: ThreadReport;
  /** The question it answers; undefined: nobody asked. */
  readonly question: number | undefined;
}

export interface ProcessMetricsOptions {
  /** How many names of each kind are learned from use. */
  readonly maxNames: number;
  /** How long a thread may take to answer. @default 500 */
  readonly answerMs?: number;
}

interface Thread {
  readonly port: MessagePort | undefined;
  readonly counts: Map<string, SeriesReport>;
  gauges: readonly SeriesReport[];
  fixed: ThreadReport['fixed'];
  /** When its last report came; undefined: none has. */
  reportedAt: number | undefined;
  /** Who waits for its answer. */
  waiting: { readonly question: number; readonly resolve: () => void } | undefined;
}

/** What `/metrics` answers. */
export interface Scrape {
  readonly contentType: string;
  readonly text: string;
}

/** How often threads report without being asked. */
export const reportEveryMs = 5_000;

export class ProcessMetrics {
  /** What the main thread counts itself. */
  readonly own = new ThreadMetrics();
  readonly #answerMs: number;
  readonly #registers: Readonly<Record<NameKind, NameRegister>>;
  readonly #ownThread = newThread(undefined);
  readonly #threads = new Set([this.#ownThread]);
  readonly #ended = new Map<string, SeriesReport>();
  readonly #timer: NodeJS.Timeout;
  readonly #ends: (() => void)[] = [];
  #lastQuestion = 0;
  #scraping: Promise<Scrape> | undefined;

  constructor({ maxNames, answerMs = 500 }: ProcessMetricsOptions) {
    this.#answerMs = answerMs;
    const registers = nameKinds.map((kind) => [kind, new NameRegister({ max: maxNames })] as const);
    this.#registers = Object.fromEntries(registers) as Record<NameKind, NameRegister>;
    this.#timer = setInterval(() => void this.#reportOwn(), reportEveryMs);
    this.#timer.unref();
  }

  /** Takes the reports of a worker until it ends. */
  connect(port: MessagePort): void {
    const thread = newThread(port);
    this.#threads.add(thread);
    port.on('message', ({ report, question }: FromThread) => {
      this.#take(thread, report);
      if (question !== undefined && thread.waiting?.question === question) thread.waiting.resolve();
    });
    // After all that it has sent.
    port.on('close', () => {
      this.#threads.delete(thread);
      for (const [key, series] of thread.counts) addTo(this.#ended, key, series, 'sum');
      thread.waiting?.resolve();
    });
    port.postMessage({ kind: 'names', names: this.#learned() } satisfies ToThread);
    port.unref();
  }

  /** The answer of `/metrics`. Scrapes at the same time share it. */
  scrape(): Promise<Scrape> {
    this.#scraping ??= this.#scrape().finally(() => {
      this.#scraping = undefined;
    });
    return this.#scraping;
  }

  /** Ends what observes the process for it, once it is closed. */
  onClose(end: () => void): void {
    this.#ends.push(end);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const end of this.#ends.splice(0)) end();
  }

  async #scrape(): Promise<Scrape> {
    const question = ++this.#lastQuestion;
    // One that starts has nothing yet, and no time to answer.
    const pending = [...this.#threads].filter(({ port, reportedAt }) => port !== undefined && reportedAt !== undefined);
    const late = new Set(pending);
    const answers = pending.map((thread) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const answered = (): void => {
        late.delete(thread);
        resolve();
      };
      thread.waiting = { question, resolve: answered };
      thread.port?.postMessage({ kind: 'report', question } satisfies ToThread);
      return promise;
    });
    let timer: NodeJS.Timeout | undefined;
    const timeIsUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#answerMs);
    });
    await Promise.race([Promise.all([this.#reportOwn(), ...answers]), timeIsUp]);
    clearTimeout(timer);
    for (const thread of pending) thread.waiting = undefined;
    const { metricsContentType, renderMetrics } = await import('./render-metrics.ts');
    return { contentType: metricsContentType, text: await renderMetrics(this.#sums(late.size)) };
  }

  async #reportOwn(): Promise<void> {
    this.#take(this.#ownThread, await this.own.takeReport());
  }

  #take(thread: Thread, { counts, gauges, uses, fixed }: ThreadReport): void {
    thread.reportedAt = performance.now();
    thread.gauges = gauges;
    thread.fixed = fixed ?? thread.fixed;
    for (const series of counts) thread.counts.set(keyOf(series), series);
    let hasChanged = false;
    for (const kind of nameKinds) if (this.#registers[kind].report(uses[kind])) hasChanged = true;
    if (hasChanged) this.#publishNames();
  }

  /** Of names that are not told apart any more nothing is kept. */
  #publishNames(): void {
    const names = this.#learned();
    this.own.learn(names);
    for (const { port } of this.#threads) port?.postMessage({ kind: 'names', names } satisfies ToThread);
    const isCurrent = this.#isCurrent();
    for (const counts of [this.#ended, ...[...this.#threads].map((thread) => thread.counts)])
      for (const [key, series] of counts) if (!isCurrent(series)) counts.delete(key);
  }

  #learned(): Readonly<Record<NameKind, ReadonlySet<string>>> {
    const entries = nameKinds.map((kind) => [kind, this.#registers[kind].learned] as const);
    return Object.fromEntries(entries) as Record<NameKind, ReadonlySet<string>>;
  }

  /** A thread may still count a name that has been forgotten. */
  #isCurrent(): (series: SeriesReport) => boolean {
    const learned = this.#learned();
    const fixed = [...this.#threads].map((thread) => thread.fixed);
    const hasName = (kind: NameKind, value: string): boolean =>
      value === '' ||
      value === otherName ||
      learned[kind].has(value) ||
      fixed.some((names) => names?.[kind].has(value));
    return ([name, labels]) =>
      labels.every((value, index) => {
        const kind = kindOfLabel[definitions[name]?.labels[index] ?? ''];
        return kind === undefined || hasName(kind, value);
      });
  }

  #sums(late: number): ReadonlyMap<MetricName, readonly SeriesReport[]> {
    const sums = new Map(this.#ended);
    const isCurrent = this.#isCurrent();
    for (const { counts, gauges } of this.#threads) {
      for (const [key, series] of counts) if (isCurrent(series)) addTo(sums, key, series, 'sum');
      for (const series of gauges) addTo(sums, keyOf(series), series, definitions[series[0]]?.across ?? 'sum');
    }
    for (const series of this.#ofItself(late, sums.size)) sums.set(keyOf(series), series);
    return Map.groupBy(sums.values(), ([name]) => name);
  }

  #ofItself(late: number, size: number): readonly SeriesReport[] {
    const threads = [...this.#threads].filter(({ reportedAt }) => reportedAt !== undefined);
    const now = performance.now();
    const oldest = Math.max(...threads.map(({ reportedAt = now }) => now - reportedAt));
    const learned = this.#learned();
    const names = nameKinds.flatMap((kind): SeriesReport[] => {
      const fixed = new Set(threads.flatMap((thread) => [...(thread.fixed?.[kind] ?? [])]));
      return [
        ['isthmus_metrics_names', [kind, 'listed'], [fixed.size]],
        ['isthmus_metrics_names', [kind, 'learned'], [learned[kind].size]],
      ];
    });
    return [
      ['isthmus_metrics_threads', ['fresh'], [threads.length - late]],
      ['isthmus_metrics_threads', ['late'], [late]],
      ['isthmus_metrics_oldest_report_seconds', [], [oldest / 1_000]],
      ['isthmus_metrics_series', [], [size]],
      ...names,
    ];
  }
}

function newThread(port: MessagePort | undefined): Thread {
  return { port, counts: new Map(), gauges: [], fixed: undefined, reportedAt: undefined, waiting: undefined };
}

function keyOf([name, labels]: SeriesReport): string {
  return `${name}\n${labels.join('\n')}`;
}

/** What values of several threads come to. */
const together = {
  sum: (one: number, two: number): number => one + two,
  max: Math.max,
  min: Math.min,
};

function addTo(
  sums: Map<string, SeriesReport>,
  key: string,
  series: SeriesReport,
  across: keyof typeof together,
): void {
  const sum = sums.get(key);
  if (sum === undefined) {
    sums.set(key, series);
    return;
  }
  const [name, labels, values] = series;
  const combined = values.map((value, index) => {
    const before = sum[2][index] ?? 0;
    return together[across](before, value);
  });
  sums.set(key, [name, labels, combined]);
}

/**
 * Evaluates the rules of `alerts` every few seconds over the sums that are recorded, of all gateways at one store together, and
 * tells of what begins and ends: in the log, by a metric, and to a webhook. Without rules nothing runs.
 */
import type { AlertRule, AlertsConfig } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { hourMs } from '../lib/index.ts';
import type { Logger, MetricSource } from '../observability/index.ts';
import type { RecordReader } from '../records/index.ts';
import type { RecordGroup } from '../store/records/index.ts';
import { Webhook } from '../webhooks/index.ts';
import { AlertState } from './alert-state.ts';
import { isTotal, measured, type Sums, type SumsByGroup, Window } from './window.ts';

export interface AlertsOptions {
  readonly config: AlertsConfig;
  readonly reader: Pick<RecordReader, 'sums'>;
  readonly log: Logger;
  /** Between two looks at the sums. @default 10000 */
  readonly everyMs?: number;
}

/** What a webhook is sent. */
interface AlertMessage {
  readonly alert: string;
  readonly state: 'firing' | 'ended';
  readonly measure: AlertRule['measure'];
  readonly value: number;
  readonly threshold: number;
  /** By what it is told apart, such as `{ "model": "openai/gpt-5" }`. */
  readonly of: Readonly<Record<string, string>>;
  readonly overSeconds: number;
  /** ISO 8601. */
  readonly at: string;
}

const weekMs = 7 * 24 * hourMs;
/** Groups of one rule that are followed; those with the most operations come first. */
const maxGroups = 200;

export class Alerts {
  readonly #options: AlertsOptions;
  readonly #rules: readonly RuleWatch[];
  readonly #webhook: Webhook | undefined;
  #timer: NodeJS.Timeout | undefined;
  #evaluating: Promise<void> = Promise.resolve();
  #isFailing = false;
  #isClosed = false;

  constructor(options: AlertsOptions) {
    const { config, reader, log } = options;
    this.#options = options;
    this.#webhook = config.webhook && new Webhook({ config: config.webhook, log });
    this.#rules = config.rules.map((rule) => new RuleWatch(rule, reader, (message) => this.#report(message)));
    this.#later(0);
  }

  /** For metrics. */
  readonly metricSource: MetricSource = (set) => {
    for (const { rule, firing } of this.#rules) set('isthmus_alerts_firing', firing, rule.name);
  };

  /** Evaluates every rule once. Never throws: sums that cannot be read are said once in the log. */
  async evaluate(now: number): Promise<void> {
    try {
      for (const rule of this.#rules) await rule.evaluate(now);
      if (this.#isFailing) this.#options.log.info({}, 'alerts are evaluated again');
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        this.#options.log.error({ reason: messageOf(error) }, 'alerts cannot be evaluated: the records cannot be read');
      this.#isFailing = true;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#evaluating;
    await this.#webhook?.close();
  }

  #later(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#evaluating = this.evaluate(Date.now()).finally(() => this.#later(this.#options.everyMs ?? 10_000));
    }, delayMs);
    this.#timer.unref();
  }

  #report(message: AlertMessage): void {
    const { state, ...fields } = message;
    const { log } = this.#options;
    if (state === 'firing') log.warn(fields, 'an alert fires');
    else log.info(fields, 'an alert has ended');
    this.#webhook?.send(message);
  }
}

/** One rule, with the states of its groups. */
class RuleWatch {
  readonly rule: AlertRule;
  readonly #reader: AlertsOptions['reader'];
  readonly #report: (message: AlertMessage) => void;
  readonly #window: Window;
  readonly #states = new Map<string, AlertState>();
  /** What was usual at the hour, by group. */
  #usual: { readonly hour: number; readonly weeks: readonly SumsByGroup[] } | undefined;

  constructor(rule: AlertRule, reader: AlertsOptions['reader'], report: (message: AlertMessage) => void) {
    this.rule = rule;
    this.#reader = reader;
    this.#report = report;
    this.#window = new Window(rule.overMs);
  }

  get firing(): number {
    let count = 0;
    for (const { isFiring } of this.#states.values()) if (isFiring) count++;
    return count;
  }

  async evaluate(now: number): Promise<void> {
    const { rule } = this;
    const hours = await this.#read(this.#window.firstHour(now), now + 1);
    const window = this.#window.move(now, hours);
    if (window === undefined) return;
    const busiest = [...window].sort(([, a], [, b]) => b.count - a.count).slice(0, maxGroups);
    const groups = new Map(busiest);
    for (const name of this.#states.keys()) if (!groups.has(name)) groups.set(name, nothing);
    for (const [name, sums] of groups) {
      const threshold = rule.above ?? (await this.#usualOf(name, now));
      if (threshold !== undefined) this.#move(name, sums, threshold, now);
    }
  }

  #move(name: string, sums: Sums, threshold: number, now: number): void {
    const { rule } = this;
    let state = this.#states.get(name);
    if (state === undefined && sums.count < rule.minCount) return;
    state ??= new AlertState(rule.forMs);
    this.#states.set(name, state);
    const value = sums.count < rule.minCount && !state.isFiring ? 0 : measured(rule.measure, sums);
    if (state.move(value, { now, begin: threshold, end: threshold * rule.endsBelow })) {
      const of = { ...rule.where, ...(rule.by === undefined ? {} : { [rule.by]: name }) };
      const { measure, overMs } = rule;
      this.#report({
        alert: rule.name,
        state: state.isFiring ? 'firing' : 'ended',
        measure,
        value,
        threshold,
        of,
        overSeconds: overMs / 1_000,
        at: new Date(now).toISOString(),
      });
    }
    if (state.isIdle) this.#states.delete(name);
  }

  /** The threshold by the same hour of past weeks; undefined where too little is known. */
  async #usualOf(name: string, now: number): Promise<number | undefined> {
    const { measure, minCount, overMs, weeks, aboveUsual = 1 } = this.rule;
    const hour = Math.floor(now / hourMs) * hourMs;
    if (this.#usual?.hour !== hour) {
      const past = Array.from({ length: weeks }, (_, index) => hour - (index + 1) * weekMs);
      const read = past.map(async (from) => (await this.#read(from, from + hourMs)).get(from) ?? new Map());
      this.#usual = { hour, weeks: await Promise.all(read) };
    }
    const values = this.#usual.weeks.flatMap((groups) => {
      const sums = groups.get(name);
      return sums === undefined || sums.count < minCount ? [] : [measured(measure, sums)];
    });
    const usual = median(values);
    if (usual === undefined) return undefined;
    return usual * aboveUsual * (isTotal(measure) ? overMs / hourMs : 1);
  }

  /** @returns by hour and group */
  async #read(from: number, to: number): Promise<ReadonlyMap<number, SumsByGroup>> {
    const { by, where } = this.rule;
    const groups = await this.#reader.sums({ from, to, by: by === undefined ? [] : [by], where, everyMs: hourMs });
    const hours = new Map<number, Map<string, RecordGroup>>();
    for (const group of groups) {
      const hour = hours.get(group.at) ?? new Map<string, RecordGroup>();
      hours.set(group.at, hour.set(by === undefined ? '' : (group.of.get(by) ?? ''), group));
    }
    return hours;
  }
}

const nothing: Sums = { count: 0, errors: 0, nanoUsd: 0n, inputTokens: 0, outputTokens: 0, durations: new Map() };

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

/**
 * Replaces the generation that serves: read, built and prepared aside, then swapped in. What cannot be read, composed or
 * prepared leaves the previous generation serving, and is logged with every problem.
 */
import { ConfigError } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import type { Logger, ThreadMetrics } from '../observability/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';
import { CompositionError, problemFields } from '../supergraph/index.ts';
import type { ReloadOutcome, Stage } from './generation.ts';

export interface ReloadsOptions {
  /** What serves now. */
  readonly currentId: () => string | undefined;
  readonly read: () => Promise<SupergraphParts>;
  readonly stage: Stage;
  /** A generation serves that was built from these parts. */
  readonly onSwap: (parts: SupergraphParts) => Promise<void>;
  /** Where reloads are counted; undefined: nowhere. */
  readonly metrics: ThreadMetrics | undefined;
  readonly log: Logger;
  /** Aborted where the gateway closes: a reload that is under way then swaps nothing in. */
  readonly signal: AbortSignal;
}

const countedOutcomes = ['swapped', 'refused', 'unchanged'] as const satisfies readonly ReloadOutcome['kind'][];

export class Reloads {
  readonly #options: ReloadsOptions;
  /** Whether the last change was refused: then a line says that the files are again what serves. */
  #refused = false;
  readonly #counts = new Map<ReloadOutcome['kind'], number>();
  readonly #lastAt = new Map<ReloadOutcome['kind'], number>();
  #running: Promise<unknown> = Promise.resolve();
  #pending: Promise<ReloadOutcome> | undefined;

  constructor(options: ReloadsOptions) {
    this.#options = options;
    const { metrics, currentId } = options;
    metrics?.add((set) => {
      const generation = currentId();
      if (generation !== undefined) set('isthmus_generation_info', 1, generation);
      set('isthmus_reload_refused', this.#refused ? 1 : 0);
      for (const [outcome, at] of this.#lastAt) set('isthmus_last_reload_timestamp_seconds', at / 1_000, outcome);
      for (const outcome of countedOutcomes) set('isthmus_reloads_total', this.#counts.get(outcome) ?? 0, outcome);
    });
  }

  /** One reload runs and one waits at most: it begins after every change that called for it, so it sees them all. */
  reload(): Promise<ReloadOutcome> {
    this.#pending ??= this.#running.then(() => {
      this.#pending = undefined;
      const { aborted } = this.#options.signal;
      const outcome: Promise<ReloadOutcome> = aborted
        ? Promise.resolve({ kind: 'stopped' })
        : this.#attempt().then((ended) => this.#counted(ended));
      this.#running = outcome;
      return outcome;
    });
    return this.#pending;
  }

  /** Resolves once no reload is under way. */
  async settled(): Promise<void> {
    await (this.#pending ?? this.#running);
  }

  #counted(outcome: ReloadOutcome): ReloadOutcome {
    const { kind } = outcome;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    if (kind === 'swapped' || kind === 'refused') this.#lastAt.set(kind, Date.now());
    return outcome;
  }

  async #attempt(): Promise<ReloadOutcome> {
    const { currentId, read, stage, onSwap, log, signal } = this.#options;
    try {
      const parts = await read();
      const { id } = parts;
      if (id === currentId()) {
        if (this.#refused) log.info({ generation: id }, 'the refused change has been undone');
        this.#refused = false;
        return { kind: 'unchanged' };
      }
      const swap = await stage(parts, signal);
      swap();
      this.#refused = false;
      log.info({ generation: id }, 'a new generation serves');
      await onSwap(parts);
      return { kind: 'swapped', generation: id };
    } catch (error) {
      if (signal.aborted) return { kind: 'stopped' };
      return this.#refuse(error);
    }
  }

  #refuse(error: unknown): ReloadOutcome {
    const { currentId, log } = this.#options;
    this.#refused = true;
    const isExpected = error instanceof ConfigError || error instanceof CompositionError;
    const problems = error instanceof CompositionError ? { problems: problemFields(error.problems) } : {};
    const message = `the change was refused; the previous generation keeps serving\n${messageOf(error)}`;
    log.error({ generation: currentId(), ...(isExpected ? problems : { error }) }, message);
    return { kind: 'refused', error: error instanceof Error ? error : new Error(messageOf(error)) };
  }
}

/**
 * Replaces the generation that serves: read, built and prepared aside, then swapped in. What cannot be read, composed or
 * prepared leaves the previous generation serving, and is logged with every problem.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { ConfigError } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';
import { CompositionError, type Generations, problemFields } from '../supergraph/index.ts';
import type { GatewayGeneration, Preparation, ReloadOutcome } from './generation.ts';

export interface ReloadsOptions {
  readonly generations: Generations<GatewayGeneration>;
  readonly preparations: readonly Preparation[];
  readonly read: () => Promise<SupergraphParts>;
  readonly build: (parts: SupergraphParts) => Promise<GatewayGeneration>;
  /** A generation serves that was built from these parts. */
  readonly onSwap: (parts: SupergraphParts) => Promise<void>;
  readonly log: Logger;
  /** Aborted where the gateway closes: a reload that is under way then swaps nothing in. */
  readonly signal: AbortSignal;
}

/** How many of the most used operations are planned before a new generation serves. */
const warmedOperations = 100;
/** How long that may take: a planner that hangs holds up no change. */
const warmTimeoutMs = 30_000;

export class Reloads {
  readonly #options: ReloadsOptions;
  /** Whether the last change was refused: then a line says that the files are again what serves. */
  #refused = false;
  #running: Promise<unknown> = Promise.resolve();
  #pending: Promise<ReloadOutcome> | undefined;

  constructor(options: ReloadsOptions) {
    this.#options = options;
  }

  /** One reload runs and one waits at most: it begins after every change that called for it, so it sees them all. */
  reload(): Promise<ReloadOutcome> {
    this.#pending ??= this.#running.then(() => {
      this.#pending = undefined;
      const { aborted } = this.#options.signal;
      const outcome: Promise<ReloadOutcome> = aborted ? Promise.resolve({ kind: 'stopped' }) : this.#attempt();
      this.#running = outcome;
      return outcome;
    });
    return this.#pending;
  }

  /** Resolves once no reload is under way. */
  async settled(): Promise<void> {
    await (this.#pending ?? this.#running);
  }

  async #attempt(): Promise<ReloadOutcome> {
    const { generations, read, build, onSwap, log, signal } = this.#options;
    try {
      const parts = await read();
      if (parts.id === generations.current?.id) {
        if (this.#refused) log.info({ generation: parts.id }, 'the refused change has been undone');
        this.#refused = false;
        return { kind: 'unchanged' };
      }
      const generation = await build(parts);
      await this.#prepare(generation);
      generations.swap(generation);
      this.#refused = false;
      log.info({ generation: generation.id }, 'a new generation serves');
      await onSwap(parts);
      return { kind: 'swapped', generation: generation.id };
    } catch (error) {
      if (signal.aborted) return { kind: 'stopped' };
      return this.#refuse(error);
    }
  }

  async #prepare(generation: GatewayGeneration): Promise<void> {
    const { generations, preparations, signal } = this.#options;
    try {
      await letOthersRun();
      for (const prepare of preparations) await prepare(generation);
      const used = generations.current?.engine.mostUsed(warmedOperations) ?? [];
      await generation.engine.warm(used, AbortSignal.any([signal, AbortSignal.timeout(warmTimeoutMs)]));
      signal.throwIfAborted();
    } catch (error) {
      await generation.close();
      throw error;
    }
  }

  #refuse(error: unknown): ReloadOutcome {
    const { generations, log } = this.#options;
    this.#refused = true;
    const isExpected = error instanceof ConfigError || error instanceof CompositionError;
    const problems = error instanceof CompositionError ? { problems: problemFields(error.problems) } : {};
    const message = `the change was refused; the previous generation keeps serving\n${messageOf(error)}`;
    log.error({ generation: generations.current?.id, ...(isExpected ? problems : { error }) }, message);
    return { kind: 'refused', error: error instanceof Error ? error : new Error(messageOf(error)) };
  }
}

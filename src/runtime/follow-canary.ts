/**
 * The canary that a registry has published beside what serves: built aside and served to its share, judged by what is counted of
 * both, and promoted or withdrawn in the registry with the reason. A canary that cannot be served is withdrawn at once.
 */
import { type CanaryTallies, watchCanary } from '../canary/index.ts';
import type { ResolvedConfig } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';
import type { FollowedRegistry } from './follow-registry.ts';

/** How canaries are served: by this thread, or by workers. */
export interface CanaryServing {
  /** Builds a generation aside and serves it to a share of the callers, from 0 to 1. @throws what it is refused for */
  start(parts: SupergraphParts, share: number): Promise<void>;
  end(): void;
}

export interface FollowCanaryOptions {
  readonly registry: FollowedRegistry;
  readonly serving: CanaryServing;
  readonly tallies: CanaryTallies;
  readonly read: (config: ResolvedConfig) => Promise<SupergraphParts>;
  /** The id of the generation that serves. */
  readonly currentId: () => string | undefined;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

interface ServedCanary {
  readonly number: number;
  readonly percent: number;
  /** The generation beside it: both are of one configuration. */
  readonly servingId: string | undefined;
  readonly endWatch: () => void;
}

export class CanaryFollower {
  readonly #options: FollowCanaryOptions;
  #served: ServedCanary | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: FollowCanaryOptions) {
    this.#options = options;
  }

  /** Takes up what the registry has at the moment. Never rejects. */
  update(): Promise<void> {
    this.#running = this.#running.then(() => this.#update());
    return this.#running;
  }

  close(): void {
    this.#served?.endWatch();
    this.#served = undefined;
  }

  async #update(): Promise<void> {
    const { registry, serving, tallies, read, currentId, log, signal } = this.#options;
    const next = registry.current?.canary;
    const served = this.#served;
    if (signal.aborted) return;
    if (next === undefined) {
      if (served === undefined) return;
      this.close();
      serving.end();
      log.info({ canary: served.number }, 'the canary is served no longer');
      return;
    }
    const { number, percent, since, durationMs } = next;
    const servingId = currentId();
    if (served?.number === number && served.percent === percent && served.servingId === servingId) return;
    this.close();
    try {
      const parts = await read(await registry.loadCanary());
      // What another canary has counted is not this one's.
      if (served?.number !== number) {
        serving.end();
        tallies.clear();
      }
      await serving.start(parts, percent / 100);
      log.info({ canary: number, percent, generation: parts.id }, 'a canary is served');
      const endWatch = watchCanary({
        tallies,
        since,
        durationMs,
        onVerdict: ({ kind, reason }) => void this.#end(number, kind === 'promote' ? 'promoted' : 'withdrawn', reason),
      });
      this.#served = { number, percent, servingId, endWatch };
    } catch (error) {
      if (signal.aborted) return;
      serving.end();
      await this.#end(number, 'withdrawn', `it cannot be served: ${messageOf(error)}`);
    }
  }

  async #end(number: number, outcome: 'promoted' | 'withdrawn', reason: string): Promise<void> {
    const { registry, log } = this.#options;
    log[outcome === 'promoted' ? 'info' : 'warn']({ canary: number, reason }, `the canary is ${outcome}`);
    try {
      await registry.endCanary({ number, outcome, reason });
    } catch (error) {
      log.error({ canary: number, reason: messageOf(error) }, 'the registry cannot be told what became of the canary');
    }
  }
}

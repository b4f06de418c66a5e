/** The start: until the first generation is built, a subgraph that gives no schema may be waited for. */
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';
import { CompositionError, type CompositionProblem } from '../supergraph/index.ts';

export interface FirstGenerationOptions {
  readonly build: () => Promise<SupergraphParts>;
  /** Whether a problem is only that something is down which is to give its schema. */
  readonly isDown: (problem: CompositionProblem) => boolean;
  readonly log: Logger;
  /** Resolves at the next change of a watched file: the wait ends early. */
  readonly nextChange: () => Promise<void>;
}

/** How long a start waits between its attempts: a little, then longer. */
const firstWaitMs = 1_000;
const longestWaitMs = 30_000;

/**
 * Builds it again and again, while all that is wrong is that subgraphs do not give their schema.
 * @throws ConfigError or CompositionError with every problem found
 */
export async function awaitFirstGeneration(options: FirstGenerationOptions): Promise<SupergraphParts> {
  const { build, isDown, log, nextChange } = options;
  for (let attempts = 0; ; attempts++) {
    const changed = nextChange();
    try {
      return await build();
    } catch (error) {
      const missing = subgraphsWithoutSchema(error, isDown);
      if (missing === undefined) throw error;
      const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** attempts);
      const awaited = missing.length === 0 ? 'a first publication' : `the schema of ${missing.join(', ')}`;
      const message = `waiting for ${awaited}; trying again in ${waitMs / 1_000} s\n${messageOf(error)}`;
      log.warn({ subgraphs: missing, waitMs }, message);
      await Promise.race([wait(waitMs), changed]);
    }
  }
}

/** The subgraphs without whose schema nothing can be composed, where that is all that is wrong. */
function subgraphsWithoutSchema(
  error: unknown,
  isDown: FirstGenerationOptions['isDown'],
): readonly string[] | undefined {
  if (!(error instanceof CompositionError) || !error.problems.every(isDown)) return undefined;
  return error.problems.flatMap(({ places }) => places.map(({ subgraph }) => subgraph));
}

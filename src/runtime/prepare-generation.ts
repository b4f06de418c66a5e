import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { GatewayGeneration, Preparation } from './generation.ts';

export interface PrepareGenerationOptions {
  /** The generation whose most used operations are planned. */
  readonly previous: GatewayGeneration | undefined;
  readonly preparations: readonly Preparation[];
  readonly signal: AbortSignal;
}

/** How many of the most used operations are planned before a new generation serves. */
const warmedOperations = 100;
/** How long that may take: a planner that hangs holds up no change. */
const warmTimeoutMs = 30_000;

/** Makes a generation ready to serve; where it cannot be, it is closed, and the reason thrown. */
export async function prepareGeneration(
  generation: GatewayGeneration,
  { previous, preparations, signal }: PrepareGenerationOptions,
): Promise<void> {
  try {
    await letOthersRun();
    for (const prepare of preparations) await prepare(generation);
    const used = previous?.engine.mostUsed(warmedOperations) ?? [];
    const { persisted, config } = generation;
    const trusted = persisted?.trusted?.operations(config.persistedOperations.warm) ?? [];
    await generation.engine.warm([...used, ...trusted], AbortSignal.any([signal, AbortSignal.timeout(warmTimeoutMs)]));
    signal.throwIfAborted();
  } catch (error) {
    await generation.close();
    throw error;
  }
}

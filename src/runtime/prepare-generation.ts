import { setImmediate as letOthersRun } from 'node:timers/promises';
import { getOperationAST } from 'graphql';
import type { PlannableOperation, UsedOperation } from '../execution/index.ts';
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
    const { persisted, config } = generation;
    const used = await usedWith(generation, previous?.engine.mostUsed(warmedOperations) ?? []);
    const trusted = persisted?.trusted?.operations(config.persistedOperations.warm) ?? [];
    await generation.engine.warm([...used, ...trusted], AbortSignal.any([signal, AbortSignal.timeout(warmTimeoutMs)]));
    signal.throwIfAborted();
  } catch (error) {
    await generation.close();
    throw error;
  }
}

/** The operations under the contracts and rules of a generation; without those whose contract is gone or rules are others. */
async function usedWith(
  { access, apiSchemas, config }: GatewayGeneration,
  used: readonly UsedOperation[],
): Promise<readonly PlannableOperation[]> {
  const plannable: PlannableOperation[] = [];
  for (const { decided, contract, ...rest } of used) {
    const { document, operationName } = rest;
    if (contract !== undefined && !config.access.contracts.some(({ name }) => name === contract)) continue;
    const operation = getOperationAST(document, operationName);
    const denials =
      decided === undefined || operation == null ? undefined : access?.recall({ document, operation }, decided);
    if (denials === 'unknown') continue;
    plannable.push({ ...rest, denials, view: contract === undefined ? undefined : await apiSchemas.view(contract) });
    await letOthersRun();
  }
  return plannable;
}

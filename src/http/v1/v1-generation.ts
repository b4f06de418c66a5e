import type { Authenticator } from '../../access/index.ts';
import type { Budgets } from '../../ai/budgets/index.ts';
import type { PublishedPrompt } from '../../ai/fields/index.ts';
import type { ModelClient } from '../../ai/models/index.ts';
import type { Limits, Rates } from '../../limits/index.ts';
import type { Hooks } from '../../plugins/index.ts';
import type { LeasedGenerations } from '../request/request-life.ts';

/** What /v1 reads of a generation. */
export interface V1Generation {
  readonly id: string;
  readonly models: ModelClient;
  readonly budgets: Budgets;
  readonly prompts: readonly PublishedPrompt[];
  readonly authenticator: Authenticator;
  readonly rates?: Rates | undefined;
  readonly limits?: Pick<Limits, 'priorityOf'> | undefined;
  readonly hooks?: Hooks | undefined;
  readonly config: { readonly ai: { readonly exposeReferences: boolean; readonly callTimeoutMs: number } };
}

export type V1Generations = LeasedGenerations<V1Generation>;

/** A change of a graph, as every command publishes it: with its note and its canary, and what it came to printed. */
import { formatGraphRef, type GraphRef } from '../../config/index.ts';
import type { PublishedGeneration } from '../../registry/generation/index.ts';
import { printResult } from '../frame/print-result.ts';
import { askRegistry, type RegistryOptions, type RegistryRequest } from './ask-registry.ts';
import { type CanaryOptions, canaryOf } from './read-canary.ts';
import { type NoteOptions, noteOf } from './with-note.ts';

export interface PublishChangeOptions extends RegistryOptions, NoteOptions, Partial<CanaryOptions> {}

/** What is asked of the registry, without note and canary. */
export interface PublishRequest extends Pick<RegistryRequest, 'files'> {
  /** @default publish */
  readonly path?: 'publish' | 'rollback' | 'promote';
  readonly body: Readonly<Record<string, unknown>>;
}

/** As the registry answers. */
interface PublishAnswer {
  readonly kind: 'published' | 'unchanged';
  readonly generation: PublishedGeneration;
}

/** @throws CliFailure for what is refused */
export async function publishChange(
  options: PublishChangeOptions,
  ref: GraphRef,
  { path = 'publish', body: change, files = {} }: PublishRequest,
): Promise<void> {
  const { canary } = options;
  const body = { ...change, ...noteOf(options), ...canaryOf(options) };
  const request = { path, body, files, progress: 'composing and publishing' };
  const answer = (await askRegistry(options, ref, request)) as PublishAnswer;
  const { kind, generation } = answer;
  const name = `generation ${generation.number} of ${formatGraphRef(generation)}`;
  printResult(options, answer, () => {
    if (kind === 'unchanged') return `${name} serves this already`;
    return canary === undefined
      ? `${name} is published`
      : `${name} is published, and served to ${canary} % of the requests`;
  });
}

import { formatGraphRef, type GraphRef } from '../../config/index.ts';
import type { ServedGenerations } from '../../registry/follow/index.ts';
import type { PublishedGeneration } from '../../registry/generation/index.ts';
import { fail } from '../frame/cli-failure.ts';
import { askRegistry, type RegistryOptions } from './ask-registry.ts';

/** What serves of a graph. @throws CliFailure NOT_FOUND where nothing has been published */
export async function servedOfGraph(options: RegistryOptions, ref: GraphRef): Promise<ServedGenerations> {
  const served = (await askRegistry(options, ref, { path: 'served' })) as ServedGenerations | '' | undefined;
  if (served !== undefined && served !== '') return served;
  const graph = formatGraphRef(ref);
  return fail(
    'NOT_FOUND',
    `nothing has been published to ${graph} yet; publish a subgraph: isthmus subgraph publish ${graph} --name …`,
  );
}

/** The generation without its canary. */
export async function servedGeneration(options: RegistryOptions, ref: GraphRef): Promise<PublishedGeneration> {
  return (await servedOfGraph(options, ref)).generation;
}

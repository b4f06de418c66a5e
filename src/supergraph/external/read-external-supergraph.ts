import type { SupergraphConfig, SupergraphSource } from '../../config/index.ts';
import { type AdoptedSupergraph, adopt } from '../compose.ts';
import { CompositionError } from '../composition.ts';
import type { ContractFilter } from '../contracts/compose-contracts.ts';
import { originOf, readSupergraphText, unavailableError } from './read-supergraph-text.ts';

const readTimeoutMs = 10_000;

export interface ReadExternalOptions {
  readonly signal?: AbortSignal | undefined;
  /** Reads the text of the supergraph. @default from its source, each time */
  readonly readExternal?: (source: SupergraphSource) => Promise<string>;
  /** What is served instead of a supergraph that is refused; undefined: nothing, the error is thrown. */
  readonly insteadOf?: (source: SupergraphSource, error: CompositionError) => Promise<string | undefined>;
}

/**
 * Reads the supergraph of another registry, and its subgraphs.
 * @throws CompositionError with every problem found, or the signal's reason
 */
export async function readExternalSupergraph(
  { source, routingUrls }: SupergraphConfig,
  contracts: readonly ContractFilter[],
  { signal, readExternal = readOnce, insteadOf }: ReadExternalOptions,
): Promise<AdoptedSupergraph> {
  const external = { origin: originOf(source), routingUrls };
  const sdl = await readExternal(source);
  try {
    return await adopt({ ...external, sdl }, signal, contracts);
  } catch (error) {
    const instead = error instanceof CompositionError ? await insteadOf?.(source, error) : undefined;
    if (instead === undefined || instead === sdl) throw error;
    return adopt({ ...external, sdl: instead }, signal, contracts);
  }
}

async function readOnce(source: SupergraphSource): Promise<string> {
  try {
    return (await readSupergraphText(source, { timeoutMs: readTimeoutMs })).sdl;
  } catch (error) {
    throw unavailableError(source, error);
  }
}

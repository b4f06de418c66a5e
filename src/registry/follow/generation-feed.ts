/** Where a gateway learns of the generations of one variant: a store, or another process's registry. */
import type { CanaryEnd } from '../../store/index.ts';
import type { Canary, PublishedGeneration, Texts } from '../generation/index.ts';

export interface SignedGeneration {
  readonly generation: PublishedGeneration;
  /** Base64url, as `isSignedBy` takes it. */
  readonly signature: string;
}

/** What serves of a variant. */
export interface ServedGenerations extends SignedGeneration {
  readonly canary: (SignedGeneration & Omit<Canary, 'number'>) | undefined;
}

export interface GenerationFeed {
  /**
   * What serves, once it is something else than what is known.
   *
   * @param known what was returned last; undefined: nothing is known, and the answer comes at once
   * @returns undefined where nothing has been published, or where nothing has changed within half a minute
   * @throws Error where it cannot be reached, RegistryRefusal where it answers with something else
   */
  next(known: ServedGenerations | undefined, signal: AbortSignal): Promise<ServedGenerations | undefined>;
  /** @throws Error where one of them is missing */
  texts(hashes: readonly string[], signal: AbortSignal): Promise<Texts>;
  /**
   * The canary has been judged by what was served of it.
   * @throws Error where that cannot be said there
   */
  endCanary(end: EndedCanary, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** The registry has answered, and not with what was asked for. */
export class RegistryRefusal extends Error {
  override readonly name = 'RegistryRefusal';
}

export type EndedCanary = Pick<CanaryEnd, 'number' | 'outcome' | 'reason'>;

/** Whether both are the same generations, in the same shares. */
export function isSameServed(one: ServedGenerations | undefined, other: ServedGenerations | undefined): boolean {
  return (
    one?.generation.number === other?.generation.number &&
    one?.canary?.generation.number === other?.canary?.generation.number &&
    one?.canary?.percent === other?.canary?.percent
  );
}

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

export type KnownGenerations = ServedGenerations | 'none';

export interface GenerationFeed {
  /**
   * What serves, once it is something else than what is known.
   *
   * @param known what was returned last; `none`: nothing had been published; undefined: the answer is to come at once
   * @returns undefined where nothing has been published, or where nothing has changed within half a minute
   * @throws Error where it cannot be reached, RegistryRefusal where it answers with something else
   */
  next(known: KnownGenerations | undefined, signal: AbortSignal): Promise<ServedGenerations | undefined>;
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
export function isSameServed(served: ServedGenerations | undefined, known: KnownGenerations | undefined): boolean {
  const [one, other] = [served, known === 'none' ? undefined : known];
  return (
    one?.generation.number === other?.generation.number &&
    one?.canary?.generation.number === other?.canary?.generation.number &&
    one?.canary?.percent === other?.canary?.percent
  );
}

/** In the query of a registry: the numbers of what serves and of its canary; 0 where there is none. */
export function nameOfKnown(known: KnownGenerations | undefined): string {
  const served = known === 'none' ? undefined : known;
  return `${served?.generation.number ?? 0}.${served?.canary?.generation.number ?? 0}`;
}

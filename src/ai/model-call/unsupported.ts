import { ProviderFailure } from './provider-failure.ts';

/** What a target cannot do of a request is named, before anything is sent; it is never dropped. */
export function unsupported(what: string): ProviderFailure {
  return new ProviderFailure({ kind: 'unsupported', detail: `${what} cannot be asked for here` });
}

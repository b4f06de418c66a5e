import { ProviderFailure } from './provider-failure.ts';

/** The failure for an unsupported feature, named and raised before anything is sent; features are never dropped. */
export function unsupported(what: string): ProviderFailure {
  return new ProviderFailure({ kind: 'unsupported', detail: `${what} cannot be asked for here` });
}

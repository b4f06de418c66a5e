import { ProviderFailure } from '../../model-call/index.ts';

/** The failure of a stream that ended before the provider's terminal event. */
export function incompleteStream(detail: string): ProviderFailure {
  return new ProviderFailure({ kind: 'stream_incomplete', detail });
}

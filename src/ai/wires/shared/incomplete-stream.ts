import { ProviderFailure } from '../../model-call/index.ts';

/** A stream that ended before the provider had ended its answer. */
export function incompleteStream(detail: string): ProviderFailure {
  return new ProviderFailure({ kind: 'stream_incomplete', detail });
}

import type { IncomingHttpHeaders } from 'node:http';

export interface CurrentUser {
  /** Undefined where nobody is named. */
  readonly userId: string | undefined;
}

/** Who asks, as the gateway states it: `supergraph.yaml` inserts the header from the caller, whatever a client sent. */
export function currentUser({ 'x-user-id': header }: IncomingHttpHeaders): CurrentUser {
  return { userId: typeof header === 'string' && header !== '' ? header : undefined };
}

import type { Deadline } from '../lib/index.ts';

/** Who is asking. Until access lands, everyone is {@link anonymous}. */
export interface Principal {
  readonly id: string;
  readonly tenant: string;
}

export const anonymous: Principal = Object.freeze({ id: 'anonymous', tenant: 'public' });

/** What one client request carries down to every subgraph request made for it. */
export interface RequestContext {
  readonly requestId: string;
  readonly principal: Principal;
  /** Aborts when the client leaves or the operation's deadline passes. */
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
}

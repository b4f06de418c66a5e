import type { IncomingHttpHeaders } from 'node:http';

export interface CurrentUser {
  /** Undefined where nobody is named. */
  readonly userId: string | undefined;
}

/** Who asks; undefined: the request is not the gateway's, and is refused. */
export type Identify = (headers: IncomingHttpHeaders) => Promise<CurrentUser | undefined>;

/** For tests of a subgraph by itself, where no gateway states who asks: whom the header `x-user-id` names. */
export const identifyByHeader: Identify = async ({ 'x-user-id': header }) => ({
  userId: typeof header === 'string' && header !== '' ? header : undefined,
});

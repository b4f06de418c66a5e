import type { IncomingHttpHeaders } from 'node:http';

export interface CurrentUser {
  readonly userId: string;
}

/** The sample's stand-in for signing in: the user named by the header `x-user-id`, else `u1`. */
export function currentUser(headers: IncomingHttpHeaders): CurrentUser {
  const header = headers['x-user-id'];
  const userId = Array.isArray(header) ? header[0] : header;
  return { userId: userId === undefined || userId === '' ? 'u1' : userId };
}

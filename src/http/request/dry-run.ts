/** Requests that are only priced: nothing of them is sent. The same for every route. */
import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../../errors/index.ts';

export const dryRunHeader = 'isthmus-dry-run';

/** @throws GatewayError `BAD_REQUEST` where the header is neither `true` nor `false`: what it wanted must not run */
export function readDryRun({ [dryRunHeader]: header }: IncomingHttpHeaders): boolean {
  if (header === undefined || header === 'false') return false;
  if (header === 'true') return true;
  throw new GatewayError('BAD_REQUEST', { message: `The header ${dryRunHeader} is true or false.` });
}

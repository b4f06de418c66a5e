/** Who sends a request, where rates are limited: charged before it is known who, and again once it is. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Authenticator, Principal } from '../../access/index.ts';
import type { RateHeaderForm, Rates } from '../../limits/index.ts';
import { callerFactsOf } from '../edge/caller-facts.ts';
import type { ClientRequest } from './client-request.ts';
import type { RequestLife } from './request-life.ts';

/** @throws GatewayError `RATE_LIMITED` */
export async function identifyCharged(
  rates: Rates,
  life: RequestLife<{ readonly authenticator: Authenticator }>,
  request: Pick<ClientRequest, 'raw' | 'id' | 'clientAddress'>,
  headers: IncomingHttpHeaders,
  form: RateHeaderForm,
): Promise<Principal> {
  const { id: requestId, clientAddress: address, raw } = request;
  const { response, signal } = life;
  const rated = { requestId, response, form, signal };
  const earlier = await rates.charge(rated, { address, headers, principal: undefined });
  const principal = await life.generation.authenticator.identify(callerFactsOf(raw, headers));
  await rates.charge(rated, { address, headers, principal }, earlier);
  return principal;
}

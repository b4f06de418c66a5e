/** Who sends a request, where rates are limited: charged before it is known who, and again once it is. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Authenticator, Principal } from '../../access/index.ts';
import type { EstimateCharge, EstimateUnit, RateHeaderForm, Rates } from '../../limits/index.ts';
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
  await rates.charge(rated, { address, headers, principal: undefined });
  let principal: Principal;
  try {
    principal = await life.generation.authenticator.identify(callerFactsOf(raw, headers));
  } catch (error) {
    await rates.chargeUnidentified(rated, { address, headers, principal: undefined });
    throw error;
  }
  await rates.charge(rated, { address, headers, principal });
  return principal;
}

/** What charges the price of a request; undefined where it is not limited. */
export function estimatesOf(
  rates: Rates,
  unit: EstimateUnit,
  { response, signal }: Pick<RequestLife<unknown>, 'response' | 'signal'>,
  { id: requestId, clientAddress: address }: Pick<ClientRequest, 'id' | 'clientAddress'>,
  headers: IncomingHttpHeaders,
  principal: Principal,
  form: RateHeaderForm = 'standard',
): EstimateCharge | undefined {
  return rates.estimates(unit, { requestId, response, form, signal }, { address, headers, principal });
}

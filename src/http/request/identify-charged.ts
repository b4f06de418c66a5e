/** Who sends a request, where rates are limited: charged before it is known who, and again once it is. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Authenticator, Principal } from '../../access/index.ts';
import type { RateHeaderForm, Rates, RequestCharges } from '../../limits/index.ts';
import { callerFactsOf } from '../edge/caller-facts.ts';
import type { ClientRequest } from './client-request.ts';
import type { RequestLife } from './request-life.ts';

/** What a request is charged to rates. */
export function openCharges(
  rates: Rates,
  { response, signal }: Pick<RequestLife<unknown>, 'response' | 'signal'>,
  { id: requestId, clientAddress: address }: Pick<ClientRequest, 'id' | 'clientAddress'>,
  headers: IncomingHttpHeaders,
  form: RateHeaderForm,
): RequestCharges {
  return rates.open({ requestId, response, form, signal }, { address, headers });
}

/** @throws GatewayError `RATE_LIMITED` */
export async function identifyCharged(
  charges: RequestCharges,
  { generation: { authenticator } }: RequestLife<{ readonly authenticator: Authenticator }>,
  { raw }: Pick<ClientRequest, 'raw'>,
  headers: IncomingHttpHeaders,
): Promise<Principal> {
  await charges.chargeAddress();
  const principal = await authenticator.identify(callerFactsOf(raw, headers));
  await charges.chargeCaller(principal);
  return principal;
}

/** Answers a request, which is charged in other gateways before its answer is sent, whatever that is. */
export async function answerCharged<Answer>(charges: RequestCharges, answer: () => Promise<Answer>): Promise<Answer> {
  try {
    return await answer();
  } finally {
    await charges.flush();
  }
}

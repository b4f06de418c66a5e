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
  {
    id: requestId,
    clientAddress: address,
    answerFields: fields,
  }: Pick<ClientRequest, 'id' | 'clientAddress' | 'answerFields'>,
  headers: IncomingHttpHeaders,
  form: RateHeaderForm,
): RequestCharges {
  return rates.open({ requestId, response, fields, form, signal }, { address, headers });
}

/** @returns a promise where the request waits, or who sends it is not known at once @throws GatewayError `RATE_LIMITED` */
export function identifyCharged(
  charges: RequestCharges,
  { generation: { authenticator } }: RequestLife<{ readonly authenticator: Authenticator }>,
  client: Pick<ClientRequest, 'raw' | 'id'>,
  headers: IncomingHttpHeaders,
): Principal | Promise<Principal> {
  const fail = (error: unknown): never => {
    charges.setHeaders();
    throw error;
  };
  const identify = (): Principal | Promise<Principal> => {
    try {
      return authenticator.identify(callerFactsOf(client, headers));
    } catch (error) {
      return fail(error);
    }
  };
  const charge = (principal: Principal): Principal | Promise<Principal> =>
    charges.chargeCaller(principal)?.then(() => principal) ?? principal;
  const turn = charges.chargeAddress();
  const identified = turn === undefined ? identify() : turn.then(identify);
  return identified instanceof Promise ? identified.then(charge, fail) : charge(identified);
}

/** Answers a request, which is charged in other gateways before its answer is sent, whatever that is. */
export function answerCharged<Answer>(charges: RequestCharges, answer: () => Promise<Answer>): Promise<Answer> {
  return charges.isOpenToEnd ? flushed(charges, answer) : answer();
}

async function flushed<Answer>(charges: RequestCharges, answer: () => Promise<Answer>): Promise<Answer> {
  try {
    return await answer();
  } finally {
    const turn = charges.flush();
    if (turn !== undefined) await turn;
  }
}

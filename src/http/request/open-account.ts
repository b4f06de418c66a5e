/** The account that a request's model calls are charged to, the same for every route. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from '../../access/index.ts';
import type { Budgets, Payer } from '../../ai/budgets/index.ts';
import type { SpendAccount } from '../../ai/model-call/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { parseUsd } from '../../lib/index.ts';
import { clientNameOf } from '../../limits/index.ts';

/** The most that the request's model calls may cost, in US dollars: `0.01`. */
export const maxUsdHeader = 'isthmus-max-usd';

export interface AccountRequest {
  /** `graphql`, or the route. */
  readonly door: string;
  readonly principal: Principal;
  readonly headers: IncomingHttpHeaders;
  /** The operation's name. */
  readonly operation: string | undefined;
}

/**
 * @returns undefined where nothing limits what the request spends
 * @throws GatewayError `BAD_REQUEST` where `isthmus-max-usd` is no amount
 */
export function openAccount(
  budgets: Budgets,
  { door, principal, headers, operation }: AccountRequest,
): SpendAccount | undefined {
  const payer = (): Payer => {
    const { tenant, id, kind, claims } = principal;
    return {
      door,
      tenant,
      id,
      kind,
      team: textOf(claims.team),
      client: clientNameOf({ clientHeaders: headers }),
      operation,
    };
  };
  return budgets.open(payer, readMaxUsd(headers));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * @returns nano-dollars; undefined where the client names none
 * @throws GatewayError `BAD_REQUEST` where the header is no amount: what it wanted must not run
 */
export function readMaxUsd({ [maxUsdHeader]: header }: IncomingHttpHeaders): number | undefined {
  if (header === undefined) return undefined;
  const nanoUsd = typeof header === 'string' ? parseUsd(header) : undefined;
  if (nanoUsd !== undefined && nanoUsd <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(nanoUsd);
  const message = `The header ${maxUsdHeader} is not an amount of US dollars, such as 0.01.`;
  throw new GatewayError('BAD_REQUEST', { message });
}

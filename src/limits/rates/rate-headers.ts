/**
 * What answers say of rates: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11, structured
 * fields), and on /v1 besides what the clients of the wire's vendor read.
 */
import type { ServerResponse } from 'node:http';
import type { RateConfig } from '../../config/index.ts';
import type { BucketState } from '../../counters/index.ts';

/** By whose headers a door tells its rates, beside the standard's. */
export type RateHeaderForm = 'standard' | 'openai' | 'anthropic';

/** A rate that a request counts in, and how its bucket is. */
export interface RateState {
  readonly config: RateConfig;
  readonly policy: string;
  readonly state: BucketState;
}

/** Fields of the standard have whole numbers: money is in millionths of a dollar. */
function wholeUnits(unit: RateConfig['unit'], amount: number): number {
  return unit === 'usd' ? Math.floor(amount / 1_000) : amount;
}

/** A bucket of `q` requests, or of what `qu` names, that is filled in `w` seconds. */
export function ratePolicy({ name, unit, amount, everyMs, burst }: RateConfig): string {
  const quotaUnit = unit === 'operations' ? '' : `;qu="${unit === 'usd' ? 'micro-usd' : unit}"`;
  return `"${name}";q=${wholeUnits(unit, burst)}${quotaUnit};w=${Math.max(1, Math.ceil((burst * everyMs) / amount / 1_000))}`;
}

/** What has been charged so far; a property of the response. */
const charged = Symbol('rates that were charged');

type ChargedResponse = ServerResponse & { [charged]?: readonly RateState[] };

/** @param added by this charge: an answer tells all rates that its request was charged for */
export function setRateHeaders(response: ChargedResponse, form: RateHeaderForm, added: readonly RateState[]): void {
  // One that was charged here first, and then with other gateways, is told once.
  const names = new Set(added.map(({ config }) => config.name));
  const rates = [...(response[charged] ?? []).filter(({ config }) => !names.has(config.name)), ...added];
  response[charged] = rates;
  const [first] = rates;
  if (first === undefined || response.headersSent) return;
  response.setHeader('ratelimit-policy', rates.map(({ policy }) => policy).join(', '));
  response.setHeader('ratelimit', rates.map(standard).join(', '));
  if (form === 'standard') return;
  // Their clients read one rate, of requests: the one that refuses next.
  const ofRequests = rates.filter(({ config }) => config.unit === 'operations');
  let [tightest] = ofRequests;
  if (tightest === undefined) return;
  for (const rate of ofRequests) if (rate.state.remaining < tightest.state.remaining) tightest = rate;
  const { config, state } = tightest;
  const [limit, remaining, reset] =
    form === 'openai'
      ? ['x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests']
      : [
          'anthropic-ratelimit-requests-limit',
          'anthropic-ratelimit-requests-remaining',
          'anthropic-ratelimit-requests-reset',
        ];
  response.setHeader(limit as string, config.burst);
  response.setHeader(remaining as string, state.remaining);
  const resetText = form === 'openai' ? durationText(state.fullInMs) : instantText(state.fullInMs);
  response.setHeader(reset as string, resetText);
}

function standard({ config: { name, unit }, state: { remaining, fullInMs } }: RateState): string {
  return `"${name}";r=${wholeUnits(unit, remaining)};t=${Math.ceil(fullInMs / 1_000)}`;
}

/** As OpenAI writes one: `12ms`, `1.5s`, `6m0s`. */
function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 100) / 10;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${Math.ceil(seconds % 60)}s`;
}

/** RFC 3339, to the second. */
function instantText(inMs: number): string {
  return `${new Date(Date.now() + inMs + 999).toISOString().slice(0, 19)}Z`;
}

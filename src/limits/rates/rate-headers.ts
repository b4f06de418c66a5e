/**
 * What answers say of rates: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11, structured
 * fields), and on /v1 besides what the clients of the wire's vendor read.
 */
import type { RateConfig } from '../../config/index.ts';
import type { BucketState } from '../../counters/index.ts';

/** By whose headers a door tells its rates, beside the standard's. */
export type RateHeaderForm = 'standard' | 'openai' | 'anthropic';

/** What answers say of a rate. */
export interface HeaderRate {
  readonly config: RateConfig;
  readonly policy: string;
  /** How its state begins. */
  readonly stateStart: string;
}

/** A rate that a request was charged to, and how it stands. */
export interface RateState {
  readonly rate: HeaderRate;
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

/** How the state of a rate begins. */
export function rateStateStart({ name }: RateConfig): string {
  return `"${name}";r=`;
}

/** @param rates that the request was charged to */
export function setRateHeaders(
  set: (name: string, value: string) => void,
  form: RateHeaderForm,
  rates: readonly RateState[],
): void {
  if (rates.length === 0) return;
  let policies = '';
  let states = '';
  for (const { rate, state } of rates) {
    const separator = policies === '' ? '' : ', ';
    policies += separator + rate.policy;
    states += separator + standard(rate, state);
  }
  set('ratelimit-policy', policies);
  set('ratelimit', states);
  if (form === 'standard') return;
  // Their clients read one rate, of requests: the one that refuses next.
  const ofRequests = rates.filter(({ rate }) => rate.config.unit === 'operations');
  let [tightest] = ofRequests;
  if (tightest === undefined) return;
  for (const each of ofRequests) if (each.state.remaining < tightest.state.remaining) tightest = each;
  const {
    rate: { config },
    state,
  } = tightest;
  const [limit = '', remaining = '', reset = ''] =
    form === 'openai'
      ? ['x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests']
      : [
          'anthropic-ratelimit-requests-limit',
          'anthropic-ratelimit-requests-remaining',
          'anthropic-ratelimit-requests-reset',
        ];
  set(limit, String(config.burst));
  set(remaining, String(state.remaining));
  const resetText = form === 'openai' ? durationText(state.fullInMs) : instantText(state.fullInMs);
  set(reset, resetText);
}

function standard({ config, stateStart }: HeaderRate, { remaining, fullInMs }: BucketState): string {
  return `${stateStart}${wholeUnits(config.unit, remaining)};t=${Math.ceil(fullInMs / 1_000)}`;
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

/**
 * Rates: how often whom is served. Each request takes a token of every rate that it counts in, of all or of none of them;
 * where one has none, the request waits as long as the rate allows, or is refused.
 *
 * Those of an address are charged before the caller is identified, so that wrong credentials count as well; all others
 * once it is, and points and dollars once the operation has been priced (request-charges.ts).
 */
import type { LimitsConfig } from '../../config/index.ts';
import type { TokenBuckets } from '../../counters/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { JointRates } from './joint-rates.ts';
import { compileRates, type RateRules } from './rate-rules.ts';
import type { RatedClient } from './rate-subject.ts';
import { type RatedRequest, RequestCharges } from './request-charges.ts';

export interface RatesOptions {
  readonly config: Pick<LimitsConfig, 'rates' | 'mode'>;
  readonly buckets: TokenBuckets;
  /** What several gateways count together; undefined: this one counts its own. */
  readonly joint?: JointRates | undefined;
  readonly log: Logger;
}

export class Rates {
  readonly #rules: RateRules;
  readonly #options: RatesOptions;

  constructor(options: RatesOptions) {
    this.#options = options;
    this.#rules = compileRates(options.config.rates);
  }

  /** Whether what models cost is limited. */
  get limitsUsd(): boolean {
    return this.#rules.usd.length > 0;
  }

  /** Whether requests are charged, and not the fields that they read alone. */
  get chargesRequests(): boolean {
    return this.#options.config.rates.length > 0;
  }

  open(request: RatedRequest, client: Omit<RatedClient, 'principal'>): RequestCharges {
    const { buckets, joint, config, log } = this.#options;
    return new RequestCharges({ rules: this.#rules, buckets, joint, mode: config.mode, log, request, client });
  }
}

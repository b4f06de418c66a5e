/** Who pays for the model calls of a request: what the model client asks before it sends anything to a provider. */

/** The most that one request to a provider can use. */
export interface ChargeBound {
  /** The alias of ai.models whose target it is, and the prompt with its version. */
  readonly alias: string;
  readonly prompt: string | undefined;
  /** The reference of the target, `<provider>/<model id>`. */
  readonly model: string;
  /** Rounded up. */
  readonly nanoUsd: bigint;
  /** Input and output together. */
  readonly tokens: number;
}

/** What a request to a provider has used in the end. */
export interface ChargeUse {
  readonly nanoUsd: bigint;
  readonly tokens: number;
  /** Whether anything was sent; a request that failed without usage counts as a call. */
  readonly isSent: boolean;
}

/** A charge is counted at its bound from when it is made: the provider may bill it, whatever happens to this process. */
export interface Charge {
  /** Corrects the bound to what was used. Call exactly once, however the request ended. */
  settle(use: ChargeUse): void;
}

export interface SpendAccount {
  /** Calls of different accounts are paid for separately: they are not joined in one request to a provider. */
  readonly id: string;
  /**
   * Counts the bound on everything that it is charged to, in one step, just before the request is sent.
   *
   * @throws BudgetExceeded where a budget does not allow it
   */
  charge(bound: ChargeBound): Charge;
  /** Who pays for the copies that shadow traffic sends. */
  readonly shadow: SpendAccount;
}

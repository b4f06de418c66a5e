/** Who pays for the model calls of a request: what the model client asks before it sends anything to a provider. */
import type { CacheOutcome } from './completion.ts';
import type { Usage } from './usage.ts';

/** What a request to a provider is for. */
export interface PaidCall {
  /** The alias of ai.models whose target it is, and the prompt with its version. */
  readonly alias: string;
  readonly prompt: string | undefined;
  /** The AI field, `Type.field`. */
  readonly field: string | undefined;
  /** The reference of the target, `<provider>/<model id>`. */
  readonly model: string;
  readonly requestId: string | undefined;
}

/** The most that one request to a provider can use. */
export interface ChargeBound extends PaidCall {
  /** Rounded up; 0: it is free, and counts on no budget. */
  readonly nanoUsd: bigint;
  /** Input and output together. */
  readonly tokens: number;
  /** The planned calls that this is the first attempt of, by their keys, each as often as items are in it. @default none */
  readonly planned?: readonly string[] | undefined;
}

/** What a request to a provider has used in the end. */
export interface ChargeUse {
  readonly nanoUsd: bigint;
  readonly tokens: number;
  /** Whether anything was sent; a request that failed without usage counts as a call. */
  readonly isSent: boolean;
  /** `ok`, the kind of failure, or `aborted`. */
  readonly outcome: string;
  /** Undefined: nobody counted any. */
  readonly usage: Usage | undefined;
  /** Where the price came from; undefined: nothing was priced. */
  readonly price: PriceOrigin | undefined;
}

export interface PriceOrigin {
  readonly source: string;
  readonly version: string;
  readonly date: string;
}

/** A charge holds room for its bound from when it is made, and loses it where its thread dies before anything is sent. */
export interface Charge {
  /**
   * The bound counts from now on, whatever becomes of this process: the provider may bill it. Call it just before the
   * first byte is written; called again it does nothing.
   *
   * @throws GatewayError where it may not be sent any more
   */
  commit(): void;
  /** Corrects the bound to what was used. Call exactly once, however the request ended. */
  settle(use: ChargeUse): void;
}

/** The most that one call costs, its first attempt alone. */
export interface CallPrice {
  readonly alias: string;
  readonly prompt: string | undefined;
  /** Rounded up; 0: it is free, and counts on no budget. */
  readonly nanoUsd: bigint;
  readonly tokens: number;
}

/** Equal calls that a request is about to make. */
export interface PlannedCalls {
  /** Names them in charges, such as `Product.summary`. */
  readonly key: string;
  readonly items: number;
  /** How many calls the first attempt for one item may take. */
  readonly callsPerItem: number;
  /** What each costs; several where it is decided for each which of them is made. */
  readonly prices: readonly CallPrice[];
  /** What each costs where another alias answers; undefined: it cannot. */
  priceWith(alias: string): CallPrice | undefined;
}

/** What has been spent so far: charges at their bounds until they are settled. */
export interface AccountSpending {
  readonly nanoUsd: bigint;
  /** Requests to providers. */
  readonly calls: number;
  /** Planned calls that a cache answered. */
  readonly cached: number;
  /** What providers billed beyond the bounds of their calls. */
  readonly overshootNanoUsd: bigint;
}

export interface SpendAccount {
  /** Calls of different accounts are paid for separately: they are not joined in one request to a provider. */
  readonly id: string;
  /** The most that the request may spend, in nano-dollars, whatever budgets allow; undefined: what they allow. */
  readonly maxNanoUsd: number | undefined;
  readonly spending: AccountSpending;
  /**
   * Announces calls. With the first charge, room for all of them is held on all budgets that count them, in one step: what
   * a budget has no room for is refused before any of it is sent. Call `close` when the request has ended.
   */
  plan(calls: readonly PlannedCalls[]): void;
  /**
   * Takes the room of the announced calls now, where it is asked of Redis: for a request that asks Redis anyway.
   * @returns what never rejects: the first charge asks again, and tells why it failed
   */
  reserve(): Promise<unknown> | undefined;
  /** A planned item's answer is looked for: the first charge waits until it is known whether the item needs a call. */
  awaitLookup(lookup: Promise<unknown>): void;
  /** One of the planned items needs no call: its answer is known. */
  spare(key: string, isCached: boolean): void;
  /**
   * Counts the bound on everything that it is charged to, in one step, just before the request is sent. The first attempt
   * of a planned call takes from what is held for it, and gives back what it does not need of that; every other charge
   * needs room of its own.
   *
   * @returns a promise where budgets are counted elsewhere; undefined: there is nothing to settle
   * @throws BudgetExceeded where a budget does not allow it
   */
  charge(bound: ChargeBound): Charge | Promise<Charge>;
  /** Told of an answer that no provider was asked for. */
  recordCached(call: PaidCall, cache: CacheOutcome): void;
  /** Gives back what is held and was not taken. Later charges need room of their own. */
  close(): void;
  /** Who pays for the copies that shadow traffic sends. */
  readonly shadow: SpendAccount;
}

import type { IncomingHttpHeaders } from 'node:http';
import type { FieldNode } from 'graphql';
import type { Principal } from '../access/principal.ts';
import type { SpendAccount } from '../ai/model-call/index.ts';
import type { HeaderMerge } from '../config/index.ts';
import type { Abortable, Deadline } from '../lib/index.ts';
import type { OperationEvent } from '../observability/index.ts';

/** What one client request carries down to every subgraph request made for it. */
export interface RequestContext {
  readonly requestId: string;
  readonly principal: Principal;
  /** Who takes turns with others where operations wait: one network address, or whoever is not named. */
  readonly client?: string | undefined;
  /** Of the client; missing for what the gateway asks for itself. */
  readonly clientAddress?: string | undefined;
  /** Aborts when the client leaves or the operation's deadline passes. */
  readonly signal: Abortable;
  readonly deadline: Deadline;
  /** The client's request headers, read by the `propagate` rules; without them those rules find nothing. */
  readonly clientHeaders?: IncomingHttpHeaders | undefined;
  /** Who pays for the operation’s model calls. @default they are charged to nobody */
  readonly account?: SpendAccount | undefined;
  /** What plugins hand on within the request; missing where none runs. */
  readonly pluginValues?: Map<string, unknown> | undefined;
  /** Filled while the operation runs; missing where nothing is priced. */
  readonly costs?: OperationCosts | undefined;
  /** Takes the price of the operation from what the caller may still spend. @default it may spend all */
  readonly charges?: OperationCharges | undefined;
  /** Told, for each part of the operation that a limit refuses, in how many milliseconds there is room again. @default nobody is */
  readonly noteRetry?: ((inMs: number) => void) | undefined;
  /** Filled while the operation runs; missing where sizes are not measured. */
  readonly sizes?: PlanSizes | undefined;
  /** Whether the operation is only priced: nothing of it is sent. @default false */
  readonly isDryRun?: boolean | undefined;
  /** The parts of the answer's `extensions` that the client asked for and the configuration allows. */
  readonly explain?: ReadonlySet<string> | undefined;
  /** Collects what response header rules carry to the client's answer; without it they do nothing. */
  readonly responseHeaders?: ResponseHeaderCollector | undefined;
  /** Filled while the operation runs; missing where nobody looks at it, and for what is done after its answer. */
  readonly event?: OperationEvent | undefined;
  /** Collects how long the answer may be cached; missing where it is not. */
  readonly cachePolicy?: CachePolicyCollector | undefined;
  /** For in-process subgraphs: how the caller reads what answers are made from. @default nothing is shown of what is hidden from models */
  readonly reader?: ReaderView | undefined;
  /** What the client asks of caches. @default nothing */
  readonly cacheDemands?: CacheDemands | undefined;
  /** Is told what caches do for the operation; missing where nobody wants to know. */
  readonly cacheReport?: CacheReport | undefined;
}

/** By the directives of the request's `Cache-Control` (RFC 9111, section 5.2.1), and by what the client has written. */
export interface CacheDemands {
  /** Cached answers are not used. */
  readonly isNoCache?: boolean;
  /** The answer is not stored, and none that was is used. */
  readonly isNoStore?: boolean;
  /** Nothing is read that is not cached. */
  readonly isOnlyIfCached?: boolean;
  /** The oldest answer that is used. */
  readonly maxAgeMs?: number | undefined;
  /** How long an answer may have been stale. */
  readonly maxStaleMs?: number | undefined;
  /** How long an answer must still be fresh. */
  readonly minFreshMs?: number | undefined;
  /** How long ago the client wrote: no data that was read before is used. */
  readonly writtenMsAgo?: (() => number) | undefined;
  /** Tells apart clients that have written: what one waits for may have been read before another's writing. */
  readonly writeId?: string | undefined;
}

/** What the caches did for one operation, for answers that explain it. */
export interface CacheReport {
  /** The whole answer. */
  response(entry: Readonly<Record<string, unknown>>): void;
  /** A request that an operation's plan has for a subgraph; what is written as JSON once the operation has ended. */
  fetch(entry: object): void;
}

/** How one caller reads fields. Equal callers have the same object. */
export interface ReaderView {
  /** @param node of the field, with its arguments */
  readingOf(type: string, node: FieldNode): FieldReading;
}

export interface FieldReading {
  /** Whether the caller may select it. */
  readonly isReadable: boolean;
  /**
   * The form that the caller reads of it, null for nothing; undefined: the whole. By the object types that the field may be
   * of; with none, nothing is known of it.
   */
  readonly masks: ReadonlyMap<string, ((text: string) => string | null) | undefined>;
}

/** How much an operation asks of subgraphs, for the log. */
export interface PlanSizes {
  /** Requests of its plan. */
  fetches?: number;
  /** The entities that subgraphs were asked for. */
  representations?: number;
}

/** What an operation costs, as far as it has come to be known: for answers that explain it, and for the log. */
export interface OperationCosts {
  /** In points, before anything was sent. */
  estimated?: number;
  /** In points, by the answers of the subgraphs. */
  actual?: number;
  /** In points; missing where there is no limit. */
  max?: number;
  /** In points, of each subgraph. */
  subgraphs?: () => readonly (readonly [string, { readonly estimated: number; readonly actual: number }])[];
  /** In money; missing where nothing of the operation costs any. */
  ai?: { readonly estimatedNanoUsd: bigint; readonly account: SpendAccount } | undefined;
}

/** What an operation is charged to before anything of it is sent. */
export interface OperationCharges {
  /**
   * @param price in points and nano-dollars
   * @param alongside asks Redis for what else the operation needs, where it is asked anyway; never rejects
   * @returns a promise where the operation waits; a rejection ends it
   */
  take(
    price: { readonly points: number; readonly nanoUsd: number },
    alongside?: () => Promise<unknown> | undefined,
  ): Promise<void> | undefined;
  /** Puts back what the operation did not cost. */
  settle(unit: 'points' | 'usd', actual: number): void;
  /** Of several gateways that count together: they are asked for it with the charge. */
  postpone(counts: { ask(): Promise<void>; giveBack(): void }): void;
}

export interface ResponseHeaderCollector {
  append(name: string, value: string | readonly string[], merge: HeaderMerge): void;
  /** One entry for each header line. */
  entries(): Iterable<readonly [string, string]>;
}

/** What the requests of one operation say of how long its answer may be cached. */
export interface CachePolicyCollector {
  /** The answer depends on more than what it is cached by, such as who asks: it is not cached. */
  refuse(reason: 'rows'): void;
  /** Data that another cache had. */
  cached(subgraph: string, found: CachedData): void;
  /** @param query the document that is sent */
  request(subgraph: string, query: string): void;
  /**
   * @param headers undefined where the response says nothing of caching
   * @param requestedAt when it was asked for, by `performance.now()`: others may have done so before
   */
  response(subgraph: string, headers: CachingHeaders | undefined, requestedAt: number): void;
  /** What the answer is invalidated by, beside its subgraphs and their types. */
  tags(tags: Iterable<string>): void;
}

export interface CachedData {
  readonly scope: 'public' | 'private';
  /** How long it may still be used, and how long ago it was asked for. */
  readonly leftMs: number;
  readonly ageMs: number;
  readonly tags: readonly string[];
}

export interface CachingHeaders {
  readonly cacheControl: string;
  readonly age: string | undefined;
  readonly vary: string | undefined;
}

import { type ErrorCode, type ErrorEntry, errorTable } from './error-table.ts';

/** The details of an error besides its code. Clients see `message` and `service`; the others are logged. */
export interface GatewayErrorDetails {
  /** The message for the client, replacing that of the error table. */
  readonly message?: string;
  /** The subgraph that failed. */
  readonly service?: string;
  /** What happened, for the operator. */
  readonly detail?: string;
  /** The time to wait before a retry, in milliseconds; sent as `retry-after` where the error is the whole response. */
  readonly retryAfterMs?: number;
  /** Whether a retry cannot succeed although the code is retryable: a missing key, an unknown model. @default false */
  readonly isPermanent?: boolean;
  /** Facts for the client beside the code, under the error's `extensions`. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Where it is in the client's document. */
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly cause?: unknown;
}

/** An error of a client, a subgraph, a provider or the network, with a code of the error table. Defects are `invariant`s instead. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly service: string | undefined;
  readonly detail: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isPermanent: boolean;
  readonly facts: Readonly<Record<string, unknown>> | undefined;
  readonly locations: GatewayErrorDetails['locations'];

  constructor(code: ErrorCode, details: GatewayErrorDetails = {}) {
    super(details.message ?? errorTable[code].client, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.service = details.service;
    this.detail = details.detail;
    this.retryAfterMs = details.retryAfterMs;
    this.isPermanent = details.isPermanent ?? false;
    this.facts = details.facts;
    this.locations = details.locations;
  }

  get entry(): ErrorEntry {
    return errorTable[this.code];
  }

  /** The `extensions` a client sees. */
  get extensions(): { readonly code: ErrorCode; readonly service?: string; readonly [fact: string]: unknown } {
    const { code, service, facts } = this;
    return { code, ...(service === undefined ? {} : { service }), ...facts };
  }
}

/** The message of a thrown value. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

import { type ErrorCode, type ErrorEntry, errorTable } from './error-table.ts';

/** What an error carries besides its code. Only `service` is shown to clients; the rest is for the log. */
export interface GatewayErrorDetails {
  /** The sentence a client reads, where the table's own says too little. */
  readonly message?: string;
  /** The subgraph that failed. */
  readonly service?: string;
  /** What happened, for the operator. */
  readonly detail?: string;
  /** How long to leave it alone before trying again, where that is known; sent as `retry-after` where it is the whole answer. */
  readonly retryAfterMs?: number;
  /** Whether waiting cannot mend it, where the code alone leaves that open: a key that is missing, a model nobody has. */
  readonly isLasting?: boolean;
  readonly cause?: unknown;
}

/** A user's or the network's wrong, by its code in the error table. Programmer errors are `invariant`s instead. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly service: string | undefined;
  readonly detail: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isLasting: boolean;

  constructor(code: ErrorCode, details: GatewayErrorDetails = {}) {
    super(details.message ?? errorTable[code].client, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.service = details.service;
    this.detail = details.detail;
    this.retryAfterMs = details.retryAfterMs;
    this.isLasting = details.isLasting ?? false;
  }

  get entry(): ErrorEntry {
    return errorTable[this.code];
  }

  /** The `extensions` a client sees. */
  get extensions(): { code: ErrorCode; service?: string } {
    return this.service === undefined ? { code: this.code } : { code: this.code, service: this.service };
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
